"""The doctor's pages without a browser: whose patients, which forms, which messages (S4.1 to S4.3, D-10)."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from ivr.domain.identifiers import OmsNumber
from ivr.domain.slot import SlotKind
from ivr.domain.user import Role
from ivr.services import users
from ivr.services.people import by_number
from ivr.storage import tables
from tests.web.conftest import Clients, csrf, post
from tests.web.test_attendance import shift
from tests.web.test_registry import Desk

HTML = {"Accept": "text/html"}
DARYA, ZAKHAR = OmsNumber("6287699754009058"), OmsNumber("6290899754009083")
"""Whom the demo's doctor has seen today."""


class Room:
    """The demo's doctor at his page."""

    def __init__(self, clients: Clients) -> None:
        self.clients, self.site = clients, clients.opened.site
        self.doctor = self.link(Role.DOCTOR, "Здоровых")
        self.client = clients(Role.DOCTOR)
        self.darya, self.zakhar = (self.patient_of(number) for number in (DARYA, ZAKHAR))
        self.visit = self.visit_of(self.darya)
        self.came_just_now()

    def came_just_now(self) -> None:
        """Both visits are of today, whatever the hour of the test."""
        for seconds, patient in enumerate((self.darya, self.zakhar), start=1):
            shift(self.site, self.visit_of(patient), self.site.now() - timedelta(seconds=seconds))

    def link(self, role: Role, surname: str) -> int:
        """The administrator says who of the staff the user is."""
        with self.site.new_work().reading() as work:
            doctor = next(one for one in work.staff.doctors() if one.surname == surname)
            known = next(one for one in work.users.all() if one.role is role)
        form = {"name": known.name, "role": role.value, "active": "y", "doctor_id": str(doctor.id)}
        assert post(self.clients(Role.ADMINISTRATOR), f"/admin/users/{known.id}", form).status_code == 302
        return doctor.id

    def patient_of(self, number: OmsNumber) -> int:
        return by_number(self.site.new_work(), number, who="test", now=self.site.now()).patients[0].id

    def visit_of(self, patient: int) -> int:
        with self.site.new_work().reading() as work:
            return work.bookings.of_patient(patient, 1)[-1].id

    def page(self, purpose: str = "", speciality: str = "", visit: int | None = None) -> str:
        query = {"purpose": purpose, "speciality": speciality}
        answer = self.client.get(f"/doctor/visits/{visit or self.visit}", query_string=query, headers=HTML)
        assert answer.status_code == 200
        return answer.text

    def times(self, *asked: str) -> list[int]:
        return [int(slot) for slot in re.findall(r'name="slot" value="(\d+)"', self.page(*asked))]

    def send(self, do: str, **changes: Any) -> Any:
        form = {
            "do": do,
            "purpose": "REPEAT",
            "speciality": "therapist",
            "command": uuid.uuid4().hex,
            "reason": "контроль лечения",
            "part": "ANY",
        }
        visit = changes.pop("visit", self.visit)
        return post(self.client, f"/doctor/visits/{visit}", form | changes)

    def rows(self, table: str, **where: Any) -> list[Any]:
        chosen = tables.metadata.tables[table]
        conditions = [chosen.c[name] == value for name, value in where.items()]
        with self.site.new_work().reading() as work:
            return list(work.connection.execute(select(chosen).where(*conditions).order_by(chosen.c.id)))

    def occupy(self, kind: SlotKind) -> None:
        """Nothing of that kind is left."""
        with self.site.new_work() as work:
            own = tables.slots.c
            work.connection.execute(update(tables.slots).where(own.kind == kind.value).values(state="CLOSED"))
            work.commit()


@pytest.fixture
def room(clients: Clients) -> Room:
    return Room(clients)


