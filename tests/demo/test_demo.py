"""The demo hospital in a database: deterministic, complete, quick."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from ivr.data import load_calendar
from ivr.data.people import fictitious_people
from ivr.demo import load_demo
from ivr.domain.identifiers import Certificate, OmsNumber, Snils
from ivr.domain.slot import REMOTE, SlotKind
from ivr.storage import tables
from tests.importing.hospital import NOW, a_demo_clinic, an_empty_clinic


@pytest.fixture
def clinic(tmp_path):
    return a_demo_clinic(tmp_path)


def rows(clinic, table):
    with clinic.work().reading() as work:
        return [dict(row) for row in work.connection.execute(select(table).order_by(*table.primary_key)).mappings()]


def test_the_same_day_makes_the_same_hospital(clinic, tmp_path):
    (tmp_path / "other").mkdir()
    other = an_empty_clinic(tmp_path / "other")
    load_demo(other.work(), other.catalogue, other.hospital, rules=other.rules, now=NOW)

    for table in tables.metadata.sorted_tables:
        assert rows(clinic, table) == rows(other, table), table.name


def test_1_4_who_waits_in_the_demo_waits_to_the_last_second_of_the_14th_working_day(clinic):
    (entry,) = rows(clinic, tables.waiting_entries)

    # From Monday, 23 November 2026, which is not counted; the hospital's midnight is 21:00 UTC.
    assert entry["deadline"] == datetime(2026, 12, 11, 20, 59, 59, tzinfo=UTC)


def test_loading_twice_changes_nothing(clinic):
    assert not load_demo(clinic.work(), clinic.catalogue, clinic.hospital, rules=clinic.rules, now=NOW)


def test_the_demo_stays_away_from_a_register_of_real_patients(tmp_path):
    clinic = an_empty_clinic(tmp_path)
    person = {"surname": "Иванов", "given_name": "Иван", "sex": "M", "birth_date": date(1970, 1, 1), "attached": True}
    with clinic.work() as work:
        work.connection.execute(tables.patients.insert().values(snils="90001309116", **person))
        work.commit()

    assert not load_demo(clinic.work(), clinic.catalogue, clinic.hospital, rules=clinic.rules, now=NOW)


def test_about_4200_slots_are_open_within_the_horizon(clinic):
    zone = clinic.rules.zone
    last = date(2026, 11, 23) + timedelta(days=14)

    open_slots = [
        slot
        for slot in rows(clinic, tables.slots)
        if slot["channels"] >= REMOTE and date(2026, 11, 23) < slot["starts_at"].astimezone(zone).date() <= last
    ]

    assert 4_000 <= len(open_slots) <= 4_400


def test_no_stored_repeat_or_referral_slot_is_competitive_s42(clinic):
    for slot in rows(clinic, tables.slots):
        closed = slot["kind"] in (SlotKind.REPEAT, SlotKind.REFERRAL)
        assert (slot["channels"] >= REMOTE) is not closed


def test_the_staff_is_that_of_the_hospital(clinic):
    posts = [doctor["speciality"] for doctor in rows(clinic, tables.doctors)]

    expected = {"therapist": 8, "gp": 2, "paediatrician": 5, "surgeon": 2, "gynaecologist": 2, "feldsher": 24}
    assert {post: posts.count(post) for post in expected} == expected
    assert len({doctor["surname"] for doctor in rows(clinic, tables.doctors)}) == len(posts)
    assert len(rows(clinic, tables.specialities)) == 42


def test_every_fictitious_person_can_be_found_by_what_the_list_says(clinic):
    with clinic.work().reading() as work:
        for person in fictitious_people():
            claims = (
                (OmsNumber, person.oms),
                (Snils, person.snils),
                (Certificate, person.certificate),
            )
            for kind, digits in claims:
                if digits:
                    assert work.patients.matching(kind(digits), person.born), person.id


def test_the_people_have_what_their_stories_need(clinic):
    ids = {person.id: number for number, person in enumerate(fictitious_people(), start=1)}
    with clinic.work().reading() as work:
        assert work.patients.get(ids["T03"]).representatives == (ids["T01"],)
        assert not work.patients.get(ids["T07"]).attached
        assert len(work.bookings.active(ids["T09"])) == 2
        seen = [work.bookings.of_patient(ids[person], 1)[0] for person in ("T05", "T08")]
        assert [visit.status for visit in seen] == ["VISITED", "PASSED"]
        assert all(visit.slot.ends_at <= NOW for visit in seen)
        assert [entry.speciality for entry in work.waiting.open_of(ids["T11"])] == ["ent"]
        assert work.referrals.find(ids["T02"], "6200214").speciality == "cardiologist"
        certified = work.patients.get(ids["T13"])
    assert certified.certificate_until == load_calendar().add_working_days(date(2026, 11, 23), 45)
    opened = [slot for slot in rows(clinic, tables.slots) if slot["for_patient_id"] == ids["T06"]]
    assert [(slot["kind"], slot["speciality"]) for slot in opened] == [("REPEAT", "surgeon")]


@pytest.mark.parametrize("day", ["2026-12-25", "2026-12-30", "2026-12-31", "2027-01-05", "2026-11-28", "2027-04-29"])
def test_the_demo_loads_on_any_day_of_the_year_even_in_holidays(tmp_path, day):
    now = datetime.fromisoformat(day).replace(hour=6, tzinfo=UTC)

    clinic = a_demo_clinic(tmp_path, now)

    assert len(rows(clinic, tables.bookings)) == 4


def test_a_doctor_on_duty_receives_on_a_holiday(tmp_path):
    clinic = a_demo_clinic(tmp_path, datetime(2026, 12, 30, 6, tzinfo=UTC))
    zone = clinic.rules.zone

    on_duty = {
        slot["speciality"]
        for slot in rows(clinic, tables.slots)
        if slot["starts_at"].astimezone(zone).date() == date(2027, 1, 5)
    }

    assert on_duty == {"therapist", "paediatrician"}
