"""Other systems for tests: a small hospital behind the real application, and clients that call it."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask
from werkzeug.test import TestResponse

from ivr.data import load_hospital
from ivr.domain.client import Client, Scope
from ivr.domain.patient import Patient
from ivr.domain.slot import Channel
from ivr.services import clients
from ivr.storage.work import SqlWork
from ivr.web.app import create_app
from ivr.web.hub import Hub
from ivr.web.no_exchange import NoExchange
from ivr.web.site import PhoneDoor, Site
from ivr.web.workplace import Workplaces
from tests.builders import NOW, RULES, Clinic

ALL = tuple(Scope)
PERSONAL = (Scope.IDENTIFY, Scope.SCHEDULE, Scope.BOOK, Scope.WAITING)
"""Of a client that is told nothing of what others have booked."""


@dataclass
class System:
    """A client with its token."""

    app: Flask
    own: Client
    token: str
    _keys: Any = field(default_factory=lambda: itertools.count(1))

    def ask(self, method: str, path: str, *, key: str | None = "", **how: Any) -> TestResponse:
        """Commands get a key of their own, unless one is given; None: without."""
        headers = {"Authorization": f"Bearer {self.token}"} | how.pop("headers", {})
        if method == "POST" and key is not None:
            headers["Idempotency-Key"] = key or f"key-{self.own.id}-{next(self._keys):05}"
        return self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **how)

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.ask("GET", path, query_string=query)

    def post(self, path: str, body: Any = None, **how: Any) -> TestResponse:
        return self.ask("POST", path, **({} if body is None else {"json": body}), **how)

    def put(self, path: str, body: Any) -> TestResponse:
        return self.ask("PUT", path, json=body)

    def delete(self, path: str) -> TestResponse:
        return self.ask("DELETE", path)

    def names(self, patient: Patient, **more: Any) -> int:
        """The client identifies him, and may act for him from now on."""
        assert patient.oms is not None
        told = {"oms": patient.oms.digits, "birth_date": patient.birth_date.isoformat()} | more
        answer = self.post("/patients/identify", told, key=None)
        assert answer.status_code == 200, answer.text
        return int(answer.json["patient"])  # type: ignore[index]


@dataclass
class Town:
    """The hospital, its clock, and whoever calls it."""

    new_work: Callable[[], SqlWork]
    clinic: Clinic
    app: Flask
    clock: list[datetime]

    def system(
        self, scopes: Iterable[Scope] = ALL, *, channel: Channel = Channel.REG, name: str = "МИС", **more: Any
    ) -> System:
        own, token = clients.add(
            self.new_work(), name, scopes, channel=channel, per_minute=60_000, who="test", now=NOW, **more
        )
        return System(self.app, own, token)

    def later(self, **by: float) -> None:
        self.clock[0] += timedelta(**by)


def a_town(new_work: Callable[[], SqlWork]) -> Town:
    clock = [NOW]
    hospital = load_hospital(None)
    site = Site(
        new_work=new_work,
        rules_now=lambda: RULES,
        hospital_now=lambda: hospital,
        now=lambda: clock[0],
        exchange=NoExchange(),
        door=PhoneDoor("/ws", None),
        make_guest_token=lambda _: "",
        desk=cast(Workplaces, None),
        hub=Hub(),
        extras={"webhooks": True},
    )
    return Town(new_work, Clinic(new_work), create_app(site, secret_key="test"), clock)
