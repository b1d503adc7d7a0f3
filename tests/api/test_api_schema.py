"""The document is what the server does: Schemathesis asks whatever it allows, and what it does not, of the real
application."""

import re
import shutil
from collections.abc import Callable

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from ivr.storage.engine import open_engine
from ivr.storage.work import SqlWork
from ivr.web.api.endpoint import ENDPOINTS
from tests.api.systems import Town, a_town
from tests.builders import at

EXAMPLES = 6
"""Of each operation in each mode: all together take a few seconds."""
# Check digits, live ids and what the hospital has cannot be said in a schema: right data may be refused with reason.
UNSAYABLE = [checks.positive_data_acceptance]
# Asked by tests of their own: these send further requests for each example.
ASKED_ELSEWHERE = [checks.ignored_auth, checks.use_after_free, checks.ensure_resource_availability]


@pytest.fixture(scope="module")
def asked(sqlite_template, tmp_path_factory):
    """The hospital, a client that may do everything, and the document read from the server."""
    path = tmp_path_factory.mktemp("schema") / "ivr.sqlite"
    shutil.copy(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}", lasting=False)
    town = a_town(lambda: SqlWork(engine))
    town.clinic.speciality()
    town.slots = town.clinic.slots(town.clinic.doctor(), [at(f"2026-04-28 {hour:02}:00") for hour in range(8, 20)])
    system = town.system(hosts=["example.org"])
    town.patient = system.names(town.clinic.patient())
    town.made = town.clinic.book(town.slots[0], town.clinic.patient())
    yield town, system, schemathesis.openapi.from_wsgi("/api/v1/openapi.json", town.app)
    engine.dispose()


def operations(schema) -> list:
    return [result.ok() for result in schema.get_all_operations()]


def test_every_operation_is_in_the_document(asked):
    _, _, schema = asked

    told = {(one.method.upper(), one.path) for one in operations(schema)}

    assert len(told) == len(ENDPOINTS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_server_does_what_its_document_says(asked, mode):
    town, system, schema = asked
    for operation in operations(schema):
        _asking(town, operation, mode, {"Authorization": f"Bearer {system.token}"})()


def _asking(town: Town, operation, mode: GenerationMode, headers: dict[str, str]) -> Callable[[], None]:
    known = {"patient": town.patient, "slot": town.slots[-1], "booking": town.made.id}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def ask(case, real):
        if real and mode is GenerationMode.POSITIVE:
            _name(case, known)
        case.call_and_validate(headers=headers, excluded_checks=[*UNSAYABLE, *ASKED_ELSEWHERE])

    return ask


def _name(case, known: dict[str, int]) -> None:
    """Ids that there are, in the place of those that nobody has."""
    for place in (case.path_parameters, case.body):
        if isinstance(place, dict):
            place |= {name: value for name, value in known.items() if name in place}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.view.__name__)
def test_no_operation_is_open_without_a_token(asked, endpoint):
    town, _, _ = asked
    path = re.sub(r"<int:\w+>", "1", endpoint.rule)

    answer = town.app.test_client().open(f"/api/v1{path}", method=endpoint.method)

    assert (answer.status_code, answer.json["code"]) == (401, "bad_token")
