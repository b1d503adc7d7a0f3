"""docs/api.md is true: its examples run, its tables name what there is; the page of the API needs no script."""

import html
import os
import re
import subprocess

import pytest

from ivr.domain.client import Scope
from ivr.domain.event import EventKind
from ivr.domain.slot import Channel
from ivr.phone.config import PROJECT
from ivr.services import clients
from ivr.web.api.endpoint import ENDPOINTS
from ivr.web.messages import TOLD
from tests.web.conftest import a_site, demo_hospital, serve  # noqa: F401 - a fixture

PAGE = (PROJECT / "docs/api.md").read_text(encoding="utf-8")


def test_the_examples_run_one_after_another_as_they_stand(tmp_path, demo_hospital):  # noqa: F811
    script = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    with a_site(tmp_path, demo_hospital) as opened, serve(opened) as address:
        site = opened.site
        scopes = [Scope(name) for name in re.findall(r"--scope (\w+)", PAGE)]
        _, token = clients.add(site.new_work(), "пример", scopes, channel=Channel.REG, who="test", now=site.now())
        told = {"API": f"{address}/api/v1", "TOKEN": token, "PATH": os.environ["PATH"]}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], env=told, capture_output=True, text=True, timeout=60
        )

    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.split()
    assert {"180", "true", "CANCELLED_BY_PATIENT", "therapist"} <= set(lines)


@pytest.mark.parametrize("word", [*Scope, *EventKind])
def test_scopes_and_events_are_in_the_page(word):
    assert f"`{word}`" in PAGE


def test_the_page_of_the_api_shows_every_operation_and_code_and_runs_no_script(town):
    page = town.app.test_client().get("/api/v1/docs")

    assert page.status_code == 200
    assert all(f'id="{one.view.__name__}"' in page.text for one in ENDPOINTS)
    assert all(f'id="{code}"' in page.text for one in ENDPOINTS for code in (refusal.code for refusal in one.refusals))
    assert "<script" not in page.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
    assert "Set-Cookie" not in page.headers


def test_the_page_names_the_hospital_and_shows_code_as_code(town):
    page = town.app.test_client().get("/api/v1/docs").text
    hospital = html.escape(town.app.extensions["ivr"].hospital.name)

    assert f"<title>{hospital}: API" in page
    assert f"<h1>{hospital}: API" in page
    assert "<code>Authorization: Bearer …</code>" in page
    assert "<code>after</code>" in page
    assert "`" not in page


def test_every_refusal_of_an_operation_has_words():
    assert {refusal.code for one in ENDPOINTS for refusal in one.refusals} <= set(TOLD)
