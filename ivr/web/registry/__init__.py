"""Registry and booking: people at the window and callers taken over by an operator (S2.1 to S2.7)."""

from ivr.web.registry import card, consents, day, schedule, search, taking, talons, visit
from ivr.web.registry.pages import pages

__all__ = ["card", "consents", "day", "pages", "schedule", "search", "taking", "talons", "visit"]
