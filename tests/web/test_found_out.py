"""The registry's page for what a person has found out of a visit that the regional system has not confirmed (X14)."""

import uuid

import pytest
from sqlalchemy import update

from ivr.domain.booking import BookingStatus
from ivr.domain.purpose import Purpose
from ivr.services import booking
from ivr.services.booking import BookingCommand
from ivr.services.region import RegionDown
from ivr.storage.tables import slots
from tests.web.conftest import post
from tests.web.test_registry import Desk


@pytest.fixture
def desk(clients):
    return Desk(clients)


@pytest.fixture
def pending(desk):
    """To be asked of a regional system that the settings do not name: no answer comes."""
    slot, site = desk.free()[0], desk.site
    command = BookingCommand("wish", slot, desk.patient, Purpose.ILLNESS, "call")
    with site.new_work() as work:
        work.connection.execute(update(slots).where(slots.c.id == slot).values(far_id=str(uuid.uuid4())))
        work.commit()
    with pytest.raises(RegionDown):
        booking.book(site.new_work(), command, rules=site.rules, now=site.now())
    with site.new_work().reading() as work:
        return work.bookings.of_key("wish").id


def status(desk, visit):
    return booking.of_id(desk.site.new_work(), visit).status


def test_the_card_shows_what_is_not_confirmed_and_where_to_say_what_was_found_out(desk, pending):
    page = desk.client.get(f"/registry/patients/{desk.patient}").text

    assert "региональная система ещё не ответила" in page
    assert f"/registry/bookings/{pending}/found-out" in page
    assert "Что ответила региональная система" in desk.client.get(f"/registry/bookings/{pending}/found-out").text


def test_a_number_makes_it_a_booking(desk, pending):
    post(desk.client, f"/registry/bookings/{pending}/found-out", {"made": "yes", "number": "5f2c-12"})

    assert status(desk, pending) is BookingStatus.BOOKED
    assert booking.of_id(desk.site.new_work(), pending).far_id == "5f2c-12"


def test_what_is_not_there_is_not_booked(desk, pending):
    post(desk.client, f"/registry/bookings/{pending}/found-out", {"made": "no", "number": ""})

    assert status(desk, pending) is BookingStatus.NOT_MADE


@pytest.mark.parametrize("form", [{"made": "yes", "number": " "}, {"made": "", "number": "5"}, {}])
def test_a_booking_without_its_number_is_none(desk, pending, form):
    answer = post(desk.client, f"/registry/bookings/{pending}/found-out", form)

    assert answer.status_code == 422
    assert status(desk, pending) is BookingStatus.PENDING


def test_it_is_said_once(desk, pending):
    post(desk.client, f"/registry/bookings/{pending}/found-out", {"made": "no", "number": ""})

    answer = post(desk.client, f"/registry/bookings/{pending}/found-out", {"made": "yes", "number": "5"})

    assert answer.status_code == 409
    assert status(desk, pending) is BookingStatus.NOT_MADE


def test_a_stranger_is_asked_who_he_is(clients, pending):
    assert clients().get(f"/registry/bookings/{pending}/found-out").status_code == 401
