"""What is kept for a while only, and forgotten by the clock, whether anybody comes to ask for it or not (4.2).

Bookings, errands to the regional system, audit and consents are no part of it: they are the hospital's records.
"""

from datetime import datetime, timedelta

from ivr.services.ports import Work

EVENTS_KEPT = timedelta(days=90)
"""Events can be read so long."""
COMMANDS_KEPT = timedelta(days=30)
"""So long a repeat of a command is answered as the first one was."""
LOOKS_KEPT = timedelta(days=1)
"""As long as what the regional system has shown may be used at most."""
KIOSK_VISITS_KEPT = timedelta(hours=1)
"""Longer than any hold may last: a page that goes on has its patient yet."""


def forget(work: Work, *, now: datetime) -> None:
    """Whom clients and the portal know no more, who went from a kiosk, old events and answers to commands, what the
    regional system has shown to whom.
    """
    with work:
        work.events.forget(now - EVENTS_KEPT)
        work.clients.forget_commands(now - COMMANDS_KEPT)
        work.clients.forget_patients(now)
        work.portal.forget(now)
        work.mirror.forget_looks(now - LOOKS_KEPT)
        work.kiosks.forget_visits(now - KIOSK_VISITS_KEPT)
        work.commit()
