"""A small clinic behind `/fhir`, and systems that call it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from ivr.bootstrap_web import OpenSite
from ivr.domain.client import Client, Scope
from ivr.domain.patient import Patient
from ivr.domain.slot import Channel
from ivr.services import clients as systems
from ivr.web.fhir.appointments import Proposal
from ivr.web.fhir.systems import OMS
from tests.builders import MOSCOW, Clinic, every
from tests.web.conftest import a_site

FORMAT = "application/fhir+json"
ALL = (Scope.IDENTIFY, Scope.SCHEDULE, Scope.BOOK, Scope.VISITS)
PHONE = "+70000000101"


def reference(name: str, to: str) -> dict[str, Any]:
    return {"name": name, "valueReference": {"reference": to}}


def parameters(*given: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Parameters", "parameter": list(given)}


@dataclass
class System:
    """Another system with a token of its own."""

    opened: OpenSite
    client: Client
    token: str

    def ask(self, method: str, path: str, body: Any = None, **how: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": FORMAT} | how.pop("headers", {})
        sent = {} if body is None else {"json": body, "content_type": FORMAT}
        return self.opened.app.test_client().open(f"/fhir/{path}", method=method, headers=headers, **sent, **how)

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.ask("GET", path, **how)

    def name(self, patient: Patient, **more: str) -> TestResponse:
        form = {"identifier": f"{OMS}|{patient.oms.digits}", "birthdate": patient.birth_date.isoformat()}
        return self.ask("POST", "Patient/_search", data=form | more)

    def find(self, patient: Patient, since: datetime, *more: dict[str, Any], path: str = "") -> TestResponse:
        period = [("start", since), ("end", since + timedelta(days=7))]
        given = [{"name": name, "valueDateTime": value.isoformat()} for name, value in period]
        return self.ask(
            "POST",
            f"Appointment/$find{path}",
            parameters(reference("patient-reference", f"Patient/{patient.id}"), *given, *more),
        )

    def do(self, operation: str, slot_id: int, patient: Patient, **how: Any) -> TestResponse:
        named = reference("appointment-reference", f"Appointment/{Proposal(slot_id, patient.id).id}")
        return self.ask("POST", f"Appointment/${operation}", parameters(named), **how)

    def cancel(self, visit: dict[str, Any], version: str | None = None) -> TestResponse:
        wanted = visit | {"status": "cancelled"}
        headers = {"If-Match": f'W/"{version or visit["meta"]["versionId"]}"'}
        return self.ask("PUT", f"Appointment/{visit['id']}", wanted, headers=headers)


@dataclass
class FhirClinic:
    """One doctor of one speciality, with eight free slots tomorrow."""

    opened: OpenSite
    doctor_id: int = 0
    slots: list[int] = field(default_factory=list)
    _systems: int = 0

    @property
    def clinic(self) -> Clinic:
        return self._clinic

    def __post_init__(self) -> None:
        self._clinic = Clinic(self.opened.site.new_work)
        tomorrow = self.opened.site.now().astimezone(MOSCOW) + timedelta(days=1)
        self.begins = tomorrow.replace(hour=9, minute=0, second=0, microsecond=0)
        self._clinic.speciality("fhir_care", name="Врач для проверки")
        self.doctor_id = self._clinic.doctor("fhir_care", surname="Эфирова")
        self.slots = self._clinic.slots(self.doctor_id, every(45, self.begins, 8))

    def system(self, *scopes: Scope, channel: Channel = Channel.CC, **more: Any) -> System:
        self._systems += 1
        site = self.opened.site
        added = systems.add(
            site.new_work(), f"МИС {self._systems}", scopes or ALL, channel=channel, who="test", now=site.now(), **more
        )
        return System(self.opened, *added)


@contextmanager
def a_fhir_clinic(folder: Path, demo: Path) -> Iterator[FhirClinic]:
    with a_site(folder, demo) as opened:
        yield FhirClinic(opened)


def resources(answer: TestResponse, mode: str = "match") -> list[dict[str, Any]]:
    """Those of a Bundle."""
    assert answer.json["resourceType"] == "Bundle", answer.json
    return [entry["resource"] for entry in answer.json.get("entry", []) if entry["search"]["mode"] == mode]


def code_of(answer: TestResponse) -> str:
    """Our refusal code, wherever the OperationOutcome is."""
    told = answer.json if answer.json["resourceType"] == "OperationOutcome" else resources(answer, "outcome")[0]
    return told["issue"][0]["details"]["coding"][0]["code"]
