"""What the README says can be found in the program."""

import re
from pathlib import Path

import pytest

from ivr.settings import Settings

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "ivr").rglob("*.py"))


def _table(heading: str) -> list[list[str]]:
    part = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ") and "---" not in line][1:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("row", _table("Configuration"), ids=lambda row: row[0])
def test_every_setting_named_is_one(row):
    for key in re.findall(r"`([a-z_]+\.[a-z_]+)`", row[0]):
        section, name = key.split(".")
        assert name in type(getattr(Settings(), section)).model_fields


@pytest.mark.parametrize("row", _table("Glossary"), ids=lambda row: row[0])
def test_every_identifier_of_the_glossary_is_in_the_program(row):
    assert re.search(rf"\b{row[1].strip('`')}\b", SOURCE)


@pytest.mark.parametrize("row", _table("Folders"), ids=lambda row: row[0])
def test_every_folder_named_is_there(row):
    for folder in re.findall(r"`([a-z_/]+)`", row[0]):
        assert (PROJECT / folder).is_dir()


def test_every_link_leads_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (PROJECT / target).exists()


def test_every_command_of_the_tour_is_one():
    from typer.main import get_command

    from ivr.cli import app

    known = set(get_command(app).commands)
    used = set(re.findall(r"^\.venv/bin/ivr ([a-z]+)", README, re.MULTILINE))

    assert used
    assert used <= known
