"""The demo hospital put into an empty database: staff, timetable, fictitious people and what they have booked."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, update

from ivr.data import Catalogue, bundled, load_duty
from ivr.data.people import demo_people
from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.hospital import Hospital
from ivr.domain.identifiers import Certificate, OmsNumber, PhoneNumber, Snils
from ivr.domain.patient import Patient, Sex
from ivr.domain.purpose import Purpose
from ivr.domain.referral import Referral
from ivr.domain.rules import Rules
from ivr.domain.schedule import Absence, WorkRule
from ivr.domain.slot import REMOTE, Channel, Slot, SlotKind, SlotState
from ivr.domain.slot_plan import PlannedSlot
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.importing import doctors as staff
from ivr.importing import schedule
from ivr.importing.checking import Checked, check
from ivr.importing.comparing import compare_doctors
from ivr.importing.csv_file import BadFile, Complaint, read_csv
from ivr.importing.storing import doctors_by_code, store_changes, store_specialities
from ivr.services.ports import NewBooking, Offer
from ivr.services.schedule import publish_within
from ivr.services.waiting import Wish, join_within
from ivr.storage import tables
from ivr.storage.work import SqlWork

TICKETS_FROM = 100_001
VISITS_FROM = 200_001
SOMEBODY = (tables.doctors, tables.patients)


def load_demo(work: SqlWork, catalogue: Catalogue, hospital: Hospital, *, rules: Rules, now: datetime) -> bool:
    """Fill an empty database with the demo hospital; False, and nothing changed, where anybody is in it already.

    The same moment makes the same slots, bookings and numbers.
    """
    with work:
        if any(work.connection.execute(select(table.c.id).limit(1)).first() for table in SOMEBODY):
            return False
        Demo(work, catalogue, hospital, rules, now).load()
        work.commit()
    return True


class Demo:
    """One loading of the demo hospital, within an open unit of work."""

    def __init__(self, work: SqlWork, catalogue: Catalogue, hospital: Hospital, rules: Rules, now: datetime) -> None:
        self._work, self._catalogue, self._hospital = work, catalogue, hospital
        self._rules, self._now = rules, now
        self._today = now.astimezone(rules.zone).date()
        self._doctors: dict[str, int] = {}
        self._patients: dict[str, int] = {}

    def load(self) -> None:
        self._hire()
        self._draw_up_timetable()
        publish_within(self._work, self._catalogue.posts, rules=self._rules, now=self._now)
        people = demo_people()
        self._register(people)
        for number, booking in enumerate(people["bookings"], start=TICKETS_FROM):
            self._book(booking, str(number))
        for number, visit in enumerate(people["visits"], start=VISITS_FROM):
            self._receive(visit, str(number))
        for entry in people["waiting"]:
            self._wait(entry)
        for referral in people["referrals"]:
            self._refer(referral)
        for repeat in people["repeats"]:
            self._open_repeat(repeat)

    def _hire(self) -> None:
        known = {"specialities": self._catalogue.posts, "sites": self._hospital.sites}
        source = read_csv(bundled("doctors.csv"), staff.COLUMNS)
        checked = check(source, lambda row: staff.member(row, **known))
        _must_be_good(checked.complaints)
        store_specialities(self._work, self._catalogue)
        store_changes(self._work.connection, tables.doctors, compare_doctors(checked.good, {}))
        stored = doctors_by_code(self._work.connection)
        self._doctors = {code: int(row["id"]) for code, row in stored.items()}

    def _draw_up_timetable(self) -> None:
        source = read_csv(bundled("schedule.csv"), schedule.COLUMNS)
        checked: Checked[WorkRule | Absence] = check(source, lambda row: schedule.work(row, doctors=self._doctors))
        _must_be_good(checked.complaints)
        self._work.schedule.add_rules(line for line in checked.good if isinstance(line, WorkRule))
        doctors = [self._work.staff.doctor(doctor_id) for doctor_id in self._doctors.values()]
        for override in load_duty().overrides(doctors, self._hospital.duty_hours):
            self._work.schedule.add_override(override)

    def _register(self, people: Mapping[str, Any]) -> None:
        certified_until = self._rules.calendar.add_working_days(self._today, people["certificate_working_days"])
        for key, person in people["people"].items():
            self._patients[key] = self._work.patients.add(self._patient(person, certified_until))

    def _patient(self, person: Mapping[str, Any], certified_until: date) -> Patient:
        given = {key: person.get(key) for key in ("oms", "snils", "certificate", "representative", "district_doctor")}
        return Patient(
            id=0,
            surname=person["surname"],
            given_name=person["given_name"],
            patronymic=person.get("patronymic"),
            sex=Sex(person["sex"]),
            birth_date=person["born"],
            oms=OmsNumber(given["oms"]) if given["oms"] else None,
            snils=Snils(given["snils"]) if given["snils"] else None,
            certificate=Certificate(given["certificate"]) if given["certificate"] else None,
            certificate_until=certified_until if given["certificate"] else None,
            phone=PhoneNumber(person["phone"]),
            attached=person.get("attached", True),
            district_doctor_id=self._doctors.get(given["district_doctor"] or ""),
            representatives=(self._patients[given["representative"]],) if given["representative"] else (),
        )

    def _book(self, wish: Mapping[str, Any], ticket: str) -> None:
        slot, patient_id = self._slot(wish, SlotKind.PRIMARY), self._patients[wish["person"]]
        self._work.slots.book(slot.id, Offer(patient_id, Channel.REG, self._now))
        self._store(ticket, slot, patient_id)

    def _receive(self, visit: Mapping[str, Any], ticket: str) -> None:
        """A visit of today that is over, beside the timetable: on any day there is somebody to send on."""
        doctor = self._work.staff.doctor(self._doctors[visit["doctor"]])
        on_the_clock = self._now.replace(minute=self._now.minute // 5 * 5, second=0, microsecond=0)
        starts_at = on_the_clock - timedelta(minutes=visit["minutes_ago"])
        planned = PlannedSlot(doctor.id, doctor.speciality, starts_at, 15, SlotKind.PRIMARY, REMOTE, doctor.room)
        slot_id, patient_id = self._work.slots.add_extra(planned), self._patients[visit["person"]]
        booked = update(tables.slots).where(tables.slots.c.id == slot_id).values(state=SlotState.BOOKED.value)
        self._work.connection.execute(booked)
        self._store(ticket, self._work.slots.get(slot_id), patient_id, BookingStatus(visit["status"]))

    def _store(self, ticket: str, slot: Slot, patient_id: int, status: BookingStatus = BookingStatus.BOOKED) -> None:
        key = f"demo-{ticket}"
        booking = Booking(
            id=0,
            ticket=ticket,
            slot=slot,
            patient_id=patient_id,
            purpose=Purpose.ILLNESS,
            channel=Channel.REG,
            status=status,
            created_at=self._now,
        )
        self._work.bookings.add(NewBooking(key=key, call_key=key, booking=booking))

    def _wait(self, waits: Mapping[str, Any]) -> None:
        wish = Wish(
            patient_id=self._patients[waits["person"]],
            speciality=waits["speciality"],
            doctor_id=None,
            part_of_day=PartOfDay(waits["part_of_day"]),
            reason=WaitingReason(waits["reason"]),
            contact=None,
            key=f"demo-{waits['person']}",
        )
        join_within(self._work, wish, self._rules, self._now)

    def _refer(self, wish: Mapping[str, Any]) -> None:
        valid_until = self._today + timedelta(days=wish["valid_days"])
        patient_id = self._patients[wish["person"]]
        self._work.referrals.add(Referral(0, patient_id, wish["number"], wish["speciality"], None, valid_until))

    def _open_repeat(self, wish: Mapping[str, Any]) -> None:
        slot = self._slot(wish, SlotKind.REPEAT)
        opened = update(tables.slots).where(tables.slots.c.id == slot.id)
        self._work.connection.execute(opened.values(for_patient_id=self._patients[wish["person"]]))

    def _slot(self, wish: Mapping[str, Any], kind: SlotKind) -> Slot:
        """The doctor's first slot of that kind so many days ahead or later; no reserve."""
        since = datetime.combine(self._today + timedelta(days=wish["after_days"]), time(), self._rules.zone)
        until = since + timedelta(days=self._rules.horizon_days)
        slots = self._work.slots.of_doctors([self._doctors[wish["doctor"]]], since, until)
        return next(slot for slot in slots if slot.kind is kind and slot.release_at is None)


def _must_be_good(complaints: list[Complaint]) -> None:
    if complaints:
        raise BadFile(f"the demo hospital's own files are wrong: {complaints[0]}")
