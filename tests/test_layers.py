"""Imports run one way; and what the contract forbids, it finds."""

import shutil
import subprocess
import sys
from pathlib import Path

from ivr.phone.config import PROJECT


def _lint(project: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def test_imports_run_one_way():
    done = _lint(PROJECT)

    assert done.returncode == 0, done.stdout


def test_a_domain_that_knows_the_database_is_found(tmp_path):
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    shutil.copytree(PROJECT / "ivr", tmp_path / "ivr", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "ivr/domain/slot.py").open("a") as file:
        file.write("\nimport sqlalchemy\n")

    done = _lint(tmp_path)

    assert done.returncode == 1
    assert "ivr.domain.slot -> sqlalchemy" in done.stdout
