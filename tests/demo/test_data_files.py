"""The data files of the demo hospital, and the complaints about files that are wrong."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from ivr.bootstrap import clinic_of, prepare_database
from ivr.data import DataError, bundled, load_calendar, load_duty, load_hospital, load_specialities
from ivr.domain.slot import SlotKind
from ivr.domain.speciality import Access
from ivr.settings import Settings
from ivr.storage import tables

FREE = (
    "therapist gp paediatrician surgeon child_surgeon gynaecologist ophthalmologist ent dentist dentist_therapist "
    "child_dentist narcologist child_psychiatrist phthisiatrician feldsher midwife prevention vaccination"
)


def test_there_are_forty_two_specialities_in_the_order_of_the_list():
    keys = list(load_specialities().specialities)

    assert len(keys) == 42
    assert (keys[0], keys[15], keys[-1]) == ("therapist", "phthisiatrician", "child_endocrinologist")


def test_the_specialities_open_without_a_referral_are_those_of_d11():
    found = load_specialities().specialities.values()

    assert {each.key for each in found if each.access is Access.FREE} == set(FREE.split())
    assert {each.key for each in found if each.district} == {"therapist", "gp", "paediatrician"}


def test_lengths_are_rounded_to_what_clinics_use():
    found = load_specialities().specialities.values()

    assert {each.minutes for each in found} <= {10, 15, 20, 25, 30, 45}


def test_no_post_sells_repeat_or_referral_slots_as_competitive_s42():
    for post in load_specialities().posts.values():
        assert sum(share.percent for share in post.shares) == 100
        assert all(share.kind is SlotKind.PRIMARY for share in post.shares if share.reserve)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 4, 27), 14, date(2026, 5, 19)),
        (date(2026, 12, 22), 14, date(2027, 1, 20)),
        (date(2026, 4, 30), 3, date(2026, 5, 6)),
    ],
)
def test_working_days_are_counted_over_the_holidays(start, count, expected):
    assert load_calendar().add_working_days(start, count) == expected


def test_duty_falls_on_days_off_only():
    calendar = load_calendar()

    assert not [day for day in load_duty().days if calendar.is_working(day)]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23 07:59", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 18:59", True),
        ("2026-11-23 19:00", False),
        ("2026-11-28 10:00", False),
        ("2026-11-04 10:00", False),
        ("2026-11-03 17:59", True),
        ("2026-11-03 18:00", False),
    ],
)
def test_operators_answer_on_working_days_an_hour_less_before_holidays(moment, expected):
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Europe/Moscow"))

    assert load_hospital().operators_open(local, load_calendar()) is expected


def test_the_hospital_has_its_twenty_four_villages_and_telephones_that_cannot_exist():
    hospital = load_hospital()

    assert sum(key.startswith("fap_") for key in hospital.sites) == 24
    assert sum(key.startswith("amb_") for key in hospital.sites) == 3
    assert hospital.registry_phone.startswith("8000")


WRONG = {
    ('hours = "08:00-18:00"', 'hours = "8-18"'): "hospital.toml: nurse.hours: hours are written 08:00-14:00",
    ('hours = "08:00-18:00"', 'hours = "18:00-08:00"'): "nurse.hours: hours must open before they close",
    ('room = "12"', "room = 12"): "nurse.room: must be a str, not 12",
    ('room = "12"', ""): "nurse.room: is missing",
    ('registry = "8 000 000-20-20"', 'registry = "call us"'): "phones.registry: a telephone is",
    ('region = "62"', 'region = "Рязань"'): "hospital.toml: federal.region: the code of a region is two digits",
    ('mo_oid = "', 'other = "'): "hospital.toml: federal.mo_oid: is missing",
    ('\nchild = "1.2', '\nclinic = "1.2'): "hospital.toml: federal.units.clinic: no such site; known are adult, amb_",
    ('\nchild = "1.2', '\nchild = "unit 1.2'): "federal.units.child: an OID is numbers parted by dots",
    ("[sites]", "[sites"): "hospital.toml: ",
    ("[sites]", "[places]"): "sites: is missing",
    ("name = ", 'title = "x"\nname = '): "hospital.toml: title: unknown key; known are adult, child",
    ('room = "12"', 'room = "12"\nfloor = 2'): "nurse.floor: unknown key; known are hours, room",
}


@pytest.mark.parametrize("change", WRONG)
def test_a_mistake_in_hospital_toml_is_named_with_its_place(tmp_path, change):
    path = tmp_path / "hospital.toml"
    path.write_text(bundled("hospital.toml").read_text("utf-8").replace(*change), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        load_hospital(path)

    assert WRONG[change] in str(refused.value)


WRONG_POSTS = {
    (
        "minutes = 15",
        "minutes = 4",
    ): "specialities.therapist.minutes: therapist: a slot lasts at least 5 minutes, not 4",
    ("REPEAT = 20, REFERRAL = 10", "REPEAT = 10, REFERRAL = 10"): "make 100 per cent together, not 90",
    ('mix = "village"', 'mix = "city"'): "specialities.feldsher.mix: there is no mix 'city'",
    ('access = "free"', 'access = "fre"'): "specialities.therapist.access: 'fre' is not a valid Access",
    ("[specialities.therapist]", "[specialitys]\n[specialities.therapist]"): "specialitys: unknown key",
    ("district = true", "distrikt = true"): "specialities.therapist.distrikt: unknown key",
}


@pytest.mark.parametrize("change", WRONG_POSTS)
def test_a_mistake_in_specialities_toml_is_named_with_its_place(tmp_path, change):
    path = tmp_path / "specialities.toml"
    path.write_text(bundled("specialities.toml").read_text("utf-8").replace(*change), encoding="utf-8")

    with pytest.raises(DataError) as refused:
        load_specialities(path)

    assert WRONG_POSTS[change] in str(refused.value)


def test_a_working_weekend_must_be_a_weekend(tmp_path):
    path = tmp_path / "calendar.toml"
    path.write_text("working_weekends = [2027-11-12]")

    with pytest.raises(DataError, match="2027-11-12 is neither a Saturday nor a Sunday"):
        load_calendar(path)


def test_a_calendar_file_brings_the_moved_days_of_a_decree(tmp_path):
    path = tmp_path / "calendar.toml"
    path.write_text("days_off = [2027-11-05]\nworking_weekends = [2027-11-13]")

    calendar = load_calendar(path)

    assert calendar.is_working(date(2027, 11, 13))
    assert not calendar.is_working(date(2027, 11, 5))


def test_a_working_day_is_no_day_of_duty(tmp_path):
    path = tmp_path / "calendar.toml"
    path.write_text('days_off = [2027-01-01]\n[duty]\ndays = [2027-01-01, 2027-01-12]\nposts = ["surgeon"]')

    with pytest.raises(DataError, match=r"duty\.days: 2027-01-12 is no day off"):
        load_duty(path)


@pytest.mark.parametrize("key", ["days_of", "duty.day"])
def test_a_misspelt_key_of_the_calendar_is_named(tmp_path, key):
    path = tmp_path / "calendar.toml"
    path.write_text(f"days_off = [2027-01-01]\n{key} = [2027-01-01]")

    with pytest.raises(DataError, match=f"{key}: unknown key"):
        load_calendar(path)


def test_the_duty_of_an_own_calendar_becomes_slots(tmp_path):
    tomorrow = datetime.now(ZoneInfo("Europe/Moscow")).date() + timedelta(days=1)
    calendar = tmp_path / "calendar.toml"
    calendar.write_text(f'days_off = [{tomorrow}]\n[duty]\ndays = [{tomorrow}]\nposts = ["surgeon"]')
    settings = Settings(folders={"var": tmp_path}, hospital={"calendar": calendar})

    prepare_database(settings)

    with clinic_of(settings) as clinic, clinic.work().reading() as work:
        today, later = (clinic.rules.span(tomorrow + timedelta(days=n)) for n in (0, 1))
        found = work.connection.execute(
            select(tables.slots.c.speciality).where(tables.slots.c.starts_at.between(today[0], later[0]))
        )
        assert set(found.scalars()) == {"surgeon"}
