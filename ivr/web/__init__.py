"""Pages of the hospital: the desk, the registry, the telephone in the browser."""
