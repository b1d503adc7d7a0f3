"""Who came, said at the desk: the list of a doctor's day and the patient's card."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from ivr.domain.user import Role
from ivr.storage.tables import bookings, slots, tasks
from tests.web.conftest import Clients, Served, post
from tests.web.test_registry import ANNA, Desk
from tests.web.test_registry_browser import book_held, choose, free, id_of, logged, visit

HTML = {"Accept": "text/html"}


@pytest.fixture
def desk(clients: Clients) -> Desk:
    return Desk(clients)


def booked(desk: Desk) -> int:
    made: int = desk.book(desk.free()[0]).json["booking"]
    return made


def shift(site: Any, booking_id: int, now: datetime) -> None:
    """The visit is one of that time."""
    with site.new_work() as work:
        slot = work.bookings.get(booking_id).slot
        values = {"starts_at": now, "ends_at": now + timedelta(minutes=15)}
        work.connection.execute(update(slots).where(slots.c.id == slot.id).values(values))
        work.commit()


def mark(desk: Desk, booking_id: int, said: str, back: str = "card") -> Any:
    return post(desk.client, f"/registry/bookings/{booking_id}/attendance", {"mark": said, "back": back})


def status(desk: Desk, booking_id: int) -> str:
    with desk.site.new_work().reading() as work:
        chosen = select(bookings.c.status).where(bookings.c.id == booking_id)
        return str(work.connection.execute(chosen).scalar_one())


def test_a_visit_of_another_day_is_not_marked_yet_and_nothing_else_is_a_mark(desk):
    made = booked(desk)
    shift(desk.site, made, desk.site.now() + timedelta(days=2))

    early = mark(desk, made, "VISITED")

    assert early.status_code == 409
    assert "Отметить можно только приём сегодняшнего или прошедшего дня" in early.text
    assert mark(desk, made, "CANCELLED_BY_CLINIC").status_code == 422
    assert mark(desk, 999_999, "VISITED").status_code == 404
    assert status(desk, made) == "BOOKED"
    assert "Пришёл" not in desk.client.get(f"/registry/patients/{desk.patient}", headers=HTML).text


def test_a_mark_leads_back_to_where_it_was_made(desk):
    made = booked(desk)
    shift(desk.site, made, desk.site.now() - timedelta(hours=1))

    assert mark(desk, made, "NO_SHOW").location == f"/registry/patients/{desk.patient}"
    assert status(desk, made) == "NO_SHOW"
    there = mark(desk, made, "UNDO", "day").location
    assert there.startswith("/registry/day?doctor=")
    assert "время прошло" in desk.client.get(there, headers=HTML).text


def test_operators_on_the_telephone_mark_nobody(clients):
    desk = Desk(clients, Role.OPERATOR)
    made = booked(desk)
    shift(desk.site, made, desk.site.now() - timedelta(hours=1))

    assert mark(desk, made, "VISITED").status_code == 403
    assert desk.client.get("/registry/day").status_code == 403
    assert "Приём за день" not in desk.client.get("/registry/", headers=HTML).text
    assert "Пришёл" not in desk.client.get(f"/registry/patients/{desk.patient}", headers=HTML).text


def test_a_day_that_is_none_shows_the_list_of_today(desk):
    assert desk.client.get("/registry/day?doctor=1&day=nonsense").status_code == 200
    assert desk.client.get("/registry/day?doctor=999999").status_code == 404
    assert desk.client.get("/registry/day?doctor=x&day=2026-11-23").status_code == 200


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_the_registry_marks_who_came_and_takes_a_mistake_back(served: Served, accessible):
    site = served.opened.site
    page = visit(served, ANNA.digits)
    choose(page)
    page.locator(f"#times button[data-slot='{free(page)[0]}']").click()
    book_held(page)
    with site.new_work().reading() as work:
        (made,) = [one for one in work.bookings.active(id_of(served, ANNA.digits)) if one.slot.speciality == "surgeon"]
    shift(site, made.id, site.now() - timedelta(minutes=5))
    page.goto("/registry/")
    page.keyboard.press("Alt+g")
    page.get_by_label("Врач").select_option(str(made.slot.doctor_id))
    page.get_by_label("День").fill(f"{site.rules.today(site.now() - timedelta(minutes=5)):%Y-%m-%d}")
    page.get_by_role("button", name="Показать").click()

    row = page.get_by_role("row", name="Тестова Анна Ивановна")
    accessible(page)
    row.get_by_role("button", name="Не пришёл").click()
    expect(row).to_contain_text("не пришёл")
    row.get_by_role("button", name="Снять отметку").click()
    expect(row).to_contain_text("действует")
    row.get_by_role("button", name="Пришёл", exact=False).first.click()
    expect(row).to_contain_text("приём состоялся")
    page.get_by_role("link", name="Тестова Анна Ивановна").click()
    expect(page.get_by_role("row", name="приём состоялся")).to_be_visible()
    accessible(page)

    assert [one["ended"] for one in logged(served, "visit.marked")] == ["NO_SHOW", "BOOKED", "VISITED"]
    with site.new_work().reading() as work:
        asked = list(work.connection.execute(select(tasks.c.status).where(tasks.c.kind == "NO_SHOW")).scalars())
    assert asked == ["DROPPED"]
