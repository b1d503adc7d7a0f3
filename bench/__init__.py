"""Measurements of the running program, with a plain doing of the same thing beside each. Nothing is asserted."""
