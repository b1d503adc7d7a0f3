"""Rows of doctors' and schedule files."""

from datetime import date, time

import pytest

from ivr.data import bundled, load_hospital, load_specialities
from ivr.domain.hours import Hours
from ivr.domain.schedule import Absence, Parity, WorkRule
from ivr.domain.slot import Channel, SlotKind
from ivr.importing import doctors, schedule
from ivr.importing.checking import check
from ivr.importing.csv_file import read_csv

DOCTORS = {"therapist-1": 7}


def read(folder, columns, reader, header, *rows):
    path = folder / "file.csv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return check(read_csv(path, columns), reader)


def schedule_of(folder, header, *rows):
    return read(folder, schedule.COLUMNS, lambda row: schedule.work(row, doctors=DOCTORS), header, *rows)


def test_a_rule_is_read_with_all_its_columns(tmp_path):
    found = schedule_of(
        tmp_path,
        "doctor;weekdays;parity;opens;closes;minutes;kind;channels;every_weeks;week;since;until",
        "therapist-1;пн-ср,5;чётные;07:04;9:45;11;PRIMARY;CC+REG;8;2;01.12.2026;2026-12-31",
    )

    assert found.good == [
        WorkRule(
            7,
            Hours(time(7, 4), time(9, 45)),
            frozenset({0, 1, 2, 4}),
            Parity.EVEN,
            8,
            2,
            date(2026, 12, 1),
            date(2026, 12, 31),
            11,
            SlotKind.PRIMARY,
            frozenset({Channel.CC, Channel.REG}),
        )
    ]


def test_a_row_without_hours_is_an_absence(tmp_path):
    found = schedule_of(tmp_path, "doctor;opens;closes;since;until", "therapist-1;;;01.12.2026;14.12.2026")

    assert found.good == [Absence(7, date(2026, 12, 1), date(2026, 12, 14))]


ROWS = {
    "nobody;08:00;14:00;;;;;;": "column doctor: there is no doctor with this code",
    "therapist-1;14:00;08:00;;;;;;": "column closes: must be after `opens`",
    "therapist-1;25:00;26:00;;;;;;": "column opens: a time of day is written 08:00",
    "therapist-1;08:00;;;;;;;": "column closes: is empty",
    "therapist-1;;;;;;;;": "column opens: is empty; an absence needs `since` and `until`",
    "therapist-1;08:00;14:00;0;;;;;": "column weekdays: weekdays are written",
    "therapist-1;08:00;14:00;5-1;;;;;": "column weekdays: weekdays are written",
    "therapist-1;08:00;14:00;;4;;;;": "column minutes: must be a whole number from 5 to 120",
    "therapist-1;08:00;14:00;;;some;;;": "column parity: must be odd, even or any",
    "therapist-1;08:00;14:00;;;;2;;": "column week: must be less than every_weeks, which is 1",
    "therapist-1;08:00;14:00;;;;;02.12.2026;01.12.2026": "column until: is before `since`",
}


@pytest.mark.parametrize("row", ROWS)
def test_bad_rows_of_a_schedule_are_named(tmp_path, row):
    found = schedule_of(tmp_path, "doctor;opens;closes;weekdays;minutes;parity;week;since;until", row)

    assert ROWS[row] in str(found.complaints[0])


def test_a_doctor_of_an_unknown_speciality_or_site_is_refused(tmp_path):
    found = read(
        tmp_path,
        doctors.COLUMNS,
        lambda row: doctors.member(row, specialities=["therapist"], sites=["adult"]),
        "code;surname;given_name;sex;speciality;room;site",
        "x;Врачева;Ада;F;witch;1;adult",
        "y;Врачева;Ада;F;therapist;1;moon",
    )

    assert [str(each) for each in found.complaints] == [
        "line 2, column speciality: there is no such speciality; known are therapist",
        "line 3, column site: there is no such site; known are adult",
    ]


@pytest.mark.parametrize(
    ("cell", "told"),
    [("900-010-001 88", "column snils: the control number of the SNILS is wrong"), ("1", "a SNILS is eleven digits")],
)
def test_a_doctors_snils_with_a_wrong_control_number_is_refused(tmp_path, cell, told):
    header = "code;surname;given_name;sex;speciality;room;site;snils"
    known = {"specialities": ("therapist",), "sites": ("adult",)}

    found = read(
        tmp_path,
        doctors.COLUMNS,
        lambda row: doctors.member(row, **known),
        header,
        f"t-1;Новикова;Нина;F;therapist;7;adult;{cell}",
        "t-2;Новикова;Нина;F;therapist;7;adult;900-010-001 87",
    )

    assert told in str(found.complaints[0])
    assert [one.snils for one in found.good] == ["90001000187"]


def test_the_files_of_the_demo_hospital_have_no_bad_row():
    catalogue, hospital = load_specialities(), load_hospital()
    staff = check(
        read_csv(bundled("doctors.csv"), doctors.COLUMNS),
        lambda row: doctors.member(row, specialities=catalogue.posts, sites=hospital.sites),
    )
    codes = {member.code: number for number, member in enumerate(staff.good, start=1)}
    rules = check(read_csv(bundled("schedule.csv"), schedule.COLUMNS), lambda row: schedule.work(row, doctors=codes))

    assert staff.complaints == rules.complaints == []
    assert {rule.doctor_id for rule in rules.good} == set(codes.values())
