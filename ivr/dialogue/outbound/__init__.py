"""Calls that the hospital makes: the right person, his proof, then the story of the task (1.6, 4.2, 5.4)."""

from ivr.dialogue.outbound.answered import answer, machine

__all__ = ["answer", "machine"]
