"""docs/import.md names every column."""

from pathlib import Path

import pytest

from ivr.importing import doctors, patients, schedule

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [patients, doctors, schedule])
def test_every_column_is_documented_as_the_program_has_it(kind):
    for column in kind.COLUMNS:
        required = "yes" if column.required else ""
        assert f"| `{column.name}` | {column.russian} | {required} | {column.meaning} |" in PAGE
