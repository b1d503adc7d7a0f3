"""S4.2, D-03: what nobody competes for is a doctor's to give; a property over all channels and kinds of slots."""

import itertools
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ivr.domain.override import Override, Waiver
from ivr.domain.post import CHANNELS
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import NoSlots, ReferralNeeded, Refusal, SlotTaken
from ivr.domain.slot import PERSONAL, Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.services import desk_booking, search
from ivr.services.booking import BookingCommand
from ivr.services.desk_booking import Beside
from ivr.services.grid import GridQuery, Mark, grid
from ivr.services.search import SlotQuery
from tests.builders import NOW, RULES, at

ORDINARY = frozenset(Channel) - {Channel.MED_ARM}
KEPT = PERSONAL | {SlotKind.REFERRAL}
PURPOSES = {SlotKind.REPEAT: Purpose.REPEAT, SlotKind.REFERRAL: Purpose.REFERRAL, SlotKind.OBSERVATION: Purpose.OBSERV}
EVERYTHING_WAIVED = Override(frozenset(Waiver), "особое решение старшего")
TOMORROW = at("2026-04-28 10:00")
FRESH = itertools.count()


@dataclass(frozen=True)
class Case:
    """A slot, and somebody who wants it."""

    kind: SlotKind
    slot_channels: frozenset[Channel]
    channel: Channel
    opened: str
    """For nobody in particular, for him, for somebody else."""
    referral: str
    closed: bool
    """The speciality is open with a referral only (D-11)."""
    moving: bool
    """He has a visit of the speciality and wants it moved."""
    by_person: bool

    @property
    def is_his(self) -> bool:
        if self.opened != "nobody":
            return self.opened == "him"
        if self.channel not in self.slot_channels:
            return False
        if self.channel is Channel.MED_ARM:
            return True
        return self.kind not in PERSONAL and (self.kind is not SlotKind.REFERRAL or self.referral == "open")


CASES = st.builds(
    Case,
    kind=st.sampled_from(SlotKind),
    slot_channels=st.frozensets(st.sampled_from(Channel)) | st.just(frozenset(Channel)),
    channel=st.sampled_from(Channel),
    opened=st.sampled_from(["nobody", "nobody", "nobody", "him", "somebody else"]),
    referral=st.sampled_from(["none", "open", "over", "to another speciality", "of another patient"]),
    closed=st.booleans(),
    moving=st.booleans(),
    by_person=st.booleans(),
)


class Scene:
    """The case in the database."""

    def __init__(self, clinic, case):
        number = next(FRESH)
        access = Access.REFERRAL if case.closed else Access.FREE
        self.case, self.clinic = case, clinic
        self.speciality = clinic.speciality(f"speciality-{number}", access=access, district=False)
        self.doctor = clinic.doctor(self.speciality)
        self.patient, self.other = clinic.patient(), clinic.patient()
        self.old = None
        if case.moving:
            slot = clinic.slot(self.doctor, at("2026-04-29 15:00"), for_patient=self.patient.id)
            self.old = clinic.book(slot, self.patient, channel=Channel.REG, by="user:1").id
        self._refer(case.referral)
        owner = {"him": self.patient.id, "somebody else": self.other.id}.get(case.opened)
        self.slot = clinic.slot(self.doctor, TOMORROW, kind=case.kind, channels=case.slot_channels, for_patient=owner)

    def _refer(self, referral):
        if referral == "open":
            self.clinic.referral(self.patient, self.speciality)
        if referral == "over":
            self.clinic.referral(self.patient, self.speciality, valid_until=date(2026, 4, 20))
        if referral == "to another speciality":
            self.clinic.referral(self.patient, self.clinic.speciality("elsewhere"))
        if referral == "of another patient":
            self.clinic.referral(self.other, self.speciality)

    def row(self):
        (row,) = self.clinic.rows("slots", id=self.slot)
        return tuple(row)

    @property
    def query(self):
        case = self.case
        return SlotQuery(self.speciality, self.patient.id, case.kind, channel=case.channel, moves=self.old)

    def finds(self):
        work, named = self.clinic.new_work, {"rules": RULES, "now": NOW}
        found = {slot.id for slot in search.vacant(work(), self.query, **named)}
        with suppress(NoSlots):
            found.add(search.nearest(work(), self.query, **named).id)
        days = search.free_days(work(), self.query, **named)
        doctors = search.doctors_of(work(), self.query, **named)
        assert bool(found) == bool(days) == bool(doctors)
        return self.slot in found

    def sees_free(self):
        """In the grid of the registry."""
        query = GridQuery(
            self.speciality,
            date(2026, 4, 28),
            date(2026, 4, 28),
            self.patient.id,
            self.case.kind,
            "desk-1-a",
            channel=self.case.channel,
        )
        (cell,) = grid(self.clinic.new_work(), query, rules=RULES, now=NOW).cells
        return cell.mark is Mark.FREE

    def holds(self):
        try:
            self.clinic.hold(self.slot, self.patient, "call-1", channel=self.case.channel, moves=self.old)
        except Refusal:
            return False
        return True

    def books(self, override=None):
        case = self.case
        try:
            self.clinic.book(
                self.slot,
                self.patient,
                purpose=PURPOSES.get(case.kind, Purpose.ILLNESS),
                channel=case.channel,
                moves=self.old,
                referral_number="1001" if case.referral != "none" else None,
                by="user:1" if case.by_person or override else None,
                override=override,
            )
        except Refusal:
            return False
        return True


