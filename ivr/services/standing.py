"""Which answer of a patient holds for a visit (S3.5)."""

from ivr.domain.booking import Booking
from ivr.domain.consent import Consent
from ivr.services.ports import Work


def answer(work: Work, visit: Booking, purpose: str) -> Consent | None:
    """What was said last of the visit, of those that it took the place of, or of all visits; None: never asked."""
    visits = [visit.id]
    while visit.replaces_id is not None:
        visit = work.bookings.get(visit.replaces_id)
        visits.append(visit.id)
    return work.consents.latest(visit.patient_id, visits, purpose)


def first_answer(work: Work, visit: Booking, *purposes: str) -> Consent | None:
    """That to the first purpose of which he was asked."""
    for purpose in purposes:
        said = answer(work, visit, purpose)
        if said is not None:
            return said
    return None
