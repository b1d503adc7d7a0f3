"""The hospital and its people on the morning of the day: the demo hospital, as often as the patients need it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import Any

from sqlalchemy import func, insert, select

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Sex
from ivr.domain.purpose import Purpose
from ivr.domain.rules import Rules
from ivr.domain.schedule import WorkRule
from ivr.domain.slot import Channel, Slot, SlotKind, SlotState
from ivr.domain.speciality import Access, Speciality
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.importing.imports import Clinic
from ivr.services import aftermath, waiting
from ivr.services.ports import NewBooking, Offer
from ivr.services.schedule import publish
from ivr.services.waiting import Wish
from ivr.simulation.chance import Chance
from ivr.simulation.mix import Mix
from ivr.storage import tables
from ivr.storage.work import SqlWork

FILLED = 0.6
"""At most so much of a day's open times is booked when the day begins, so that callers find some."""
BOOKED_BEFORE = timedelta(days=3)
CHILD, GROWN_UP = 8, 40


class DayOff(Exception):
    """Nothing to simulate: what to do instead is in the message."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may ring, or be rung up."""

    patient_id: int
    phone: PhoneNumber
    speciality: str
    """What he needs a doctor of."""


@dataclass(slots=True)
class Town:
    """Everything that there is when the day begins."""

    clinic: Clinic
    rules: Rules
    day: date
    hospitals: int = 1
    """Of the demo's size."""
    callers: list[Person] = field(default_factory=list)
    today: list[Booking] = field(default_factory=list)
    tomorrow: list[Booking] = field(default_factory=list)
    waiting: int = 0

    def work(self) -> SqlWork:
        return self.clinic.work()

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self.rules.zone)

    def at(self, hour: float) -> datetime:
        """That hour of the day, in UTC."""
        return self.rules.span(self.day)[0] + timedelta(hours=hour)


def settle(clinic: Clinic, day: date, patients: int, mix: Mix, chance: Chance) -> Town:
    """Hire, publish, register, book: all by the hospital's own services. Raises DayOff."""
    rules = replace(clinic.rules, centralised=True, robot_calls=True, sends_sms=True)
    if not rules.calendar.is_working(day):
        raise DayOff(f"{day} is a day off: nobody is rung up then, and no operator is there; take a working day")
    town = Town(clinic, rules, day)
    whole = mix.calling + mix.reminded + mix.expected
    calling, reminded = round(patients * mix.calling / whole), round(patients * mix.reminded / whole)
    expected = max(0, patients - calling - reminded)
    next_day = rules.calendar.add_working_days(day, 1)
    _hire(town, {day: expected, next_day: reminded})
    register = _Register(town)
    today = register.guests(_sample(town, day, expected, chance), chance)
    tomorrow = register.guests(_sample(town, next_day, reminded, chance), chance)
    wanted = Counter(slot.speciality for slot, _ in tomorrow) or Counter({"therapist": 1})
    town.callers = [register.person(chance.of(wanted), chance) for _ in range(calling)]
    waiting = [register.person(chance.of(wanted), chance) for _ in range(round(reminded * mix.waiting))]
    register.store()
    town.today = _book(town, today, remind=False)
    town.tomorrow = _book(town, tomorrow, remind=True)
    _wait(town, waiting, chance)
    return town


def _hire(town: Town, wanted: Mapping[date, int]) -> None:
    """As many hospitals as the visits need; each has the doctors and the hours of the demo."""
    needs = [number / max(1, FILLED * len(_open(town, day))) for day, number in wanted.items()]
    town.hospitals = max(1, ceil(max(needs)))
    with town.work() as work:
        doctors, rules = work.staff.doctors(), work.schedule.rules()
        for _ in range(town.hospitals - 1):
            for doctor in doctors:
                copy = work.staff.add_doctor(replace(doctor, id=0))
                work.schedule.add_rules(_rules_of(rules.get(doctor.id, []), copy))
        work.commit()
    if town.hospitals > 1:
        publish(town.work(), town.clinic.catalogue.posts, rules=town.rules, now=town.at(6))


def _rules_of(rules: Iterable[WorkRule], doctor_id: int) -> Iterable[WorkRule]:
    return [replace(rule, doctor_id=doctor_id) for rule in rules]


