"""Other systems: a token opens what it was given for, no more, until it is taken back."""

import json
import shutil
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from ivr.cli import app as cli
from ivr.domain.client import Scope
from ivr.domain.identifiers import OmsNumber
from ivr.domain.refusals import BadToken, CallerLocked, ClientKnown, NotFound, NotIdentified
from ivr.domain.slot import Channel
from ivr.domain.user import Role
from ivr.services import clients as systems
from ivr.services import identification
from ivr.storage import tables
from tests.builders import CALLER, NOW, RULES, STRANGER, an_oms
from tests.web.conftest import Clients


def a_client(new_work, name="МИС", scopes=(Scope.IDENTIFY, Scope.VISITS), **changes):
    return systems.add(new_work(), name, scopes, who="test", now=NOW, **changes)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_a_client_is_known_by_its_token_until_it_is_revoked(new_work):
    client, token = a_client(new_work)

    assert systems.of_token(new_work(), token) == client
    systems.revoke(new_work(), "МИС", who="test", now=NOW)

    with pytest.raises(BadToken):
        systems.of_token(new_work(), token)


def test_the_database_holds_no_token(new_work):
    _, token = a_client(new_work)

    with new_work() as work:
        stored = [tuple(row) for row in work.connection.execute(tables.clients.select())]

    assert token not in repr(stored)
    assert token.removeprefix(systems.MARK) not in repr(stored)


def test_two_clients_have_two_names(new_work):
    a_client(new_work)

    with pytest.raises(ClientKnown):
        a_client(new_work)


def test_a_doctor_is_no_channel_for_a_client(new_work):
    """S4.2: only a medical worker books the slots that nobody competes for."""
    with pytest.raises(ValueError, match="books in"):
        a_client(new_work, channel=Channel.MED_ARM)


def test_revoking_a_stranger_says_that_there_is_none(new_work):
    with pytest.raises(NotFound):
        systems.revoke(new_work(), "МИС", who="test", now=NOW)


def test_a_client_may_act_for_whom_it_has_named_for_twelve_hours(new_work, clinic):
    patient = clinic.patient()
    client, _ = a_client(new_work)
    other, _ = a_client(new_work, "другая")

    systems.identify(new_work(), client, patient.oms, patient.birth_date, rules=RULES, now=NOW)
    later = NOW + timedelta(hours=12)

    assert systems.patient_of(new_work(), client, patient.id, why="test", now=NOW)[0] == patient
    for who, when in ((other, NOW), (client, later)):
        with pytest.raises(NotIdentified):
            systems.patient_of(new_work(), who, patient.id, why="test", now=when)
    with pytest.raises(NotIdentified):
        systems.patient_of(new_work(), client, 999, why="test", now=NOW)


def test_each_look_at_a_patient_is_in_the_audit_log(new_work, clinic):
    patient = clinic.patient()
    client, _ = a_client(new_work)

    systems.identify(new_work(), client, patient.oms, patient.birth_date, rules=RULES, now=NOW)
    systems.patient_of(new_work(), client, patient.id, why="visits", now=NOW)

    with new_work() as work:
        rows = work.connection.execute(tables.audit.select().where(tables.audit.c.who == f"client:{client.id}")).all()
    assert [(row.action, row.detail["patient"], row.detail["why"]) for row in rows] == [
        ("patient shown", patient.id, "identified"),
        ("patient shown", patient.id, "visits"),
    ]


@pytest.mark.parametrize(
    ("scopes", "phone", "told"),
    [
        ((Scope.VISITS,), CALLER, True),
        ((Scope.VISITS,), STRANGER, False),
        ((Scope.VISITS,), None, False),
        ((Scope.REGISTRY,), None, True),
        ((Scope.BOOK,), CALLER, False),
    ],
)
def test_visits_are_told_on_proof_or_to_the_hospitals_own_staff(new_work, clinic, scopes, phone, told):
    """4.2: a telephone of the patient, or the number of the talon."""
    patient = clinic.patient(phone=CALLER)
    client, _ = a_client(new_work, scopes=scopes)

    _, known = systems.identify(new_work(), client, patient.oms, patient.birth_date, phone=phone, rules=RULES, now=NOW)

    assert known.told is told


def test_wrong_numbers_of_one_client_lock_it_and_nobody_else(new_work, clinic):
    """D-06: those who name no telephone are counted by client, and patiently."""
    patient = clinic.patient()
    client, _ = a_client(new_work)
    other, _ = a_client(new_work, "другая")

    for _ in range(RULES.lock_after * identification.WITHHELD):
        with pytest.raises(NotIdentified):
            systems.identify(new_work(), client, an_oms(77), patient.birth_date, rules=RULES, now=NOW)

    with pytest.raises(CallerLocked):
        systems.identify(new_work(), client, patient.oms, patient.birth_date, rules=RULES, now=NOW)
    systems.identify(new_work(), other, patient.oms, patient.birth_date, rules=RULES, now=NOW)
    identification.identify(new_work(), patient.oms, patient.birth_date, caller=None, rules=RULES, now=NOW)


def test_wrong_numbers_of_one_telephone_lock_that_telephone_in_the_hands_of_the_client(new_work, clinic):
    patient = clinic.patient()
    client, _ = a_client(new_work)

    for _ in range(RULES.lock_after):
        with pytest.raises(NotIdentified):
            systems.identify(new_work(), client, an_oms(77), patient.birth_date, phone=STRANGER, rules=RULES, now=NOW)

    with pytest.raises(CallerLocked):
        systems.identify(new_work(), client, patient.oms, patient.birth_date, phone=STRANGER, rules=RULES, now=NOW)
    systems.identify(new_work(), client, patient.oms, patient.birth_date, rules=RULES, now=NOW)


