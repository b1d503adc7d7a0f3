"""What is done for patients, by whoever speaks with them: by the hospital's own services, with their own refusals."""

from collections.abc import Callable
from datetime import datetime

from ivr.domain.booking import Booking
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NoSlots, Refusal
from ivr.domain.slot import Slot
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.services import booking, search, waiting
from ivr.services.booking import BookingCommand
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish
from ivr.simulation.chance import Chance
from ivr.simulation.mix import Mix
from ivr.simulation.tally import Tally
from ivr.simulation.town import Person, Town

MOST_DAYS = 5
"""Days that are offered to who wants to choose."""


class Desk:
    """Searches, holds, books, cancels; a refusal is counted under its code."""

    def __init__(self, town: Town, mix: Mix, tally: Tally) -> None:
        self._town, self._mix, self._tally = town, mix, tally
        self.freed: Callable[[], None] = lambda: None
        """Called where a time was freed: the waiting list may be rung."""

    def find(self, person: Person, key: str, chance: Chance, now: datetime) -> Slot | None:
        """A time for the patient, held for the call; None where there is none: he is put on the waiting list."""
        query = SlotQuery(person.speciality, person.patient_id, call_key=key)
        try:
            slot = self._chosen(query, chance, now)
            booking.hold(
                self._town.work(), slot.id, patient_id=person.patient_id, call_key=key, rules=self._town.rules, now=now
            )
        except NoSlots:
            self.join(person, WaitingReason.NO_SLOTS, key, now)
            return None
        except Refusal as refusal:
            self._tally.refused[refusal.code] += 1
            return None
        return slot

    def _chosen(self, query: SlotQuery, chance: Chance, now: datetime) -> Slot:
        work, rules = self._town.work, self._town.rules
        if chance.happens(self._mix.takes_nearest):
            return search.nearest(work(), query, rules=rules, now=now)
        days = search.free_days(work(), query, rules=rules, now=now, limit=MOST_DAYS)
        if not days:
            raise NoSlots
        times = search.free_times(work(), query, chance.choice(days), PartOfDay.ANY, rules=rules, now=now)
        if not times:
            raise NoSlots
        return chance.choice(times)

    def book(self, person: Person, slot: Slot, key: str, by: str, now: datetime) -> None:
        command = BookingCommand(
            key=f"{key}-1",
            slot_id=slot.id,
            patient_id=person.patient_id,
            purpose=Purpose.ILLNESS,
            call_key=key,
            contact=person.phone,
        )
        self._counted(f"{by}.booked", lambda: booking.book(self._town.work(), command, rules=self._town.rules, now=now))

    def cancel(self, visit: Booking, key: str, by: str, now: datetime) -> None:
        self._counted(
            f"{by}.cancelled",
            lambda: booking.cancel(
                self._town.work(), visit.id, patient_id=visit.patient_id, key=key, rules=self._town.rules, now=now
            ),
        )

    def move(self, visit: Booking, key: str, by: str, now: datetime) -> bool:
        """To the nearest time behind it; the visit stays where there is none."""
        return self._counted(f"{by}.moved", lambda: self._rebook(visit, key, now, moves=visit.id))

    def again(self, visit: Booking, key: str, by: str, now: datetime) -> bool:
        """A new visit like one that is over."""
        return self._counted(f"{by}.booked", lambda: self._rebook(visit, key, now, moves=None))

    def _rebook(self, visit: Booking, key: str, now: datetime, *, moves: int | None) -> Booking:
        work, rules, patient_id = self._town.work, self._town.rules, visit.patient_id
        query = SlotQuery(
            visit.slot.speciality, patient_id, call_key=key, moves=moves, after=visit.slot.starts_at if moves else None
        )
        slot = search.nearest(work(), query, rules=rules, now=now)
        booking.hold(work(), slot.id, patient_id=patient_id, call_key=key, rules=rules, now=now, moves=moves)
        command = BookingCommand(
            key=f"{key}-1",
            slot_id=slot.id,
            patient_id=patient_id,
            purpose=visit.purpose,
            call_key=key,
            moves=moves,
            contact=visit.contact,
        )
        return booking.book(work(), command, rules=rules, now=now)

    def join(self, person: Person, reason: WaitingReason, key: str, now: datetime) -> None:
        wish = Wish(person.patient_id, person.speciality, None, PartOfDay.ANY, reason, person.phone, key=f"{key}-waits")
        self._counted("list.joined", lambda: waiting.join(self._town.work(), wish, rules=self._town.rules, now=now))

    def _counted(self, what: str, job: Callable[[], object]) -> bool:
        try:
            job()
        except Refusal as refusal:
            self._tally.refused[refusal.code] += 1
            return False
        self._tally.done[what] += 1
        self.freed()
        return True
