"""Use cases, shared by every channel: plain functions that take a unit of work and return a value or raise a Refusal."""
