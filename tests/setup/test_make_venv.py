"""`make` without a usable Python."""

import subprocess

from ivr.phone.config import PROJECT


def test_without_python_and_rights_make_tells_the_one_line_to_run(tmp_path):
    ordinary = tmp_path / "bin" / "id"
    ordinary.parent.mkdir()
    ordinary.write_text("#!/bin/sh\necho 1000\n")
    ordinary.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", PROJECT / "ivr/setup/venv.sh", tmp_path / "venv"],
        env={"PATH": str(ordinary.parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "  sudo apt-get update && sudo apt-get install --yes --no-install-recommends python3 python3-venv"
    )
    assert not (tmp_path / "venv").exists()
