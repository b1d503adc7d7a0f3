"""Administration: who works here, when doctors see patients, which machines may call, what is said."""

from ivr.web.admin import absences, audit, calendar, clients, doctors, kiosks, phrases, schedule, settings, users
from ivr.web.admin.pages import pages

__all__ = [
    "absences",
    "audit",
    "calendar",
    "clients",
    "doctors",
    "kiosks",
    "pages",
    "phrases",
    "schedule",
    "settings",
    "users",
]
