"""`ivr campaign report`: the same figures for people and for machines."""

import json

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from ivr.commands.campaign import campaign_app
from ivr.storage import tables
from tests.importing.hospital import NOW, a_demo_clinic


@pytest.fixture
def clinic(tmp_path):
    clinic = a_demo_clinic(tmp_path)
    task = {"key": "t", "kind": "FEEDBACK", "owner": "CALL_CENTRE", "status": "DONE", "due_at": NOW, "created_at": NOW}
    call = {"key": "a", "task_id": 1, "number": 1, "phone": "+70000000101", "node": "n", "begun_at": NOW}
    call |= {"leased_until": NOW, "ended_at": NOW, "outcome": "DONE", "result": "CONFIRMED"}
    with clinic.work() as work:
        work.connection.execute(insert(tables.tasks).values(**task, payload={}))
        work.connection.execute(insert(tables.dial_attempts).values(call))
        work.commit()
    return clinic


def report(clinic, *arguments):
    return CliRunner().invoke(campaign_app, ["report", *arguments], obj=clinic, env={"COLUMNS": "240"})


def test_the_last_week_is_told_in_tables(clinic):
    told = report(clinic)

    assert told.exit_code == 0, told.output
    assert "С 17.11.2026 по 23.11.2026" in told.output
    row = next(line for line in told.output.splitlines() if "Подтвердить приём" in line)
    assert [cell.strip() for cell in row.split("│")[2:6]] == ["1", "1", "100,0 %", "1"]
    assert "0000000101" not in told.output


def test_machines_get_the_same_figures(clinic):
    told = json.loads(report(clinic, "--from", "2026-11-23", "--to", "23.11.2026", "--json").output)

    assert (told["from"], told["to"]) == ("2026-11-23", "2026-11-23")
    assert told["kinds"]["FEEDBACK"] == told["tries"]["1"] == told["hours"]["12"] == told["total"]
    assert told["total"]["results"] == {"CONFIRMED": 1}
    assert told["freed"]["number"] == 0


def test_days_without_calls_say_so(clinic):
    told = report(clinic, "--from", "2026-01-12", "--to", "2026-01-13")

    assert told.output.count("За эти дни ничего не было.") == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--from", "2026-11-23", "--to", "2026-11-01"], ("--to", "before the first")),
        (["--from", "2024-01-01", "--to", "2026-11-01"], ("--from", "at most 366", "ask for fewer")),
        (["--from", "yesterday"], ("--from", "2026-12-31")),
    ],
)
def test_a_range_that_is_none_is_refused_in_words(clinic, arguments, words):
    told = report(clinic, *arguments)

    assert told.exit_code == 2
    for word in words:
        assert word in told.output
