"""`ivr kiosk`: passes for machines in the hall."""

import re

import pytest
from typer.testing import CliRunner

from ivr.commands.kiosk import kiosk_app
from ivr.services import kiosks
from tests.importing.hospital import NOW, a_demo_clinic


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    return a_demo_clinic(tmp_path_factory.mktemp("kiosk"))


def ivr_kiosk(clinic, *arguments):
    return CliRunner().invoke(kiosk_app, list(arguments), obj=clinic, env={"COLUMNS": "120"})


def test_a_pass_that_is_made_lets_a_machine_in_until_it_is_closed(clinic):
    made = ivr_kiosk(clinic, "pass", "hall-1")
    token = re.search(r"^[A-Z2-9]{4}(-[A-Z2-9]{4}){3}$", made.output, re.MULTILINE)[0]
    waiting = ivr_kiosk(clinic, "list").output
    _, device = kiosks.admit(clinic.work(), token, now=NOW)
    at_work = ivr_kiosk(clinic, "list").output

    closed = ivr_kiosk(clinic, "close", "hall-1")

    assert "waits for its pass" in waiting
    assert "open" in at_work and token not in at_work
    assert closed.exit_code == 0
    assert kiosks.kiosk_of(clinic.work(), device) is None


@pytest.mark.parametrize("arguments", [("pass", "two words"), ("pass", "x" * 41), ("close", "nowhere")])
def test_a_name_that_cannot_be_is_refused_in_one_line(clinic, arguments):
    done = ivr_kiosk(clinic, *arguments)

    assert done.exit_code == 2
    assert "Traceback" not in done.output
