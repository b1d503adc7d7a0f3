"""The rules of booking, as values and pure functions: standard library only, no clock, no I/O."""
