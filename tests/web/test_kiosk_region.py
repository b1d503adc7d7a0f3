"""The kiosk where the regional system keeps the schedule: what a patient sees when it is slow, silent or says no."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.services import errands
from ivr.settings import Schedule
from tests.regional.far_end import MO_OID, FarEnd
from tests.web.conftest import Clients, a_site, add_users
from tests.web.hall import ANNA, Hall, values

NO_TIME = "Свободного времени для записи через инфомат нет"


@pytest.fixture
def hall(tmp_path: Path, demo_hospital: Path, far: FarEnd) -> Iterator[Hall]:
    region = Schedule(provider="fer", url=far.url, mo_oid=MO_OID, patience_seconds=5, fresh_seconds=0, usable_seconds=0)
    with a_site(tmp_path, demo_hospital, schedule=region) as opened:
        hall = Hall(Clients(opened, add_users(opened)))
        for hours in (24, 25):
            far.slot((hall.site.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0))
        yield hall


def test_a_kiosk_books_where_the_region_keeps_the_schedule(hall: Hall, far: FarEnd):
    answer = hall.book()

    assert "Вы записаны" in answer.text
    assert len(far.ours) == 1


def test_x13_what_nobody_knows_yet_is_said_so_and_told_when_it_is_known_and_booked_once(hall: Hall, far: FarEnd):
    fields = hall.choose()
    far.will("CreateAppointment", "drop_after")

    waits = hall.post("book", **fields)
    again = hall.post("book", **fields)
    later = hall.site.now() + timedelta(minutes=2)
    errands.settle(hall.site.new_work(), rules=hall.site.rules, now=later)
    then = hall.post("book", **fields)

    for answer in (waits, again):
        assert answer.status_code == 503 and answer.mimetype == "text/plain"
        assert "ещё не подтверждена" in answer.text
    assert f'Талон № <span class="ticket">{hall.ticket()}' in then.text
    assert len(far.ours) == 1


def test_4_2_of_a_visit_that_the_region_thinks_of_the_next_one_with_that_number_hears_nothing(hall: Hall, far: FarEnd):
    fields = hall.choose()
    far.will("CreateAppointment", "drop_after")
    hall.post("book", **fields)
    hall.post("policy", number=ANNA)

    chosen = hall.post("doctors", speciality="therapist")
    pressed = hall.post("book", **fields | {"command": "0" * 32})

    assert NO_TIME in chosen.text
    assert NO_TIME in pressed.text


def test_x14_where_the_region_cannot_be_reached_the_helpers_are_named(hall: Hall, far: FarEnd):
    hall.post("policy", number=ANNA)
    far.stop()

    answer = hall.post("doctors", speciality="therapist")

    assert answer.status_code == 409
    assert "Запись сейчас недоступна" in answer.text and "Регистратура" in answer.text


def test_what_was_never_sent_to_the_region_is_not_booked(hall: Hall, far: FarEnd):
    fields = hall.choose()
    far.stop()

    answer = hall.post("book", **fields)

    assert answer.status_code == 409
    assert "Запись сейчас недоступна" in answer.text and "Узнайте в регистратуре" not in answer.text


@pytest.mark.parametrize("code", ["SLOT_UNAVAILABLE", "INTERNAL_ERROR"])
def test_s3_3_a_time_that_the_region_does_not_give_leads_to_what_is_free_now(hall: Hall, far: FarEnd, code: str):
    fields = hall.choose()
    far.will("CreateAppointment", *[code] * 3)

    answer = hall.post("book", **fields)

    assert "Выберите время" in answer.text and 'role="alert"' in answer.text
    assert values(answer, "slot")


@pytest.mark.parametrize("code", ["SLOT_UNAVAILABLE", "INTERNAL_ERROR", "PATIENT_NOT_ATTACHED"])
def test_what_the_region_did_not_book_is_told_so_also_after_the_turn_has_ended_and_not_why(  # S3.3, 4.2
    hall: Hall, far: FarEnd, code: str
):
    fields = hall.choose()
    far.will("CreateAppointment", *[code] * 3)
    hall.post("book", **fields)
    hall.client.get("/kiosk")

    late = hall.post("book", **fields)

    assert late.status_code == 409
    assert "Время на запись истекло" in late.text and "Запись не создана. Начните сначала." in late.text
    assert far.ours == []


@pytest.mark.parametrize("code", ["PATIENT_NOT_ATTACHED", "REFERRAL_REQUIRED", "APPOINTMENT_REFUSED"])
@pytest.mark.parametrize("path", ["doctors", "days", "times"])
def test_4_2_to_whom_the_region_shows_nothing_hears_that_there_is_no_time_and_not_why(
    hall: Hall, far: FarEnd, path: str, code: str
):
    fields = hall.choose()
    far.will("GetMOResourceInfo", code)

    answer = hall.post(path, **fields)

    assert answer.status_code == 200 and NO_TIME in answer.text


def test_s3_8_who_is_not_attached_there_hears_that_there_is_no_time(hall: Hall, far: FarEnd):
    fields = hall.choose()
    far.will("CreateAppointment", "PATIENT_NOT_ATTACHED")

    assert NO_TIME in hall.post("book", **fields).text