def error(page: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">([^<]+)<', page)
    assert found, page
    return found[1]


def test_s4_1_a_doctor_begins_with_his_own_patients_of_today(room):
    assert room.client.get("/", headers=HTML).location == "/doctor"

    page = room.client.get("/doctor", headers=HTML).text

    assert "Пробная Дарья Олеговна" in page
    assert "Макетов Захар" in page
    assert page.count("/attendance") == 2
    assert len(room.rows("audit", action="day shown")) == 1


def test_s4_2_the_patients_of_another_doctor_are_not_shown_and_not_sent_on(room):
    desk = Desk(room.clients)
    theirs = desk.book(desk.free()[0]).json["booking"]

    assert room.client.get(f"/doctor/visits/{theirs}", headers=HTML).status_code == 404
    assert room.send("BOOK", visit=theirs, slot="1").status_code == 404
    assert post(room.client, f"/doctor/visits/{theirs}/attendance", {"mark": "VISITED"}).status_code == 404
    assert "Тестова Анна" not in room.client.get("/doctor", headers=HTML).text
    shown = [row for row in room.rows("audit", action="patient shown") if row.detail.get("booking") == theirs]
    assert shown == []


def test_a_doctor_whom_nobody_has_linked_sees_nobody_and_is_told_why(clients):
    client = clients(Role.DOCTOR)

    assert "ещё не указал, какой вы врач" in client.get("/doctor", headers=HTML).text
    answer = client.get("/doctor/visits/1", headers=HTML)
    assert answer.status_code == 409
    assert "ещё не указал, какой вы врач" in answer.text


def test_the_desk_has_no_right_to_the_doctors_slots_nor_a_doctor_to_the_desk(room):
    for role in (Role.OPERATOR, Role.REGISTRAR, Role.SUPERVISOR, Role.ADMINISTRATOR):
        client = room.clients(role)
        assert client.get("/doctor").status_code == 403
        assert (
            client.post(f"/doctor/visits/{room.visit}", headers={"X-CSRFToken": csrf(client, "/")}).status_code == 403
        )
    assert room.client.get(f"/registry/patients/{room.darya}").status_code == 403


def test_whoever_is_linked_to_another_doctor_or_loses_the_role_is_logged_out(room):
    room.link(Role.DOCTOR, "Градусова")

    assert room.client.get("/doctor", headers=HTML).location.startswith("/login")
    with room.site.new_work().reading() as work:
        user = next(one for one in work.users.all() if one.role is Role.DOCTOR)
    form = {"name": user.name, "role": "REGISTRAR", "active": "y", "doctor_id": str(user.doctor_id)}
    post(room.clients(Role.ADMINISTRATOR), f"/admin/users/{user.id}", form)
    assert users.get(room.site.new_work(), user.id).doctor_id is None


def test_a_new_user_is_linked_to_a_doctor_and_to_nobody_that_there_is_not(room):
    client = room.clients(Role.ADMINISTRATOR)
    form = {"login": "zdorovykh", "name": "Ирина Здоровых", "role": "DOCTOR", "doctor_id": str(room.doctor)}

    made = post(client, "/admin/users", form)
    unknown = post(client, "/admin/users", form | {"login": "nobody", "doctor_id": "999999"})

    assert made.status_code == 200
    assert unknown.status_code == 422
    assert 'id="doctor_id-error"' in unknown.text
    with room.site.new_work().reading() as work:
        assert {one.login: one.doctor_id for one in work.users.all()}["zdorovykh"] == room.doctor


def test_marks_are_those_of_the_registry_and_lead_back_to_the_day(room):
    visit = room.visit_of(room.zakhar)

    answer = post(room.client, f"/doctor/visits/{visit}/attendance", {"mark": "NO_SHOW"})

    assert answer.location.startswith("/doctor?day=")
    assert [row.status for row in room.rows("bookings", id=visit)] == ["NO_SHOW"]
    assert "Пациент не пришёл" in room.page(visit=visit)
    refused = room.send("REFER", visit=visit, purpose="REFERRAL", speciality="cardiologist")
    assert refused.status_code == 409
    assert "Дальше направляют после приёма" in refused.text
    assert post(room.client, f"/doctor/visits/{visit}/attendance", {"mark": "nonsense"}).status_code == 422


def test_s4_2_a_repeat_visit_is_booked_and_its_talon_is_on_the_page(room):
    slot = room.times("REPEAT")[0]

    assert room.send("BOOK", slot=str(slot)).status_code == 302

    (made,) = room.rows("bookings", slot_id=slot)
    assert (made.channel, made.purpose, made.status) == ("MED_ARM", "REPEAT", "BOOKED")
    page = room.page()
    assert made.ticket in page
    assert "контроль лечения" in page


def test_s4_2_only_kinds_that_nobody_competes_for_are_offered(room):
    for asked, kind in ((("REPEAT",), "REPEAT"), (("REFERRAL", "cardiologist"), "REFERRAL")):
        offered = room.times(*asked)
        assert {room.rows("slots", id=slot)[0].kind for slot in offered[:20]} == {kind}
        assert offered


def test_s4_2_a_competitive_slot_is_refused_at_the_time_whatever_the_form_says(room):
    with room.site.new_work().reading() as work:
        own = tables.slots.c
        chosen = select(own.id).where(own.kind == "PRIMARY", own.doctor_id == room.doctor, own.state == "FREE")
        slot = work.connection.execute(chosen.where(own.starts_at > room.site.now())).scalars().first()

    answer = room.send("BOOK", slot=str(slot))

    assert answer.status_code == 422
    assert "не для записи врачом" in error(answer.text, "slot")
    assert room.rows("slots", id=slot)[0].state == "FREE"


def test_s4_2_by_referral_to_another_specialist_with_a_number_and_a_reason(room):
    slot = room.times("REFERRAL", "cardiologist")[0]
    by_referral = {"purpose": "REFERRAL", "speciality": "cardiologist", "slot": str(slot)}

    bad = room.send("BOOK", **by_referral, number="12-А")
    short = room.send("BOOK", **(by_referral | {"reason": "да"}))
    made = room.send("BOOK", **by_referral, number="4815162342")

    assert "пациент наберёт их на телефоне" in error(bad.text, "number")
    assert "хотя бы пять знаков" in error(short.text, "reason")
    assert made.status_code == 302
    assert [row.number for row in room.rows("referrals", patient_id=room.darya)] == ["4815162342"]
    assert "4815162342" in room.page()


def test_s1_6_a_time_that_was_lost_meanwhile_is_told_at_the_time_and_the_list_is_new(room):
    slot = room.times("REPEAT")[0]
    with room.site.new_work() as work:
        work.connection.execute(update(tables.slots).where(tables.slots.c.id == slot).values(state="CLOSED"))
        work.commit()

    answer = room.send("BOOK", slot=str(slot))

    assert answer.status_code == 422
    assert "только что заняли" in error(answer.text, "slot")
    assert f'value="{slot}"' not in answer.text
    assert "контроль лечения" in answer.text


def test_a_form_without_a_time_or_with_nonsense_changes_nothing(room):
    assert "Выберите время." in error(room.send("BOOK").text, "slot")
    assert room.send("BOOK", slot="x").status_code == 422
    assert room.send("SELL", slot="1").status_code == 422
    assert room.send("BOOK", slot="1", purpose="ILLNESS").status_code == 422
    assert room.send("BOOK", slot="1", command="short").status_code == 422
    assert room.send("REFER", speciality="astrologer").status_code == 404
    assert room.send("BOOK", slot="999999999").status_code == 404
    assert room.rows("follow_ups") == []


def test_one_press_books_once(room):
    slot, command = str(room.times("REPEAT")[0]), uuid.uuid4().hex

    for _ in range(2):
        assert room.send("BOOK", slot=slot, command=command).status_code == 302

    assert len(room.rows("follow_ups")) == 1


def test_s4_2_an_opened_time_waits_for_the_patient(room):
    slot = room.times("REPEAT")[0]

    assert room.send("OPEN", slot=str(slot)).status_code == 302

    assert room.rows("slots", id=slot)[0].for_patient_id == room.darya
    assert "Открыто время" in room.page()


def test_d10_no_vacant_slot_leads_to_the_waiting_list_before_others(room):
    room.occupy(SlotKind.REFERRAL)
    page = room.page("REFERRAL", "cardiologist")
    assert "Свободного времени для записи врачом нет" in page
    assert 'value="BOOK"' not in page

    asked = {"purpose": "REFERRAL", "speciality": "cardiologist", "part": "MORNING", "suspicion": "y"}
    assert room.send("WAIT", **asked).status_code == 302
    again = room.send("WAIT", **asked)

    (entry,) = room.rows("waiting_entries", patient_id=room.darya)
    assert (entry.reason, entry.priority, entry.part_of_day) == ("REFERRAL", True, "MORNING")
    assert "уже стоит в листе ожидания" in error(again.text, "part")
    assert len(room.rows("referrals", patient_id=room.darya)) == 1


def test_s4_3_whoever_was_booked_is_told_by_one_owner(room):
    room.send("BOOK", slot=str(room.times("REPEAT")[0]))

    (made,) = room.rows("bookings", channel="MED_ARM")
    tasks = {row.kind: row.owner for row in room.rows("tasks", booking_id=made.id)}
    assert tasks == {"FEEDBACK": "CALL_CENTRE", "REFERRAL_NOTICE": "CALL_CENTRE"}
    page = room.clients(Role.OPERATOR).get("/tasks", headers=HTML).text
    assert "направ" in page.lower()


def test_what_was_arranged_is_undone_with_a_reason_by_its_doctor_alone(room):
    slot = room.times("REPEAT")[0]
    room.send("BOOK", slot=str(slot))
    (made,) = room.rows("follow_ups")
    path = f"/doctor/follow-ups/{made.id}/undo"
    assert "Отменить?" in room.client.get(path, headers=HTML).text

    without = post(room.client, path, {"reason": ""})
    undone = post(room.client, path, {"reason": "ошибся пациентом"})

    assert "хотя бы пять знаков" in error(without.text, "reason")
    assert undone.location == f"/doctor/visits/{room.visit}"
    assert room.rows("slots", id=slot)[0].state == "FREE"
    assert "отменено" in room.page()
    assert post(room.client, path, {"reason": "ещё раз отменяю"}).status_code == 302
    room.link(Role.DOCTOR, "Градусова")
    stranger = room.clients(Role.DOCTOR)
    assert stranger.get(path, headers=HTML).status_code == 404


def test_each_look_at_a_patient_is_in_the_audit_log_and_no_address_names_him(room):
    room.page("REFERRAL", "cardiologist")

    (shown,) = room.rows("audit", action="patient shown")
    assert shown.detail == {"patient": room.darya, "why": "visit", "booking": room.visit}
    links = re.findall(r'(?:href|action)="([^"]+)"', room.page())
    assert not any(str(DARYA.digits) in link or "patients" in link for link in links)


def test_a_day_before_is_shown_and_a_day_to_come_is_not(room):
    today = room.site.rules.today(room.site.now())
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)

    before = room.client.get(f"/doctor?day={yesterday}", headers=HTML).text
    after = room.client.get(f"/doctor?day={tomorrow}", headers=HTML).text

    assert "Пробная Дарья" not in before
    assert "Днём позже" in before
    assert "Пробная Дарья" in after
    assert room.client.get("/doctor?day=nonsense", headers=HTML).status_code == 200


def test_s4_2_the_registry_sees_no_time_for_referrals_until_a_doctor_has_referred(room):
    desk = Desk(room.clients, oms=DARYA)
    asked = desk.grid("cardiologist", purpose="REFERRAL")
    before = desk.ask("days", **asked).json

    room.send("REFER", purpose="REFERRAL", speciality="cardiologist", number="5005")

    after = desk.ask("days", **asked).json
    assert (before["days"], before["unreferred"]) == ([], True)
    assert after["days"]
    assert "unreferred" not in after
