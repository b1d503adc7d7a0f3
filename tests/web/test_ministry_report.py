"""The report of slots for the ministry on the site (domain 3.6): the table that `ivr export slots` writes."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from ivr.domain.user import Role
from ivr.services.reports import Days
from ivr.storage import tables
from ivr.web.reports.table import MOST_SHOWN
from tests.web.conftest import Clients, Served
from tests.web.test_reports import rows_of, sheets


@pytest.fixture
def days(clients: Clients) -> Days:
    today = clients.opened.site.rules.today(clients.opened.site.now())
    return Days(today, today + timedelta(days=13))


def asked(days: Days) -> str:
    return f"first={days.first}&last={days.last}"


def test_files_have_the_ministrys_names_and_the_page_has_russian_ones(clients: Clients, days):
    client = clients(Role.SUPERVISOR)

    head, *rows = rows_of(client.get(f"/reports/ministry/csv?{asked(days)}"))
    (sheet,) = sheets(client.get(f"/reports/ministry/xlsx?{asked(days)}").data).values()
    page = client.get(f"/reports?report=ministry&{asked(days)}").text

    assert head == sheet[0]
    assert head[:4] == ["mo_oid", "mo_short_name", "sp_oid", "sp_name"]
    assert head[-4:] == ["slots_created", "slots_booked", "slot_length", "visits_absence"]
    assert len(sheet) == len(rows) + 1
    assert ">Вид слотов<" in page and "slots_type" not in page
    facts = clients.opened.site.hospital.federal
    assert facts.oid not in page
    told = [dict(zip(head, row, strict=True)) for row in rows]
    assert {one["mo_oid"] for one in told} == {facts.oid}
    assert {one["sp_oid"] for one in told if one["sp_name"] == "child"} == {facts.units["child"]}
    with clients.opened.site.new_work() as work:
        since, before = days.span(clients.opened.site.rules)
        there = select(tables.slots.c.id).where(tables.slots.c.starts_at.between(since, before))
        assert sum(int(one["slots_created"]) for one in told) == len(work.connection.execute(there).all()) > 0


def test_a_page_shows_the_first_rows_and_says_where_all_are(clients: Clients, days):
    client = clients(Role.SUPERVISOR)
    lines = len(rows_of(client.get(f"/reports/ministry/csv?{asked(days)}"))) - 1

    page = client.get(f"/reports?report=ministry&{asked(days)}").text

    assert lines > MOST_SHOWN
    assert page.count("<tr>") == MOST_SHOWN + 1
    assert f"Показаны первые {MOST_SHOWN} строк из {lines}" in page
    assert 'id="chart"' not in page


def test_slots_that_the_ministry_takes_for_mistakes_are_told_and_so_is_the_look_in_the_audit_log(
    clients: Clients, days
):
    client = clients(Role.SUPERVISOR)
    since, _ = days.span(clients.opened.site.rules)
    with clients.opened.site.new_work() as work:
        first = work.connection.execute(select(tables.slots).where(tables.slots.c.starts_at > since)).first()
        short = {"ends_at": first.starts_at + timedelta(minutes=4)}
        work.connection.execute(update(tables.slots).where(tables.slots.c.id == first.id).values(short))
        work.commit()

    page = client.get(f"/reports?report=ministry&{asked(days)}").text

    assert "Строк со слотами короче 5 минут: 1" in page
    assert "Составлен отчёт о слотах" in client.get("/admin/audit").text


def test_the_days_that_the_ministry_watches_are_one_link(clients: Clients, days):
    client = clients(Role.SUPERVISOR)

    assert f"last={days.last}" in client.get("/reports?report=ministry").text
    assert f"last={days.last}" not in client.get("/reports?report=load").text


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_the_long_table_is_accessible(served: Served, accessible):
    page = served.page(Role.SUPERVISOR, "/reports?report=ministry")
    page.get_by_role("link", name="14 дней вперёд").press("Enter")
    page.get_by_text("Показаны первые").wait_for()

    accessible(page)
