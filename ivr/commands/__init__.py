"""The commands of `ivr`, a module for each family; ivr/cli.py puts them together."""
