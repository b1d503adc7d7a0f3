"""Commands find the database through the settings."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.commands.importing import import_app
from ivr.commands.show import show_app
from ivr.data import bundled
from ivr.storage.migrate import migrate


@pytest.fixture
def installation(tmp_path, monkeypatch) -> Path:
    config = tmp_path / "ivr.toml"
    config.write_text('[folders]\nvar = "var"\n')
    monkeypatch.setenv("IVR_CONFIG", str(config))
    return config


def test_an_import_goes_into_the_database_that_show_then_reads(installation):
    migrate_for(installation)
    imported = CliRunner().invoke(import_app, ["doctors", str(bundled("doctors.csv"))])
    listed = CliRunner().invoke(show_app, ["patients"])

    assert imported.output == "Imported: 59 added, 0 updated, 0 unchanged\n"
    assert listed.exit_code == 0


def migrate_for(installation: Path) -> None:
    (installation.parent / "var").mkdir()
    migrate(f"sqlite:///{installation.parent / 'var' / 'ivr.db'}")


@pytest.mark.parametrize("command", [(show_app, "patients"), (import_app, "doctors", str(bundled("doctors.csv")))])
def test_a_database_that_is_not_there_is_said_and_not_made_up(installation, command):
    result = CliRunner().invoke(command[0], command[1:])

    assert result.exit_code == 2
    assert "the database cannot be used" in result.output
    assert "`ivr setup` makes it" in result.output
    assert not (installation.parent / "var" / "ivr.db").exists()
    assert "Traceback" not in result.output


def test_wrong_settings_are_told_and_nothing_is_imported(installation):
    installation.write_text('[rules]\nzone = "Mars/Olympus"\n')

    result = CliRunner().invoke(import_app, ["doctors", str(bundled("doctors.csv"))])

    assert result.exit_code == 2
    assert "rules.zone" in result.output


def test_a_wrong_hospital_file_is_told_with_its_place(installation):
    installation.write_text('[hospital]\nfacts = "mine.toml"\n[folders]\nvar = "var"\n')
    (installation.parent / "mine.toml").write_text("name = 5\n")

    result = CliRunner().invoke(import_app, ["doctors", str(bundled("doctors.csv"))])

    assert result.exit_code == 2
    assert "mine.toml: " in result.output
