"""The audit log finds who did what with whom, on both databases."""

from datetime import timedelta

from ivr.services import audit, look
from ivr.services.audit import Sought
from tests.builders import NOW, Clinic

DAY = Sought(NOW - timedelta(hours=1), NOW + timedelta(hours=1))


def search(clinic: Clinic, **wanted: object) -> list[str]:
    from dataclasses import replace

    found, _ = audit.search(clinic.new_work(), replace(DAY, **wanted), who="user:9", now=NOW)
    return [one.action for one in found]


def test_a_patient_is_found_by_his_number_and_nobody_else_is(clinic: Clinic):
    first, second = clinic.patient(), clinic.patient()
    look.patient(clinic.new_work(), first.id, who="user:1", why="card", now=NOW)
    look.patient(clinic.new_work(), second.id, who="user:2", why="card", now=NOW)
    audit.record(clinic.new_work(), who="user:1", action="log-in", detail={}, now=NOW)

    assert search(clinic, patient_id=first.id) == ["patient shown"]
    assert search(clinic, who="user:2") == ["patient shown"]
    assert search(clinic, action="log-in") == ["log-in"]
    assert search(clinic, booking_id=first.id) == []


def test_each_search_is_noted_and_the_newest_line_comes_first(clinic: Clinic):
    audit.record(clinic.new_work(), who="user:1", action="log-in", detail={}, now=NOW - timedelta(minutes=5))

    search(clinic)

    assert search(clinic) == ["audit searched", "log-in"]
    assert audit.actions(clinic.new_work()) == ["audit searched", "log-in"]


def test_pages_follow_one_another_without_gap_or_repeat(clinic: Clinic):
    for number in range(audit.PAGE + 5):
        audit.record(clinic.new_work(), who="user:1", action="log-in", detail={"n": number}, now=NOW)

    first, more = audit.search(clinic.new_work(), DAY, page=0, who="user:9", now=NOW + timedelta(days=1))
    second, no_more = audit.search(clinic.new_work(), DAY, page=1, who="user:9", now=NOW + timedelta(days=1))

    assert (len(first), more, len(second), no_more) == (audit.PAGE, True, 5, False)
    assert {one.id for one in first}.isdisjoint({one.id for one in second})
