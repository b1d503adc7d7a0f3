"""Numbers of talons: short enough to be read out, not to be guessed from one's own."""

import secrets

from ivr.services.ports import Work

DIGITS = 8


def new_ticket(work: Work) -> str:
    """A number that no booking has. The table's unique constraint has the last word."""
    while True:
        # Never a leading zero: it is lost when a number is retyped.
        ticket = str(10 ** (DIGITS - 1) + secrets.randbelow(9 * 10 ** (DIGITS - 1)))
        if work.bookings.of_ticket(ticket) is None:
            return ticket
