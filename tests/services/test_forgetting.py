"""What is over is forgotten by the clock, though nobody comes who would sweep it away (4.2); what is not over stays."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from ivr.domain.client import Acquaintance, Scope
from ivr.domain.errand import ErrandKind, ErrandStatus, NewErrand
from ivr.domain.patient import Subject
from ivr.services import booking, clients, events, forgetting, infomat, kiosks
from ivr.services.client_ports import Reply
from ivr.services.portal_ports import PortalSession
from tests.builders import NOW, at

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def patient(clinic):
    return clinic.patient()


@pytest.fixture
def client(new_work):
    return clients.add(new_work(), "бот", [Scope.EVENTS], who="user:1", now=NOW, hosts=["127.0.0.1"])[0]


def forget(new_work, now):
    forgetting.forget(new_work(), now=now)


def test_whom_a_client_had_named_is_unknown_to_it_when_its_time_is_over(clinic, new_work, client, patient):
    known = {"over": patient.id, "not over": clinic.patient().id}
    with new_work() as work:
        work.clients.meet(client.id, Acquaintance(known["over"], told=True, until=NOW + HOUR))
        work.clients.meet(client.id, Acquaintance(known["not over"], told=True, until=NOW + HOUR + SECOND))
        work.commit()

    forget(new_work, NOW + HOUR)

    assert [row.patient_id for row in clinic.rows("client_patients")] == [known["not over"]]


def test_a_session_of_the_portal_is_gone_when_it_is_over(clinic, new_work, patient):
    over, lasts = (
        PortalSession(str(UUID(int=n)), patient.id, Subject.SELF, None, None, NOW + HOUR * n) for n in (1, 2)
    )
    with new_work() as work:
        for session in (over, lasts):
            work.portal.open(session, NOW)
        work.commit()

    forget(new_work, NOW + HOUR)

    assert [row.id for row in clinic.rows("portal_sessions")] == [lasts.id]


def test_what_the_regional_system_has_shown_to_whom_is_forgotten_after_a_day(clinic, new_work, patient):
    slot, later = clinic.slot(clinic.doctor(clinic.speciality()), at("10:00")), clinic.patient()
    with new_work() as work:
        work.mirror.show("therapist", patient.id, [slot], NOW)
        work.mirror.show("therapist", later.id, [slot], NOW + SECOND)
        work.commit()

    forget(new_work, NOW + 24 * HOUR + SECOND)

    for table in ("far_looks", "far_shown"):
        assert [row.patient_id for row in clinic.rows(table)] == [later.id]


def test_who_stood_at_a_kiosk_that_lost_its_power_is_forgotten_and_who_stands_there_is_not(clinic, new_work, patient):
    left, stands = (
        kiosks.admit(new_work(), kiosks.make_pass(new_work(), name, who="test", now=NOW), now=NOW)[0]
        for name in ("hall", "second-floor")
    )
    infomat.begin(new_work(), left, patient.oms, now=NOW)
    visit, _ = infomat.begin(new_work(), stands, patient.oms, now=NOW + SECOND)

    forget(new_work, NOW + HOUR)

    assert [row.id for row in clinic.rows("kiosk_visits")] == [visit.id]


def test_events_their_deliveries_and_answers_to_commands_are_kept_as_long_as_is_told(clinic, new_work, client, patient):
    events.subscribe(new_work(), client, "http://127.0.0.1/x", [], key="s", now=NOW)
    slots = clinic.slots(clinic.doctor(clinic.speciality()), [at("10:00"), at("2026-07-27 10:00")])
    visit = clinic.book(slots[0], patient, call_key=client.key(patient.id))
    with new_work() as work:
        work.clients.send(client.id, "old", "f", NOW)
        work.clients.answer(client.id, "old", Reply(200, {}))
        work.clients.send(client.id, "new", "f", NOW + forgetting.COMMANDS_KEPT)
        work.commit()
    assert len(clinic.rows("deliveries")) == 1

    forget(new_work, NOW + forgetting.COMMANDS_KEPT + SECOND)
    told, remembered = len(clinic.rows("events")), [row.key for row in clinic.rows("client_commands")]
    forget(new_work, NOW + forgetting.EVENTS_KEPT + SECOND)

    assert (told, remembered) == (1, ["new"])
    assert clinic.rows("events") == clinic.rows("deliveries") == []
    assert booking.of_id(new_work(), visit.id) == visit


def test_what_the_regional_system_is_still_to_be_asked_is_never_forgotten(clinic, new_work, patient):
    visit = clinic.book(clinic.slot(clinic.doctor(clinic.speciality()), at("10:00")), patient)
    with new_work() as work:
        work.errands.add(NewErrand(ErrandKind.CANCEL, visit.id, uuid4()), leased_until=None, now=NOW)
        work.commit()

    forget(new_work, NOW + timedelta(days=3650))

    assert [row.status for row in clinic.rows("errands")] == [ErrandStatus.OPEN.value]
