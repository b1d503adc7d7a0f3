"""Where a purpose leads at the window, and what is said instead of a booking (S2.3 to S2.5, domain 1.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.domain.purpose import Purpose
from ivr.domain.slot import SlotKind
from ivr.services.ports import Work


class Ending(StrEnum):
    """Where a patient is sent without a booking."""

    NURSE_POST = "NURSE_POST"
    URGENT_ROOM = "URGENT_ROOM"
    HOME_VISIT = "HOME_VISIT"


@dataclass(frozen=True, slots=True)
class Route:
    """A kind of slot to look for, or an ending without a booking: one of the two."""

    kind: SlotKind | None = None
    opened_only: bool = False
    """Only what a doctor opened for this patient (S4.2)."""
    ending: Ending | None = None


ROUTES: Mapping[Purpose, Route] = {
    Purpose.ILLNESS: Route(SlotKind.PRIMARY),
    Purpose.REPEAT: Route(SlotKind.REPEAT, opened_only=True),
    Purpose.REFERRAL: Route(SlotKind.REFERRAL),
    Purpose.DISP: Route(SlotKind.PREVENTIVE),
    Purpose.OBSERV: Route(SlotKind.OBSERVATION, opened_only=True),
    Purpose.VACC: Route(SlotKind.VACCINATION),
    Purpose.PAPER: Route(ending=Ending.NURSE_POST),
    Purpose.HOME: Route(ending=Ending.HOME_VISIT),
    Purpose.URGENT: Route(ending=Ending.URGENT_ROOM),
}
OF_KIND: Mapping[SlotKind, Purpose] = {
    route.kind: purpose for purpose, route in ROUTES.items() if route.kind is not None
}
"""For channels that do not ask the purpose: what a slot is taken for."""


def settle(work: Work, purpose: Purpose, *, patient_id: int, who: str, now: datetime) -> Route:
    """Where the purpose leads; an ending without a booking is noted, for nothing else remains of it (S2.5)."""
    route = ROUTES[purpose]
    if route.ending is not None:
        _note(work, "purpose.no_booking", {"patient": patient_id, "ending": route.ending}, who, now)
    return route


def no_policy(work: Work, *, patient_id: int | None, who: str, now: datetime) -> None:
    """Both messages were shown: urgent care without a policy, and where to get one (S2.3)."""
    _note(work, "no_policy.told", {"patient": patient_id, "messages": ["urgent_care", "insurer"]}, who, now)


def waiting_declined(work: Work, *, patient_id: int, speciality: str, who: str, now: datetime) -> None:
    """The waiting list was offered, and not wanted (S2.7). Raises NotFound."""
    with work.reading():
        work.patients.get(patient_id)
        work.staff.speciality(speciality)
    _note(work, "waiting.declined", {"patient": patient_id, "speciality": speciality}, who, now)


def _note(work: Work, action: str, detail: Mapping[str, object], who: str, now: datetime) -> None:
    with work:
        work.audit.add(who=who, action=action, detail=detail, now=now)
        work.commit()
