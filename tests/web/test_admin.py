"""Administration: doctors, their hours, their absences."""

import re
from datetime import timedelta

import pytest

from ivr.domain.identifiers import Snils
from ivr.domain.run_time import HOURS
from ivr.domain.tasks import TaskKind, TaskStatus
from ivr.domain.user import Role
from ivr.services import choice
from ivr.services.doctors import everybody
from ivr.services.timetable import of_doctor
from tests.web.conftest import Clients, Served, post

HTML = {"Accept": "text/html"}


def a_doctor(clients: Clients) -> int:
    return next(one.id for one in everybody(clients.opened.site.new_work()) if one.speciality == "therapist")


def test_a_new_doctor_gets_hours_and_then_slots(clients: Clients):
    client = clients(Role.ADMINISTRATOR)
    new = {
        "surname": "Новикова",
        "given_name": "Нина",
        "patronymic": "",
        "sex": "F",
        "speciality": "therapist",
        "room": "7",
        "site": "adult",
        "active": "y",
    }

    answer = post(client, "/admin/doctors/new", new)
    doctor_id = int(answer.location.rpartition("=")[2])
    hours = {"weekdays": ["0", "1", "2", "3", "4", "5", "6"], "opens": "08:00", "closes": "12:00", "parity": "any"}
    post(client, f"/admin/schedule/{doctor_id}", hours)

    page = client.get(f"/admin/schedule?doctor={doctor_id}", headers=HTML).text
    assert int(re.search(r"добавлено окон: (\d+)", page)[1]) > 20
    assert "08:00-12:00" in page


def test_a_doctors_snils_is_checked_and_kept_in_plain_digits(clients: Clients):
    client, doctor_id = clients(Role.ADMINISTRATOR), a_doctor(clients)
    known = choice.doctor(clients.opened.site.new_work(), doctor_id)
    form = {name: getattr(known, name) for name in ("surname", "given_name", "sex", "speciality", "room", "site")}

    wrong = post(client, f"/admin/doctors/{doctor_id}", form | {"active": "y", "snils": "900-010-001 88"})
    right = post(client, f"/admin/doctors/{doctor_id}", form | {"active": "y", "snils": "900-010-001 87"})

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert "не совпадает контрольное число" in wrong.text
    assert choice.doctor(clients.opened.site.new_work(), doctor_id).snils == Snils("90001000187")


def test_hours_that_clash_or_end_before_they_begin_are_refused_at_the_field(clients: Clients):
    client, doctor_id = clients(Role.ADMINISTRATOR), a_doctor(clients)
    before = of_doctor(clients.opened.site.new_work(), doctor_id)
    all_week = {"weekdays": ["0", "1", "2", "3", "4"], "parity": "any"}

    clash = post(client, f"/admin/schedule/{doctor_id}", all_week | {"opens": "00:10", "closes": "23:50"})
    backwards = post(client, f"/admin/schedule/{doctor_id}", all_week | {"opens": "12:00", "closes": "09:00"})

    assert clash.status_code == backwards.status_code == 422
    assert "уже принимает" in clash.text
    assert "позже начала" in backwards.text
    assert of_doctor(clients.opened.site.new_work(), doctor_id) == before


def test_hours_taken_away_close_what_is_free_and_ring_up_who_is_booked(clients: Clients):
    client, doctor_id = clients(Role.ADMINISTRATOR), a_doctor(clients)
    for rule_id, _ in of_doctor(clients.opened.site.new_work(), doctor_id):
        answer = post(client, f"/admin/schedule/{doctor_id}/{rule_id}/remove", {})
        assert answer.status_code == 302

    here = clients.opened.site
    with here.new_work().reading() as work:
        left = work.slots.of_doctors([doctor_id], here.now(), here.now() + timedelta(days=30))
        booked = work.bookings.of_doctor(doctor_id, here.now(), here.now() + timedelta(days=30))
    assert {slot.id for slot in left} <= {visit.slot.id for visit in booked} | {s.id for s in left if s.for_patient_id}


