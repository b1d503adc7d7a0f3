"""Reports in the page and as files: the figures, the words, and who may see them."""

import csv
import io
import re
import zipfile
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest
from sqlalchemy import insert

from ivr.domain.journal import StepRow
from ivr.domain.user import Role
from ivr.services import calls
from ivr.services.reports import Days
from ivr.storage import tables
from ivr.web.reports import files
from ivr.web.reports.table import Chart, Column, Kind, Table, duration, shown
from ivr.web.reports.tables import REPORTS
from tests.web.conftest import Clients, Served

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def fill(opened, users):
    """A morning of calls: three answered, one lost, one solved by the assistant."""
    here = opened.site
    now = here.now()
    operator = users[Role.OPERATOR].id
    with here.new_work() as work:
        rows = []
        for number, waited in enumerate((5, 15, 45)):
            begun = now - timedelta(minutes=10 - number)
            ring = {"call_key": f"q{number}", "user_id": operator, "outcome": "ANSWERED", "rang_at": begun}
            ends = {"ended_at": begun + timedelta(seconds=90), "wrapped_at": begun + timedelta(seconds=110)}
            rows.append(ring | ends | {"waited_s": waited, "answered_at": begun})
        gone = {"call_key": "q9", "user_id": None, "outcome": "ABANDONED", "rang_at": now, "waited_s": 60}
        rows.append(gone | {"answered_at": None, "ended_at": now, "wrapped_at": now})
        work.connection.execute(insert(tables.operator_calls), rows)
        work.commit()
    ring_patients_up(here, now)
    for key, outcome, detail in (("a", "goodbye", None), ("b", "operator", "asked"), ("c", "hangup", None)):
        calls.begin(here.new_work(), call_key=key, caller=None, line="main", now=now)
        calls.keep(
            here.new_work(),
            key,
            [StepRow("main", 1, "answered", 1, "v", now), StepRow("oms", 1, "silence", 1, "v", now)],
        )
        calls.finish(here.new_work(), key, outcome=outcome, detail=detail, now=now)


def ring_patients_up(here, now):
    """Two reminders: one confirmed at the second attempt, one never answered."""
    with here.new_work() as work:
        for number, attempts in enumerate((["BUSY", "DONE"], ["NO_ANSWER"])):
            task = {"key": f"t{number}", "kind": "FEEDBACK", "owner": "CALL_CENTRE", "status": "OPEN", "due_at": now}
            added = work.connection.execute(insert(tables.tasks).values(**task, created_at=now, payload={}))
            for count, outcome in enumerate(attempts, start=1):
                row = {"key": f"{number}-{count}", "task_id": added.inserted_primary_key[0], "number": count}
                row |= {"phone": "+70000000101", "node": "n", "begun_at": now, "leased_until": now, "ended_at": now}
                result = "CONFIRMED" if outcome == "DONE" else None
                work.connection.execute(insert(tables.dial_attempts).values(**row, outcome=outcome, result=result))
        work.commit()


@pytest.fixture
def filled(clients: Clients):
    fill(clients.opened, clients.users)
    return clients(Role.SUPERVISOR)


