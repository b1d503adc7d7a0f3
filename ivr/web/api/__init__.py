"""`/api/v1`: what other systems may ask and command (docs/api.md)."""

from ivr.web.api import docs, events, schedule, tasks, visits
from ivr.web.api.endpoint import pages

__all__ = ["docs", "events", "pages", "schedule", "tasks", "visits"]
