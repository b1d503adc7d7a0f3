"""The doctor's pages: who comes today, who came, and how a patient goes on after the visit (S4.1 to S4.3)."""

from ivr.web.doctor import day, visit
from ivr.web.doctor.pages import pages

__all__ = ["day", "pages", "visit"]
