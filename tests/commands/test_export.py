"""`ivr export slots`: the ministry's table of slots (domain 3.6, D-03)."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from ivr.commands.export import export_app
from ivr.domain.booking import FILLS_A_SLOT
from ivr.storage.tables import audit, bookings, slots
from ivr.web.reports import ministry
from tests.importing.hospital import NOW, a_demo_clinic
from tests.web.test_reports import sheets

COLUMNS = [column.named for column in ministry.COLUMNS]


@pytest.fixture
def clinic(tmp_path):
    return a_demo_clinic(tmp_path)


def export(clinic, out, *options, days=14):
    first, last = clinic.rules.today(NOW), clinic.rules.today(NOW) + timedelta(days=days)
    wanted = ["slots", "--from", f"{first}", "--to", f"{last}", "--out", str(out), *options]
    return CliRunner().invoke(export_app, wanted, obj=clinic)


def rows(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))


def test_every_slot_is_counted_once_by_doctor_day_and_type(clinic, tmp_path):
    out = tmp_path / "slots.csv"

    done = export(clinic, out, "--mo-oid", "1.2.643", "--unit", "adult=1.2.643.1", days=60)

    assert done.exit_code == 0, done.output
    told = rows(out)
    with clinic.work() as work:
        stored = work.connection.execute(
            select(slots.c.id).where(slots.c.starts_at > clinic.rules.span(clinic.rules.today(NOW))[0])
        )
        fills = bookings.c.status.in_([status.value for status in FILLS_A_SLOT])
        filled = work.connection.execute(select(bookings.c.id).where(fills)).all()
        assert sum(int(row["slots_created"]) for row in told) == len(stored.all())
    assert sum(int(row["slots_booked"]) for row in told) == len(filled) > 0
    assert list(told[0]) == COLUMNS
    assert {row["mo_oid"] for row in told} == {"1.2.643"}
    assert {row["sp_oid"] for row in told if row["sp_name"] == "adult"} == {"1.2.643.1"}
    assert {row["slots_type"].split(",")[0] for row in told} == {"Доступен", "Недоступен"}
    # D-03: what the telephone sells is competitive, what only doctors give is not.
    assert {row["slots_type"] for row in told if "повторный" in row["slots_type"]} == {"Недоступен, повторный приём"}


def test_who_did_not_come_is_counted_and_a_closed_slot_is_not(clinic, tmp_path):
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    export(clinic, before)
    with clinic.work() as work:
        booking = work.connection.execute(select(bookings).where(bookings.c.status == "BOOKED")).first()
        free = work.connection.execute(select(slots.c.id).where(slots.c.state == "FREE")).first()
        work.connection.execute(update(bookings).where(bookings.c.id == booking.id).values(status="NO_SHOW"))
        work.connection.execute(update(slots).where(slots.c.id == free.id).values(state="CLOSED"))
        work.commit()

    export(clinic, after)

    one, other = (
        {name: sum(int(row[name]) for row in rows(path)) for name in COLUMNS[-4:]} for path in (before, after)
    )
    assert other["slots_created"] == one["slots_created"] - 1
    assert (one["visits_absence"], other["visits_absence"]) == (0, 1)
    assert one["slots_booked"] == other["slots_booked"]


def test_slots_that_the_ministry_takes_for_mistakes_are_told_of(clinic, tmp_path):
    with clinic.work() as work:
        first = work.connection.execute(select(slots).where(slots.c.starts_at > NOW)).first()
        short = {"ends_at": first.starts_at + timedelta(minutes=4)}
        work.connection.execute(update(slots).where(slots.c.id == first.id).values(short))
        work.commit()

    done = export(clinic, tmp_path / "slots.csv")

    assert "1 lines have slots shorter than 5 minutes" in done.output


def test_the_workbook_holds_the_same_and_the_audit_log_says_so(clinic, tmp_path):
    export(clinic, tmp_path / "slots.csv")
    export(clinic, tmp_path / "slots.xlsx")

    ((_, sheet),) = sheets((tmp_path / "slots.xlsx").read_bytes()).items()
    assert len(sheet) == len(rows(tmp_path / "slots.csv")) + 1
    with clinic.work() as work:
        actions = [row.action for row in work.connection.execute(select(audit))]
    assert actions.count("slots exported") == 2


@pytest.mark.parametrize("options", [("--out", "slots.txt"), ("--unit", "adult"), ("--to", "2000-01-01")])
def test_what_cannot_be_written_is_refused_before_anything_is(clinic, tmp_path, options):
    done = export(clinic, tmp_path / "slots.csv", *options)

    assert done.exit_code == 2
    assert list(tmp_path.glob("slots.*")) == []


def test_a_file_that_is_there_stays(clinic, tmp_path):
    out = tmp_path / "slots.csv"
    out.write_text("mine")

    assert export(clinic, out).exit_code == 2
    assert out.read_text() == "mine"
