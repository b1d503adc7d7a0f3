"""Whatever is sent to whatever route: a clear answer, never a failure of the program."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.domain.user import Role
from tests.web.conftest import Clients, csrf

ROLES = (Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
LEFT_OUT = {"access.log_out", "live.events"}
"""One ends the session, the other never ends."""
NASTY = [
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1; DROP TABLE users",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "\u202eдом",
    "а" * 5000,
    "2026-02-30",
    "../../../etc/passwd",
    "%00",
    "null",
    "a\0b",
    "٣",
]
ODD = ["1", "0", "-1", "999999999999999999999", "x%00"]
ASKED = ("call", "from", "to", "day", "page", "doctor", "since", "until")
JUNK = [None, True, 0, -1, 1.5, 10**30, [], {}, [[]], {"a": {"b": []}}, *NASTY]


def fields_of(clients: Clients) -> list[str]:
    """Names that forms and scripts of the site send."""
    names: set[str] = set()
    root = clients.opened.app.root_path
    for path in [*Path(root).rglob("*.html"), *Path(root).rglob("*.py")]:
        if "vendor" not in path.parts:
            names |= set(re.findall(r'(?:name="|get\("|form\["|args\["|args\.get\(")([a-z_]{2,30})"', path.read_text()))
    return sorted(names)


def posts(clients: Clients) -> Iterator[tuple[str, str]]:
    for rule in clients.opened.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in LEFT_OUT:
            yield rule.endpoint, rule.rule


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_junk_in_a_form_or_in_json_is_refused_and_breaks_nothing(clients: Clients, role: Role):
    chance = random.Random(role)  # noqa: S311
    names = fields_of(clients)
    failed: list[str] = []
    client = clients(role)
    token = csrf(client, "/")
    for endpoint, rule in posts(clients):
        for turn in range(6):
            path = re.sub(r"<[^>]+>", lambda _: chance.choice(["1", "0", "999999", "x"]), rule)
            headers = {"X-CSRFToken": token, "Accept": "application/json"}
            if turn % 2:
                body = {name: chance.choice(NASTY) for name in chance.sample(names, min(len(names), 12))}
                answer = client.post(path, data=body, headers=headers)
            else:
                body = chance.choice(JUNK) if turn == 0 else {name: chance.choice(JUNK) for name in names}
                text = chance.choice(["{", json.dumps(body)]) if turn == 4 else json.dumps(body)
                answer = client.post(path, data=text, content_type="application/json", headers=headers)
            if answer.status_code >= 500 and answer.status_code != 503:
                failed.append(f"{endpoint} {path}: {body!r:.300}")
            if answer.status_code in (302, 401) and csrf(client, "/") != token:
                client = clients(role)  # it changed its own password, say
                token = csrf(client, "/")
    assert failed == []


NUL = '{"reason": "\\u0000"}'


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"reason": "\\ud800"}', NUL, NUL.encode("utf-16")], ids=["deep", "half", "nul", "utf-16"]
)
def test_json_that_no_page_sends_is_refused(clients: Clients, text: str | bytes):
    client = clients(Role.SUPERVISOR)
    headers = {"X-CSRFToken": csrf(client, "/"), "Accept": "application/json"}

    for path in ("/desk/break", "/registry/visit/waiting"):
        assert client.post(path, data=text, content_type="application/json", headers=headers).status_code == 400


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_junk_in_an_address_is_refused_and_breaks_nothing(clients: Clients, role: Role):
    chance = random.Random(role)  # noqa: S311
    client = clients(role)
    failed: list[str] = []
    for rule in clients.opened.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in {"live.events", "static"}:
            continue
        for _ in range(4):
            path = re.sub(
                r"<[^>]+>", lambda _: chance.choice(["1", "0", "-1", "999999999999999999999", "x%00"]), rule.rule
            )
            query = {
                name: chance.choice(NASTY) for name in ("call", "from", "to", "day", "page", "doctor", "since", "until")
            }
            answer = client.get(path, query_string=query, headers={"Accept": "text/html"})
            if answer.status_code >= 500 and answer.status_code != 503:
                failed.append(path)
    assert failed == []