def _open(town: Town, day: date) -> list[Slot]:
    """Times of that day that may be booked by telephone without a referral, and are free."""
    since, until = town.rules.span(day)
    own = tables.slots.c
    with town.work().reading() as work:
        open_to_all = {one.key for one in work.staff.specialities() if one.access is Access.FREE}
        slots = work.slots.of_doctors([doctor.id for doctor in work.staff.doctors()], since, until)
        within = (own.starts_at >= since) & (own.starts_at < until)
        free = select(own.id).where(within, own.state == SlotState.FREE.value)
        ids = set(work.connection.execute(free).scalars())
    return [slot for slot in slots if slot.id in ids and slot.speciality in open_to_all and _by_telephone(slot)]


def _by_telephone(slot: Slot) -> bool:
    return slot.kind is SlotKind.PRIMARY and slot.release_at is None and Channel.CC in slot.channels


def _sample(town: Town, day: date, number: int, chance: Chance) -> list[Slot]:
    slots = _open(town, day)
    return sorted(chance.sample(slots, min(number, len(slots))), key=lambda slot: slot.id)


class _Register:
    """Fictitious people, each fit for the speciality he needs; stored all at once."""

    def __init__(self, town: Town) -> None:
        self._town = town
        with town.work().reading() as work:
            self._specialities = {one.key: one for one in work.staff.specialities()}
            self._last = work.connection.execute(select(func.max(tables.patients.c.id))).scalar() or 0
        self._rows: list[dict[str, Any]] = []

    def guests(self, slots: Sequence[Slot], chance: Chance) -> list[tuple[Slot, Person]]:
        return [(slot, self.person(slot.speciality, chance)) for slot in slots]

    def person(self, speciality: str, chance: Chance) -> Person:
        self._last += 1
        phone = f"+7900{self._last:07}"
        self._rows.append(
            {
                "id": self._last,
                "surname": "Условный",
                "given_name": f"Житель {self._last}",
                "sex": self._sex(self._specialities[speciality], chance).value,
                "birth_date": date(self._town.day.year - self._age(self._specialities[speciality]), 1, 1),
                "certificate": f"{self._last:09}",
                "certificate_until": self._town.day + timedelta(days=60),
                "phone": phone,
                "attached": True,
            }
        )
        return Person(self._last, PhoneNumber(phone), speciality)

    @staticmethod
    def _sex(speciality: Speciality, chance: Chance) -> Sex:
        return speciality.sex or (Sex.FEMALE if chance.happens(0.5) else Sex.MALE)

    @staticmethod
    def _age(speciality: Speciality) -> int:
        if speciality.age_to is not None:
            return min(max(CHILD, speciality.age_from), speciality.age_to)
        return max(GROWN_UP, speciality.age_from + 1)

    def store(self) -> None:
        if self._rows:
            with self._town.work() as work:
                work.connection.execute(insert(tables.patients), self._rows)
                work.commit()


def _book(town: Town, guests: Sequence[tuple[Slot, Person]], *, remind: bool) -> list[Booking]:
    """What was booked days ago by telephone, and weighed then; who comes today was reminded yesterday."""
    before = town.at(12) - BOOKED_BEFORE
    told = []
    with town.work() as work:
        for number, (slot, person) in enumerate(guests):
            booking = _booking(slot, person, f"{slot.id}-{number}", before)
            work.slots.book(slot.id, Offer(person.patient_id, Channel.CC, before))
            booking = work.bookings.add(NewBooking(f"before-{slot.id}", "before", booking))
            if remind:
                aftermath.booked(work, booking, town.rules, before)
            told.append(booking)
        work.commit()
    return told


def _booking(slot: Slot, person: Person, ticket: str, before: datetime) -> Booking:
    return Booking(
        id=0,
        ticket=ticket,
        slot=slot,
        patient_id=person.patient_id,
        purpose=Purpose.ILLNESS,
        channel=Channel.CC,
        status=BookingStatus.BOOKED,
        created_at=before,
        contact=person.phone,
    )


def _wait(town: Town, people: Sequence[Person], chance: Chance) -> None:
    """They refused the times that there were, and wait for better ones."""
    for person in people:
        wish = Wish(
            patient_id=person.patient_id,
            speciality=person.speciality,
            doctor_id=None,
            part_of_day=chance.of({PartOfDay.ANY: 6, PartOfDay.MORNING: 2, PartOfDay.DAY: 1, PartOfDay.EVENING: 1}),
            reason=WaitingReason.NO_SUITABLE_TIME,
            contact=person.phone,
            key=f"waits-{person.patient_id}",
        )
        since = datetime.combine(town.day - timedelta(days=1), time(12), town.rules.zone).astimezone(UTC)
        waiting.join(town.work(), wish, rules=town.rules, now=since)
    town.waiting = len(people)
