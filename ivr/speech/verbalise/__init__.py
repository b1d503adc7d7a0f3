"""Values turned into Russian words, as a native speaker says them. Pure functions; an engine never sees a digit."""
