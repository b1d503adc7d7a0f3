"""Use cases shared by every channel: plain functions, a unit of work first; return a value or raise a Refusal."""
