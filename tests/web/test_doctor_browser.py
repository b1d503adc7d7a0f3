"""The doctor's whole story in a browser, by keyboard: S4.1, S4.2, S4.3 and D-10."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from ivr.domain.slot import SlotKind
from ivr.domain.user import Role
from ivr.services import search
from ivr.storage import tables
from tests.web.conftest import Clients, Served
from tests.web.test_doctor import Room

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]


def choose(page: Page, purpose: str, speciality: str | None = None) -> None:
    page.get_by_label("Зачем").select_option(purpose)
    if speciality:
        page.get_by_label("К какому специалисту").select_option(speciality)
    page.keyboard.press("F7")
    page.locator("#arrange").wait_for()


def take_first_time(page: Page, reason: str) -> int:
    first = page.locator("input[name=slot]").first
    first.focus()
    page.keyboard.press("Space")
    page.get_by_label("Причина").fill(reason)
    return int(first.get_attribute("value") or 0)


def test_s4_2_a_doctor_sends_his_patient_on_after_the_visit(served: Served, accessible):
    room = Room(Clients(served.opened, served.users))
    page = served.page(Role.DOCTOR, "/")
    expect(page).to_have_url(f"{served.address}/doctor")
    accessible(page)

    # Who came; another one did not.
    row = page.get_by_role("row", name="Макетов Захар")
    row.get_by_role("button", name="Не пришёл").click()
    expect(row).to_contain_text("не пришёл")
    page.get_by_role("link", name="Пробная Дарья Олеговна").press("Enter")
    expect(page.get_by_role("heading", name="Пробная Дарья Олеговна")).to_be_visible()

    # A repeat visit of his own; times of others are folded away, and what was chosen there is seen again.
    choose(page, "REPEAT")
    expect(page.locator("details.vacant[open] summary")).to_contain_text("(вы)")
    page.locator("details.vacant summary").nth(2).press("Enter")
    page.locator("details.vacant").nth(2).locator("input").first.check()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#reason-error")).to_be_visible()
    expect(page.locator("details.vacant").nth(2).locator("input").first).to_be_checked()
    expect(page.locator("details.vacant[open]")).to_have_count(2)
    choose(page, "REPEAT")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#slot-error")).to_have_text("Выберите время.")
    accessible(page)
    repeat = take_first_time(page, "контроль лечения")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Пациент записан.")).to_be_visible()
    expect(page.get_by_role("row", name="контроль лечения")).to_contain_text("талон №")

    # To a specialist, by referral with the number of the form.
    choose(page, "REFERRAL", "cardiologist")
    take_first_time(page, "консультация")
    page.get_by_label("Номер направления").fill("4815162342")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("row", name="4815162342")).to_contain_text("кардиолог")

    # Nobody else gets such a time: not even who looks for it by telephone.
    with room.site.new_work().reading() as work:
        assert work.slots.get(repeat).kind is SlotKind.REPEAT
        owners = dict(
            work.connection.execute(
                select(tables.tasks.c.kind, tables.tasks.c.owner)
                .join(tables.bookings, tables.bookings.c.id == tables.tasks.c.booking_id)
                .where(tables.bookings.c.slot_id == repeat)
            ).all()
        )
    assert owners == {"FEEDBACK": "CALL_CENTRE", "REFERRAL_NOTICE": "CALL_CENTRE"}

    # Undone; then the time is opened, and the telephone finds it.
    page.get_by_role("row", name="контроль лечения").get_by_role("link", name="Отменить").click()
    accessible(page)
    page.get_by_label("Причина").fill("пациент решит сам")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="контроль лечения")).to_contain_text("отменено")
    choose(page, "REPEAT")
    opened = take_first_time(page, "придёт сам")
    page.get_by_role("button", name="Открыть время").click()
    expect(page.get_by_role("row", name="придёт сам")).to_contain_text("Открыто время")
    site = room.site
    assert search.opened_for(site.new_work(), room.darya, rules=site.rules, now=site.now()).id == opened

    # Nothing vacant: the waiting list, before others.
    with site.new_work() as work:
        neurologists = tables.slots.c.speciality == "neurologist"
        work.connection.execute(update(tables.slots).where(neurologists).values(state="CLOSED"))
        work.commit()
    choose(page, "REFERRAL", "neurologist")
    expect(page.locator("#none")).to_contain_text("вне очереди")
    page.get_by_label("Причина").fill("головная боль")
    page.get_by_label("Когда удобно").select_option("MORNING")
    page.get_by_role("button", name="В лист ожидания").click()
    expect(page.get_by_role("row", name="головная боль")).to_contain_text("В листе ожидания")
    accessible(page)
    (entry,) = room.rows("waiting_entries", patient_id=room.darya)
    assert (entry.reason, entry.priority) == ("REFERRAL", True)