def test_d_06_a_client_that_names_a_telephone_falsely_locks_it_for_nobody_but_itself(new_work, clinic):
    patient = clinic.patient(phone=CALLER)
    client, _ = a_client(new_work)
    other, _ = a_client(new_work, "другая")

    def named_by(who):
        return systems.identify(new_work(), who, patient.oms, patient.birth_date, phone=CALLER, rules=RULES, now=NOW)[0]

    for _ in range(RULES.lock_after):
        with pytest.raises(NotIdentified):
            systems.identify(new_work(), client, an_oms(77), patient.birth_date, phone=CALLER, rules=RULES, now=NOW)

    identification.refuse_locked(new_work(), CALLER, rules=RULES, now=NOW)
    with pytest.raises(NotIdentified):  # the first failure of the call itself
        identification.identify(new_work(), an_oms(77), patient.birth_date, caller=CALLER, rules=RULES, now=NOW)
    called = identification.identify(new_work(), patient.oms, patient.birth_date, caller=CALLER, rules=RULES, now=NOW)
    assert called == named_by(other) == patient
    with pytest.raises(CallerLocked):
        named_by(client)


def test_d_06_a_telephone_that_guessed_in_a_call_is_locked_there_and_not_where_a_client_names_it(new_work, clinic):
    patient = clinic.patient(phone=CALLER)
    client, _ = a_client(new_work)

    for _ in range(RULES.lock_after):
        with pytest.raises(NotIdentified):
            identification.identify(new_work(), an_oms(77), patient.birth_date, caller=CALLER, rules=RULES, now=NOW)

    with pytest.raises(CallerLocked):
        identification.refuse_locked(new_work(), CALLER, rules=RULES, now=NOW)
    systems.identify(new_work(), client, patient.oms, patient.birth_date, phone=CALLER, rules=RULES, now=NOW)


def test_a_token_that_does_not_fit_is_told_so_as_a_problem(clients: Clients):
    for headers in ({}, bearer("ivr_wrong"), {"Authorization": "Basic aXZyOml2cg=="}):
        answer = clients().get("/api/v1/me", headers=headers)

        assert (answer.status_code, answer.mimetype, answer.json["code"]) == (
            401,
            "application/problem+json",
            "bad_token",
        )
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "Set-Cookie" not in answer.headers


def test_a_revoked_token_opens_nothing_from_the_next_request_on(clients: Clients):
    site = clients.opened.site
    _, token = systems.add(site.new_work(), "МИС", [Scope.SCHEDULE], who="test", now=site.now())
    assert clients().get("/api/v1/me", headers=bearer(token)).json["scopes"] == ["schedule"]

    systems.revoke(site.new_work(), "МИС", who="test", now=site.now())

    assert clients().get("/api/v1/me", headers=bearer(token)).status_code == 401


def test_each_client_has_a_limit_of_its_own_and_is_told_when_to_come_back(clients: Clients):
    site = clients.opened.site
    slow, fast = (
        systems.add(site.new_work(), name, [Scope.SCHEDULE], per_minute=rate, who="test", now=site.now())[1]
        for name, rate in (("медленная", 2), ("быстрая", 100))
    )

    answers = [clients().get("/api/v1/me", headers=bearer(slow)) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json["code"] == "too_often"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert clients().get("/api/v1/me", headers=bearer(fast)).status_code == 200


def test_errors_of_the_server_itself_are_problems_too(clients: Clients):
    missing = clients().get("/api/v1/nothing")
    wrong = clients().post("/api/v1/me")

    assert (missing.status_code, missing.json["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json["code"], "GET" in wrong.headers["Allow"]) == (405, "method_not_allowed", True)
    assert {missing.mimetype, wrong.mimetype} == {"application/problem+json"}


def test_the_session_of_a_browser_opens_no_door_of_other_systems(clients: Clients):
    assert clients(Role.ADMINISTRATOR).get("/api/v1/me").status_code == 401


def test_a_client_is_registered_listed_and_revoked_by_commands(tmp_path, demo_hospital, monkeypatch):
    monkeypatch.setenv("IVR_DATABASE__URL", f"sqlite:///{_copied(demo_hospital, tmp_path)}")
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path))
    run = CliRunner().invoke

    made = run(cli, ["api", "client", "add", "МИС", "--scope", "book", "--scope", "identify", "--json"])
    again = run(cli, ["api", "client", "add", "МИС", "--scope", "book"])
    revoked = run(cli, ["api", "client", "revoke", "МИС"])
    listed = run(cli, ["api", "client", "list", "--json"])

    told = json.loads(made.stdout)
    assert (told["scopes"], told["channel"], told["token"][:4]) == (["book", "identify"], "OTHER", "ivr_")
    assert (again.exit_code, revoked.exit_code) == (2, 0)
    assert [(one["name"], one["active"], "token" in one) for one in json.loads(listed.stdout)] == [
        ("МИС", False, False)
    ]


def _copied(demo, folder):
    shutil.copy(demo / "ivr.db", folder / "ivr.db")
    return folder / "ivr.db"


def test_an_oms_number_is_no_client(new_work):
    """Nothing but a token of ours is looked for."""
    with pytest.raises(BadToken):
        systems.of_token(new_work(), OmsNumber("6256410854009015").digits)
