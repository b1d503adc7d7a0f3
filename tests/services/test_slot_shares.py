"""The real share of kinds of slots (D-04), counted on both databases."""

from datetime import date

from sqlalchemy import update

from ivr.domain.slot import REMOTE, Channel, SlotKind
from ivr.services.reports import Days
from ivr.services.slot_shares import SlotShares, slot_shares, total
from ivr.storage import tables
from tests.builders import RULES, at, every

DAY = Days(date(2026, 4, 28), date(2026, 4, 28))
DOCTORS_ONLY = frozenset({Channel.MED_ARM})


def test_d04_the_real_share_counts_each_slot_of_the_days_once(new_work, clinic):
    clinic.speciality()
    doctor, patient = clinic.doctor(), clinic.patient()
    first, *_ = clinic.slots(doctor, every(15, at("2026-04-28 09:00"), 5))
    clinic.slot(doctor, at("2026-04-28 08:00"), release_at=at("2026-04-28 07:00"))
    clinic.slots(doctor, every(15, at("2026-04-28 11:00"), 2), kind=SlotKind.REPEAT, channels=DOCTORS_ONLY)
    clinic.slot(doctor, at("2026-04-28 12:00"), kind=SlotKind.REFERRAL, channels=DOCTORS_ONLY)
    clinic.slot(doctor, at("2026-04-28 13:00"), channels=REMOTE - {Channel.EPGU})
    withdrawn = clinic.slot(doctor, at("2026-04-28 14:00"))
    clinic.slot(doctor, at("2026-04-29 00:00"))  # of the next day
    clinic.slot(doctor, at("2026-04-27 23:45"))
    other = clinic.doctor(clinic.speciality("ent"))
    clinic.slot(other, at("2026-04-28 09:00"))
    clinic.book(first, patient)
    with new_work() as work:
        closed = update(tables.slots).where(tables.slots.c.id == withdrawn)
        work.connection.execute(closed.values(state="CLOSED"))
        work.commit()

    shares = slot_shares(new_work(), DAY, rules=RULES)

    assert shares == {
        "therapist": SlotShares(competitive=5, reserve=1, repeat=2, referral=1, narrowed=1, booked=1),
        "ent": SlotShares(competitive=1),
    }
    assert (shares["therapist"].level, shares["therapist"].filled) == (0.6, 0.1)
    assert total(shares) == SlotShares(competitive=6, reserve=1, repeat=2, referral=1, narrowed=1, booked=1)


def test_a_day_without_slots_has_no_share(new_work):
    assert total(slot_shares(new_work(), DAY, rules=RULES)).level is None
