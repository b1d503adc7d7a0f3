"""The example of docs/fhir.md runs as it stands."""

import os
import re
import subprocess

from ivr.domain.client import Scope
from ivr.domain.slot import Channel
from ivr.phone.config import PROJECT
from ivr.services import clients
from tests.web.conftest import a_site, serve

PAGE = (PROJECT / "docs/fhir.md").read_text(encoding="utf-8")
NEEDED = (Scope.IDENTIFY, Scope.SCHEDULE, Scope.BOOK)


def test_a_time_is_held_booked_and_cancelled_with_the_scopes_that_the_page_names(tmp_path, demo_hospital):
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    with a_site(tmp_path, demo_hospital) as opened, serve(opened) as address:
        site = opened.site
        _, token = clients.add(site.new_work(), "пример", NEEDED, channel=Channel.REG, who="test", now=site.now())
        told = {"FHIR": f"{address}/fhir", "TOKEN": token, "PATH": os.environ["PATH"], "TZ": "UTC"}

        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], env=told, capture_output=True, text=True, timeout=60
        )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["pending", "booked", "cancelled"]
