"""`ivr import` as a person at a terminal sees it."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from ivr.commands.importing import import_app
from tests.importing.hospital import a_demo_clinic

HEADER = "Фамилия;Имя;Пол;Дата рождения;Полис"
GOOD = "Замужняя;Анна;Ж;12.03.1985;6256410854009015"
BAD = "Ошибкин;Олег;М;31.02.1970;6268150854009021"


@pytest.fixture
def clinic(tmp_path):
    return a_demo_clinic(tmp_path)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("\n".join((HEADER, GOOD, BAD)), encoding="cp1251")
    return path


def run(clinic, *arguments):
    return CliRunner().invoke(import_app, [str(each) for each in arguments], obj=clinic)


def test_bad_rows_are_named_and_nothing_is_imported(clinic, file):
    result = run(clinic, "patients", file)

    assert result.exit_code == 1
    assert "people.csv: line 3, column birth_date: there is no such date" in result.output
    assert "Nothing imported: 1 bad rows" in result.output


def test_skip_bad_imports_the_rest_and_names_the_file_beside(clinic, file):
    result = run(clinic, "patients", file, "--skip-bad")

    assert result.exit_code == 0
    assert "Imported: 0 added, 1 updated, 0 unchanged; 1 bad rows written to" in result.output
    assert file.with_name("people.bad.csv").exists()


def test_control_c_says_that_nothing_was_imported(clinic, file):
    def stopped():
        raise KeyboardInterrupt

    result = run(replace(clinic, work=stopped), "patients", file)

    assert (result.exit_code, result.output) == (130, "stopped; nothing was imported\n")


def test_a_dry_run_says_what_would_be(clinic, file):
    result = run(clinic, "patients", file, "--dry-run", "--skip-bad")

    assert "Checked, nothing stored: would be 0 added, 1 updated, 0 unchanged; 1 bad rows" in result.output
    assert not file.with_name("people.bad.csv").exists()


def test_the_outcome_is_json_for_machines(clinic, file):
    outcome = json.loads(run(clinic, "patients", file, "--skip-bad", "--json").stdout)

    assert (outcome["stored"], outcome["updated"]) == (True, 1)
    assert outcome["bad_rows"] == [{"line": 3, "column": "birth_date", "reason": "there is no such date"}]


def test_what_a_schedule_does_to_the_slots_is_told(clinic, tmp_path):
    path = tmp_path / "hours.csv"
    path.write_text("doctor;opens;closes;since;until\ntherapist-3;08:00;12:00;01.01.2026;31.01.2026")

    result = run(clinic, "schedule", path, "--dry-run")

    assert "therapist-3 has no visits up to the horizon" in result.output
    assert "would be 1 added, 0 updated, 0 unchanged, 0 slots published, " in result.output
    assert "free ones withdrawn" in result.output


@pytest.mark.parametrize("what", ["patients", "doctors", "schedule"])
def test_a_file_without_the_columns_is_refused_with_what_it_must_have(clinic, tmp_path, what):
    path = tmp_path / "wrong.csv"
    path.write_text("one;two\n1;2\n")

    result = run(clinic, what, path)

    assert result.exit_code == 2
    assert "wrong.csv: line 1: no column" in result.output


@pytest.mark.parametrize("what", ["patients", "doctors", "schedule"])
def test_the_help_shows_the_columns_and_an_example(what):
    output = run(None, what, "--help").output

    assert "Columns, * must be there" in output
    assert "Example:" in output