@pytest.fixture
def many(clinic):
    """A database for all examples: each has a speciality and people of its own."""
    return clinic


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASES)
def test_s4_2_no_ordinary_channel_finds_holds_or_books_what_is_not_opened_to_it(many, case):
    scene = Scene(many, case)
    before = scene.row()
    event(f"{'his' if case.is_his else 'not his'}, {'kept' if case.kind in KEPT else 'competitive'}")

    assert scene.finds() == case.is_his
    if case.channel is not Channel.MED_ARM:
        assert scene.sees_free() == case.is_his
    if case.is_his:
        assert scene.holds()
        return

    assert not scene.holds()
    assert not scene.books()
    # The desk's right to set rules aside reaches as far as its waivers: none of them opens such a slot.
    assert not scene.books(EVERYTHING_WAIVED)
    assert scene.row() == before


@pytest.mark.parametrize("kind", sorted(KEPT))
def test_s4_2_an_overbooked_visit_is_beside_a_kept_slot_and_never_in_it(clinic, new_work, kind):
    clinic.speciality()
    doctor, patient = clinic.doctor(), clinic.patient()
    kept = clinic.slot(doctor, TOMORROW, kind=kind, channels=frozenset(Channel))
    command = BookingCommand(
        key="over",
        slot_id=0,
        patient_id=patient.id,
        purpose=PURPOSES[kind],
        call_key="desk-1-a",
        channel=Channel.REG,
        by="user:1",
        override=EVERYTHING_WAIVED,
    )

    made = desk_booking.overbook(new_work(), command, Beside(doctor, TOMORROW, 15), rules=RULES, now=NOW)

    assert made.slot.id != kept
    assert made.slot.extra
    assert [row.state for row in clinic.rows("slots", id=kept)] == ["FREE"]


def test_s4_2_a_visit_is_not_moved_into_a_slot_for_referrals_without_one(clinic):
    clinic.speciality()
    doctor, patient = clinic.doctor(), clinic.patient()
    visit = clinic.book(clinic.slot(doctor, TOMORROW), patient)
    later = TOMORROW + timedelta(hours=2)
    kept = clinic.slot(doctor, later, kind=SlotKind.REFERRAL, channels=CHANNELS[SlotKind.REFERRAL])

    with pytest.raises(ReferralNeeded):
        clinic.hold(kept, patient, channel=Channel.REG, moves=visit.id)
    with pytest.raises(SlotTaken):
        clinic.book(kept, patient, channel=Channel.REG, moves=visit.id)
    clinic.referral(patient, "therapist", "77")
    assert clinic.book(kept, patient, channel=Channel.REG, moves=visit.id, referral_number="77").slot.id == kept


def test_s4_2_a_visit_by_referral_is_moved_to_another_slot_for_referrals(clinic):
    clinic.speciality()
    doctor, patient = clinic.doctor(), clinic.patient()
    moments = [TOMORROW, TOMORROW + timedelta(hours=2)]
    first, second = clinic.slots(doctor, moments, kind=SlotKind.REFERRAL, channels=CHANNELS[SlotKind.REFERRAL])
    clinic.referral(patient, "therapist", "77")
    visit = clinic.book(first, patient, channel=Channel.REG, referral_number="77")

    assert clinic.nearest(patient, kind=SlotKind.REFERRAL, channel=Channel.REG, moves=visit.id) == second
    moved = clinic.book(second, patient, channel=Channel.REG, moves=visit.id)

    assert [row.used_by for row in clinic.rows("referrals")] == [moved.id]
