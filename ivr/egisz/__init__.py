"""The federal identification service, behind whatever adapter of the region speaks for it (S2.2)."""