def test_an_absence_shows_whom_it_concerns_before_it_changes_anything(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    with here.new_work().reading() as work:
        visits = [
            visit
            for doctor in work.staff.doctors()
            for visit in work.bookings.of_doctor(doctor.id, here.now(), here.now() + timedelta(days=20))
        ]
    visit = visits[0]
    day = visit.slot.starts_at.astimezone(here.rules.zone).date()
    form = {"doctor": visit.slot.doctor_id, "first": str(day), "last": str(day), "reason": "болен"}

    asked = post(client, "/admin/absences", form)
    assert asked.status_code == 422
    assert "Будет затронуто записей" in asked.text
    assert visit.ticket in asked.text
    done = post(client, "/admin/absences", form | {"sure": "y"})

    assert done.status_code == 302
    page = client.get("/admin/absences", headers=HTML).text
    assert "болен" in page
    undo = re.search(r'action="(/admin/absences/\d+/remove)"', page)[1]
    assert post(client, undo, {}).status_code == 302
    assert "болен" not in client.get("/admin/absences", headers=HTML).text


def test_a_day_off_that_was_a_mistake_calls_nobody_and_entered_again_calls_each_once(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    with here.new_work().reading() as work:
        ahead = here.now() + timedelta(days=2)
        visits = [
            visit
            for doctor in work.staff.doctors()
            for visit in work.bookings.of_doctor(doctor.id, ahead, ahead + timedelta(days=20))
        ]
    visit = min(visits, key=lambda one: one.slot.starts_at)
    day = visit.slot.starts_at.astimezone(here.rules.zone).date()

    def calls() -> int:
        with here.new_work().reading() as work:
            about = work.tasks.like(TaskKind.CLINIC_CANCELLED, "")
        return sum(one.status is TaskStatus.OPEN and one.wanted.booking_id == visit.id for one in about)

    post(client, "/admin/calendar", {"day": str(day), "kind": "off"})
    assert calls() == 1
    post(client, f"/admin/calendar/{day}/remove")
    assert calls() == 0
    post(client, "/admin/calendar", {"day": str(day), "kind": "off"})
    form = {"doctor": visit.slot.doctor_id, "first": str(day), "last": str(day), "reason": "болен", "sure": "y"}
    assert post(client, "/admin/absences", form).status_code == 302
    assert calls() == 1


@pytest.mark.parametrize(
    ("first", "last"), [("0001-01-01", "0001-01-02"), ("2026-01-01", "9999-12-31"), ("9999-12-31", "9999-12-31")]
)
def test_days_that_no_calendar_reaches_are_refused_at_the_field(clients: Clients, first: str, last: str):
    form = {"doctor": "1", "first": first, "last": last, "reason": "болен", "sure": "y"}

    answer = post(clients(Role.ADMINISTRATOR), "/admin/absences", form)

    assert answer.status_code == 422
    assert "Эти дни уже прошли или слишком далеко." in answer.text
    assert "болен" in answer.text


def test_days_that_are_closed_already_are_refused_at_the_field(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    day = str(here.rules.today(here.now()) + timedelta(days=100))
    form = {"doctor": "1", "first": day, "last": day, "reason": "болен", "sure": "y"}
    assert post(client, "/admin/absences", form).status_code == 302

    again = post(client, "/admin/absences", form)

    assert again.status_code == 422
    assert "уже внесено" in again.text


def settings_form(client, **changes: str) -> dict[str, str]:
    page = client.get("/admin/settings", headers=HTML).text
    shown = dict(re.findall(r'name="([a-z_]+)" inputmode="numeric" required value="([^"]*)"', page))
    return shown | {"centralised": "yes"} | changes


def test_a_rule_changed_at_run_time_holds_at_once_and_says_so_in_the_audit_log(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site

    answer = post(client, "/admin/settings", settings_form(client, horizon_days="21", centralised="no"))

    assert answer.status_code == 302
    assert here.rules.horizon_days == 21
    assert not here.rules.centralised
    with here.new_work().reading() as work:
        assert work.run_settings.all() == {"horizon_days": 21, "centralised": False}


@pytest.mark.parametrize("bad", ["0", "91", "-1", "", "много", "1e3", "٣"])
def test_a_number_outside_its_limits_changes_nothing_and_stays_to_be_mended(clients: Clients, bad: str):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site

    answer = post(client, "/admin/settings", settings_form(client, horizon_days=bad, max_active="2"))

    assert answer.status_code == 422
    assert "От 1 до 90." in answer.text
    assert here.rules.horizon_days == 14
    assert here.rules.max_active == 4


def test_a_new_holiday_closes_its_slots_and_rings_up_who_is_booked_and_can_be_undone(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    with here.new_work().reading() as work:
        doctors = [doctor.id for doctor in work.staff.doctors()]
        today = here.rules.today(here.now())
        worked = [
            today + timedelta(days=n) for n in range(2, 9) if here.rules.calendar.is_working(today + timedelta(n))
        ]
        free = work.slots.of_doctors(doctors, *here.rules.span(worked[0]))
    assert len(free) > 50

    post(client, "/admin/calendar", {"day": str(worked[0]), "kind": "off"})

    assert not here.rules.calendar.is_working(worked[0])
    with here.new_work().reading() as work:
        left = work.slots.of_doctors(doctors, *here.rules.span(worked[0]))
    assert len(left) < len(free) / 2
    assert post(client, f"/admin/calendar/{worked[0]}/remove", {}).status_code == 302
    with here.new_work().reading() as work:
        assert len(work.slots.of_doctors(doctors, *here.rules.span(worked[0]))) >= len(free)


def test_hours_are_told_as_they_were_changed(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    hours = {key: str(getattr(here.hospital, key)) for key in HOURS}

    wrong = post(client, "/admin/hours", hours | {"operator_hours": "с утра"})
    right = post(client, "/admin/hours", hours | {"operator_hours": "7:30-20:00"})

    assert wrong.status_code == 422
    assert 'value="с утра"' in wrong.text
    assert right.status_code == 302
    assert str(here.hospital.operator_hours) == "07:30-20:00"


def test_the_telephone_takes_up_what_was_changed(clients: Clients):
    from ivr.run_time import Current

    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    telephone = Current(here.rules, here.hospital, here.new_work)
    assert telephone.rules.horizon_days == 14

    post(client, "/admin/settings", settings_form(client, horizon_days="7"))
    telephone.look()

    assert telephone.rules.horizon_days == 7


def test_a_phrase_is_heard_and_a_stress_put_right_changes_how_it_sounds(clients: Clients):
    client = clients(Role.ADMINISTRATOR)
    assert "Введите шестнадцать цифр полиса" in client.get("/admin/phrases", headers=HTML).text
    before = client.get("/admin/phrases/oms.ask.wav")
    assert before.data.startswith(b"RIFF")

    refused = post(client, "/admin/phrases", {"word": "шестнадцать", "reading": "шестнадцать"})
    post(client, "/admin/phrases", {"word": "шестнадцать", "reading": "ш+естнадцать"})

    assert refused.status_code == 422
    assert "одним знаком +" in refused.text
    assert client.get("/admin/phrases/oms.ask.wav").data != before.data
    post(client, "/admin/phrases/шестнадцать/remove")
    assert client.get("/admin/phrases/oms.ask.wav").data == before.data


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_the_chapters_are_accessible(served: Served, accessible):
    page = served.page(Role.ADMINISTRATOR, "/admin/doctors")
    accessible(page)
    page.get_by_role("link", name="Часы приёма").first.click()
    page.get_by_role("heading", name="Добавить часы").wait_for()
    accessible(page)
    page.goto("/admin/absences")
    accessible(page)
    for path in ("/admin/doctors/new", "/admin/calendar", "/admin/settings", "/admin/phrases"):
        page.goto(path)
        accessible(page)
