"""Commands that are imported late are listed as they are, and listing them stays quick."""

import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from ivr.cli import app
from ivr.commands.later import LATER


@pytest.mark.parametrize("name", LATER)
def test_the_list_says_of_a_command_what_it_says_of_itself(name):
    about, load = LATER[name]

    first = (get_command(load()).help or "").partition("\n\n")[0]

    assert " ".join(first.split()) == about


@pytest.mark.parametrize("name", LATER)
def test_a_late_command_shows_its_own_help(name):
    shown = CliRunner().invoke(app, [name, "--help"])

    assert shown.exit_code == 0, shown.output
    assert f" {name} " in shown.output.splitlines()[1]


def test_an_option_that_a_late_command_does_not_know_is_refused():
    assert CliRunner().invoke(app, ["show", "patients", "--nonsense"]).exit_code == 2


def test_the_list_of_commands_needs_no_database_no_voice_and_no_exchange():
    code = "import sys, ivr.cli; print(*sorted({'sqlalchemy', 'numpy', 'panoramisk', 'alembic'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