def rows_of(answer):
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def sheets(content):
    """Title to rows of texts and numbers, read without the library that wrote them."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:

        def parsed(name):
            return fromstring(book.read(f"xl/{name}.xml"))  # noqa: S314 - our own file

        texts = ["".join(part.text or "" for part in one.iter(f"{SHEET}t")) for one in parsed("sharedStrings")]
        titles = [one.get("name") for one in parsed("workbook").iter(f"{SHEET}sheet")]
        return {
            title: [
                [_value(cell, texts) for cell in row.iter(f"{SHEET}c")]
                for row in parsed(f"worksheets/sheet{number}").iter(f"{SHEET}row")
            ]
            for number, title in enumerate(titles, start=1)
        }


def _value(cell, texts):
    assert cell.find(f"{SHEET}f") is None, "a formula"
    value = cell.find(f"{SHEET}v").text
    return texts[int(value)] if cell.get("t") == "s" else float(value)


@pytest.mark.parametrize("key", REPORTS)
def test_every_report_has_a_page_a_csv_and_a_workbook_filled_or_empty(clients: Clients, key):
    client = clients(Role.SUPERVISOR)
    for _ in range(2):
        page = client.get(f"/reports?report={key}")
        assert page.status_code == 200
        assert client.get(f"/reports/{key}/csv").data.startswith(b"\xef\xbb\xbf")
        assert client.get(f"/reports/{key}/xlsx").data.startswith(b"PK")
        fill(clients.opened, clients.users) if _ == 0 else None


def test_the_service_level_is_two_of_four_within_20_seconds(filled):
    page = filled.get("/reports?report=service").text

    assert "50,0 %" in page
    assert "25,0 %" in page


def test_a_csv_opens_in_a_russian_spreadsheet(filled):
    head, *days, total = rows_of(filled.get("/reports/service/csv"))

    assert (head[0], head[5], head[7]) == ("День", "Уровень сервиса, %", "Среднее ожидание, с")
    assert len(days) == 7
    assert total == ["Всего", "4", "3", "2", "1", "50,0", "25,0", "21,7"]


def test_a_workbook_holds_numbers_percents_and_durations_as_numbers(filled):
    (rows,) = sheets(filled.get("/reports/service/xlsx").data).values()

    total = rows[-1]
    assert total[:6] == ["Всего", 4, 3, 2, 1, 0.5]
    assert total[7] == pytest.approx(65 / 3 / 86400)


def test_all_reports_fit_in_one_workbook(filled):
    found = sheets(filled.get("/reports/all/xlsx").data)

    assert len(found) == len(REPORTS)
    assert [row[0] for row in found["Операторы"][1:]] == ["Operator Тестовый"]


def test_the_funnel_names_questions_in_russian_and_says_where_callers_left(filled):
    rows = {row[0]: row for row in rows_of(filled.get("/reports/funnel/csv"))}

    assert rows["Номер полиса"][1:8] == ["3", "3", "3", "1", "1", "1", "66,7"]
    assert "молчал 2" in rows["Номер полиса"][8]


def test_shares_without_a_person_and_reasons_are_told_in_words(filled):
    assert rows_of(filled.get("/reports/alone/csv"))[-1][1:4] == ["3", "1", "1"]
    assert rows_of(filled.get("/reports/reasons/csv"))[1][:2] == ["Сам попросил оператора", "1"]


def test_the_hospitals_own_calls_are_told_by_what_they_were_for_and_by_attempt(filled):
    assert rows_of(filled.get("/reports/outreach/csv"))[1][:5] == ["Подтвердить приём", "3", "1", "33,3", "1"]
    assert rows_of(filled.get("/reports/outreach_tries/csv"))[1:] == [
        ["1", "2", "0", "0,0"],
        ["2", "1", "1", "100,0"],
        ["Всего", "3", "1", "33,3"],
    ]
    assert "За эти дни ничего не было." in filled.get("/reports?report=freed").text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("first=2026-11-20&last=2026-11-01", "Последний день раньше первого."),
        ("first=2020-01-01&last=2026-11-01", "Не больше года за раз."),
        ("first=never&last=2026-11-01", "Неверное значение даты."),
        ("first=&last=2026-11-01", "Укажите день."),
    ],
)
def test_a_range_that_cannot_be_is_told_at_the_field(clients: Clients, query, message):
    client = clients(Role.SUPERVISOR)

    page = client.get(f"/reports?report=load&{query}")

    assert page.status_code == 422
    assert re.search(message, page.text)
    assert client.get(f"/reports/load/csv?{query}").status_code == 400


def test_an_unknown_report_is_no_page(clients: Clients):
    client = clients(Role.SUPERVISOR)

    assert [client.get(path).status_code for path in ("/reports?report=x", "/reports/x/csv", "/reports/x/xlsx")] == [
        404
    ] * 3


def test_reports_are_for_supervisors(clients: Clients):
    assert clients(Role.OPERATOR).get("/reports").status_code == 403
    assert clients(Role.OPERATOR).get("/reports/all/xlsx").status_code == 403


def test_a_text_that_a_spreadsheet_would_compute_is_made_harmless():
    table = Table("t", "Таблица", (Column("Кто", Kind.TEXT), Column("Сколько")), [["=1+1", -3]], Chart())

    assert files.to_csv(table).decode("utf-8-sig").splitlines()[1] == "'=1+1;-3"
    assert sheets(files.to_xlsx([table]))["Таблица"][1] == ["=1+1", -3]


@pytest.mark.parametrize(("seconds", "told"), [(7, "0:07"), (750, "12:30"), (11100, "3:05:00")])
def test_durations_are_told_as_a_clock(seconds, told):
    assert duration(seconds) == shown(float(seconds), Kind.SECONDS) == told


def test_days_are_iterated_inclusively(clients: Clients):
    today = clients.opened.site.rules.today(clients.opened.site.now())

    assert list(Days(today, today)) == [today]


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_charts_are_drawn_under_the_strict_policy_and_follow_the_dark(served: Served, accessible):
    fill(served.opened, served.users)
    page = served.page(Role.SUPERVISOR, "/reports")

    for key in ("service", "funnel", "operators", "outreach", "outreach_hours"):
        page.goto(f"/reports?report={key}")
        page.locator("#chart svg text").first.wait_for()
        accessible(page)

    page.goto("/reports?report=funnel")
    page.emulate_media(color_scheme="dark")
    page.locator("#chart svg text", has_text="Номер полиса").wait_for()
    page.locator("#chart").hover(position={"x": 500, "y": 80})
    page.locator("#chart svg text", has_text="Дошло звонков:").wait_for()


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_a_range_is_chosen_and_downloaded_by_keyboard(served: Served):
    fill(served.opened, served.users)
    page = served.page(Role.SUPERVISOR, "/reports?report=load")

    page.get_by_role("link", name="Сегодня").press("Enter")
    page.wait_for_url("**first=*")
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX", exact=True).press("Enter")

    assert re.fullmatch(r"load-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.xlsx", download.value.suggested_filename)
