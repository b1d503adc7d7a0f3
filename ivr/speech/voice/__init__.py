"""The synthesiser: a process of its own with one engine, and what talks to it."""
