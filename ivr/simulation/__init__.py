"""A day of the telephone on a virtual clock, to size lines and operators: people are dice, services are real."""
