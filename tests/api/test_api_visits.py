"""Other systems hold, book, move and cancel by the rules of every channel, and learn of nothing that is not theirs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from ivr.domain.client import Scope
from ivr.domain.identifiers import Certificate, PhoneNumber
from ivr.domain.patient import Sex
from ivr.domain.refusals import CallerLocked, NotIdentified
from ivr.domain.slot import Channel, SlotKind
from ivr.domain.speciality import Access
from ivr.services import booking, clients, identification
from ivr.storage import tables
from tests.api.systems import PERSONAL
from tests.builders import CALLER, NOW, RULES, STRANGER, an_oms, at

SLOT = at("2026-04-28 09:00")
NEXT = at("2026-04-28 10:00")


@pytest.fixture
def hospital(town):
    town.clinic.speciality()
    town.doctor = town.clinic.doctor()
    town.slots = town.clinic.slots(town.doctor, [SLOT, NEXT])
    town.patient = town.clinic.patient()
    return town


def booked(system, patient, slot, **more):
    return system.post("/bookings", {"patient": patient, "slot": slot, "purpose": "ILLNESS"} | more)


def code(answer):
    return answer.status_code, answer.json["code"]


def test_d_06_a_client_that_tries_birth_dates_is_stopped_whatever_telephones_it_names(towns):
    client, _ = clients.add(towns.new_work(), "бот", [Scope.VISITS], who="user:1", now=NOW)
    patient, other = towns.clinic.patient(), towns.clinic.patient()

    def named(who, born, phone):
        return clients.identify(towns.new_work(), client, who.oms, born, phone=phone, rules=RULES, now=NOW)[0]

    phones = [PhoneNumber(f"+7900200{number:04}") for number in range(22)]
    tries = RULES.lock_after * identification.WITHHELD
    for number in range(tries):
        with pytest.raises(NotIdentified):
            named(patient, date(1900, 1, 1) + timedelta(days=number), phones[number])

    with pytest.raises(CallerLocked):
        named(patient, patient.birth_date, phones[tries])
    assert named(other, other.birth_date, phones[tries]) == other  # nobody else's calls are stopped


def test_a_patient_is_named_found_a_time_held_booked_moved_and_cancelled(hospital):
    system, (first, second) = hospital.system(), hospital.slots
    patient = system.names(hospital.patient)

    nearest = system.get(f"/patients/{patient}/slots/nearest", speciality="therapist")
    held = system.put(f"/patients/{patient}/hold", {"slot": nearest.json["id"]})
    made = booked(system, patient, first)
    moved = system.post(f"/bookings/{made.json['id']}/move", {"slot": second})
    listed = system.get(f"/patients/{patient}/visits")
    cancelled = system.post(f"/bookings/{moved.json['id']}/cancel", {"reason": "заболел"})

    assert nearest.json["starts_at"] == "2026-04-28T09:00:00+03:00"
    assert (held.json["seconds_left"], held.json["slot"]["id"]) == (180, first)
    assert (made.status_code, made.json["status"], made.json["channel"]) == (201, "BOOKED", "REG")
    assert (moved.json["replaces"], moved.json["slot"]["id"]) == (made.json["id"], second)
    assert [one["id"] for one in listed.json["bookings"]] == [moved.json["id"]]
    assert cancelled.json["status"] == "CANCELLED_BY_PATIENT"
    assert system.get(f"/bookings/{made.json['id']}").json["status"] == "MOVED"


def test_whatever_is_wrong_with_number_and_birth_date_is_refused_in_the_same_words(hospital):
    """4.2: neither that a number is known, nor which of the two is wrong."""
    system, patient = hospital.system(), hospital.patient
    pairs = [(an_oms(99).digits, patient.birth_date), (patient.oms.digits, date(1990, 1, 1))]

    answers = [
        system.post("/patients/identify", {"oms": oms, "birth_date": born.isoformat()}, key=None) for oms, born in pairs
    ]

    assert [code(one) for one in answers] == [(403, "not_identified")] * 2
    assert answers[0].data == answers[1].data


def test_a_certificate_that_has_run_out_says_so(hospital):
    """2.5 TMP_EXPIRED."""
    patient = hospital.clinic.patient(certificate=Certificate("123456789"), certificate_until=date(2026, 1, 1))

    answer = hospital.system().post(
        "/patients/identify", {"certificate": "123456789", "birth_date": patient.birth_date.isoformat()}, key=None
    )

    assert code(answer) == (409, "certificate_expired")


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"oms": "6256410854009016"}, "oms", "OMS_CHECKSUM"),
        ({"oms": "625641085400901"}, "oms", "string_pattern_mismatch"),
        ({"oms": None, "snils": "90000100793"}, "snils", "SNILS_CHECKSUM"),
        ({"birth_date": "2031-12-31"}, "birth_date", "BIRTH_FUTURE"),
        ({"birth_date": "1899-12-31"}, "birth_date", "BIRTH_FORMAT"),
        ({"birth_date": "30.02.2000"}, "birth_date", "date_parsing"),
        ({"phone": "112"}, "phone", "PHONE_FORMAT"),
        ({"oms": None}, "oms", "ONE_NUMBER"),
        ({"snils": "90000100792"}, "oms", "ONE_NUMBER"),
        ({"surname": "Тестова"}, "surname", "extra_forbidden"),
    ],
)
def test_a_field_that_is_wrong_is_named_in_russian_and_its_value_is_not_repeated(hospital, changes, field, problem):
    """2.5."""
    body = {"oms": "6256410854009015", "birth_date": "1985-03-12"} | changes

    answer = hospital.system().post(
        "/patients/identify", {name: value for name, value in body.items() if value is not None}, key=None
    )

    assert code(answer) == (422, "invalid")
    (error,) = answer.json["errors"]
    assert (error["field"], error["code"]) == (field, problem)
    assert any("а" <= letter <= "я" for letter in error["message"])
    assert not any(str(value) in answer.text for value in changes.values() if value is not None and len(value) > 8)


def test_numbers_are_never_taken_from_an_address(hospital):
    answer = hospital.system().ask("POST", "/patients/identify?oms=6256410854009015", json={}, key=None)

    assert code(answer) == (422, "invalid")


def test_a_patient_whom_the_client_has_not_named_is_not_there_for_it(hospital):
    """4.2: nobody learns who is in the register by trying ids."""
    system, slot = hospital.system(), hospital.slots[0]
    made = booked(other := hospital.system(name="другая"), other.names(hospital.patient), slot)

    strange = [system.get(f"/patients/{number}/visits") for number in (hospital.patient.id, 999, 2**62)]
    refused = booked(system, hospital.patient.id, slot)
    unseen = [system.get(f"/bookings/{number}") for number in (made.json["id"], 999)]

    assert {code(one) for one in [*strange, refused]} == {(403, "not_identified")}
    assert [code(one) for one in unseen] == [(404, "not_found")] * 2
    assert unseen[0].json["detail"] == unseen[1].json["detail"]


def test_a_client_without_proof_sees_only_what_it_booked_itself(hospital):
    """4.2: other visits are told on a telephone of the patient, or the talon."""
    patient = hospital.clinic.patient(phone=CALLER)
    by_phone = hospital.clinic.book(hospital.slots[0], patient)
    personal = hospital.system(PERSONAL)
    proven = hospital.system((*PERSONAL, Scope.VISITS), name="бот")

    personal.names(patient)
    proven.names(patient, phone=CALLER.e164)

    assert personal.get(f"/patients/{patient.id}/visits").json["bookings"] == []
    assert code(personal.post(f"/bookings/{by_phone.id}/cancel", {})) == (404, "not_found")
    assert code(booked(personal, patient.id, hospital.slots[1])) == (409, "needs_person")
    assert [one["id"] for one in proven.get(f"/patients/{patient.id}/visits").json["bookings"]] == [by_phone.id]
    assert code(booked(proven, patient.id, hospital.slots[1])) == (409, "already_booked")
    proven.names(patient, phone=STRANGER.e164)
    assert proven.get(f"/patients/{patient.id}/visits").json["bookings"] == []
    proven.names(patient, ticket=by_phone.ticket)
    assert proven.post(f"/bookings/{by_phone.id}/cancel", {}).status_code == 200


def test_what_a_client_booked_itself_it_may_move_and_cancel(hospital):
    system = hospital.system(PERSONAL)
    patient = system.names(hospital.patient)

    made = booked(system, patient, hospital.slots[0])
    second = booked(system, patient, hospital.slots[1])
    moved = system.post(f"/bookings/{made.json['id']}/move", {"slot": hospital.slots[1]})

    assert code(second) == (409, "already_booked")
    assert [one["id"] for one in system.get(f"/patients/{patient}/visits").json["bookings"]] == [moved.json["id"]]
    assert system.post(f"/bookings/{moved.json['id']}/cancel").status_code == 200


def test_a_held_slot_is_renewed_let_go_and_lapses(hospital):
    """D-14: 180 seconds."""
    system, other = hospital.system(), hospital.system(name="другая")
    patient, second = system.names(hospital.patient), other.names(hospital.clinic.patient())
    slot = hospital.slots[0]

    system.put(f"/patients/{patient}/hold", {"slot": slot})
    assert code(other.put(f"/patients/{second}/hold", {"slot": slot})) == (409, "slot_taken")
    assert code(booked(other, second, slot)) == (409, "hold_lost")
    hospital.later(seconds=100)
    assert system.get(f"/patients/{patient}/hold").json["seconds_left"] == 80
    assert system.post(f"/patients/{patient}/hold/renew", key=None).json["seconds_left"] == 180
    assert system.delete(f"/patients/{patient}/hold").status_code == 204
    assert code(system.get(f"/patients/{patient}/hold")) == (404, "not_found")
    assert code(system.post(f"/patients/{patient}/hold/renew", key=None)) == (409, "hold_lost")

    other.put(f"/patients/{second}/hold", {"slot": slot})
    hospital.later(seconds=181)
    assert booked(system, patient, slot).status_code == 201
    assert code(other.post(f"/patients/{second}/hold/renew", key=None)) == (409, "hold_lost")


def test_a_client_holds_one_slot_for_a_patient(hospital):
    system = hospital.system()
    patient, (first, second) = system.names(hospital.patient), hospital.slots

    system.put(f"/patients/{patient}/hold", {"slot": first})
    system.put(f"/patients/{patient}/hold", {"slot": second})

    assert system.get(f"/patients/{patient}/hold").json["slot"]["id"] == second
    assert booked(hospital.system(name="другая"), hospital.patient.id, first).status_code == 403
    with hospital.new_work() as work:
        held = work.connection.execute(tables.slots.select().where(tables.slots.c.held_by.is_not(None))).all()
    assert [row.id for row in held] == [second]


def test_refusals_are_those_of_every_channel(hospital):
    """1.6, D-08, D-11, D-13."""
    clinic, system = hospital.clinic, hospital.system((*PERSONAL, Scope.VISITS), channel=Channel.CC)
    clinic.speciality("women", sex=Sex.FEMALE, district=False)
    clinic.speciality("ent", access=Access.REFERRAL, district=False)
    women, ent = (clinic.slot(clinic.doctor(key), SLOT) for key in ("women", "ent"))
    man = clinic.patient(sex=Sex.MALE)
    detached = clinic.patient(attached=False)
    names = {one: system.names(one, phone=one.phone.e164) for one in (hospital.patient, man, detached)}

    assert code(booked(system, names[man], women)) == (409, "not_admitted")
    assert code(booked(system, names[man], ent)) == (409, "referral_needed")
    assert code(booked(system, names[man], ent, referral="77")) == (409, "referral_not_found")
    assert code(booked(system, names[detached], hospital.slots[0])) == (409, "not_attached")
    assert code(system.get(f"/patients/{detached.id}/slots/days", speciality="therapist")) == (409, "not_attached")
    made = booked(system, names[man], hospital.slots[0])
    assert code(booked(system, names[man], hospital.slots[1])) == (409, "already_booked")
    assert code(booked(system, names[hospital.patient], hospital.slots[0])) == (409, "slot_taken")
    assert code(booked(system, names[hospital.patient], 999)) == (404, "not_found")
    hospital.later(days=1, hours=2)
    system.names(man)
    assert code(system.post(f"/bookings/{made.json['id']}/cancel")) == (409, "too_late")


def test_what_stands_in_the_way_is_named_to_who_may_be_told(hospital):
    system = hospital.system()
    patient = system.names(hospital.patient)
    made = booked(system, patient, hospital.slots[0])

    refused = booked(system, patient, hospital.slots[1])

    assert (refused.json["code"], refused.json["booking"]) == ("already_booked", made.json["id"])


def test_a_slot_behind_the_horizon_is_not_booked_by_its_number(hospital):
    """D-01: 14 days from tomorrow; a client may name a slot that no search has shown."""
    far = hospital.clinic.slot(hospital.doctor, at("2026-05-12 09:00"))
    system = hospital.system()
    patient = system.names(hospital.patient)

    assert code(booked(system, patient, far)) == (409, "outside_horizon")
    assert code(system.put(f"/patients/{patient}/hold", {"slot": far})) == (409, "outside_horizon")


@pytest.mark.parametrize("channel", sorted({Channel.OTHER, Channel.EPGU, Channel.INFOMAT, Channel.CC}))
def test_a_client_sees_the_slots_of_its_own_channel(hospital, channel):
    """D-03; other channels get what the hospital has opened to them."""
    mine = hospital.clinic.slot(hospital.doctor, at("2026-04-29 09:00"), channels=frozenset({channel}))
    strange = hospital.clinic.slot(hospital.doctor, at("2026-04-30 09:00"), channels=frozenset({Channel.REG}))
    system = hospital.system(PERSONAL, channel=channel)
    patient = system.names(hospital.patient)

    found = system.get(f"/patients/{patient}/slots", speciality="therapist", day="2026-04-29")

    assert [one["id"] for one in found.json["slots"]] == [mine]
    assert code(booked(system, patient, strange)) == (409, "slot_taken")


def test_slots_that_nobody_competes_for_are_out_of_reach(hospital):
    """S4.2."""
    repeat = hospital.clinic.slot(hospital.doctor, at("2026-04-29 09:00"), kind=SlotKind.REPEAT)
    system = hospital.system()
    patient = system.names(hospital.patient)

    found = system.get(f"/patients/{patient}/slots", speciality="therapist", day="2026-04-29", purpose="REPEAT")

    assert found.json["slots"] == []
    assert code(booked(system, patient, repeat, purpose="REPEAT")) == (409, "slot_taken")


def test_time_is_searched_by_day_part_and_doctor(hospital):
    clinic, system = hospital.clinic, hospital.system()
    second = clinic.doctor(surname="Иванова")
    evening = clinic.slot(second, at("2026-04-28 18:00"))
    patient = system.names(hospital.patient)
    where = f"/patients/{patient}/slots"

    days = system.get(f"{where}/days", speciality="therapist").json["days"]
    late = system.get(where, speciality="therapist", day="2026-04-28", part="EVENING").json["slots"]
    hers = system.get(f"{where}/nearest", speciality="therapist", doctor=second)
    doctors = system.get(f"/patients/{patient}/doctors", speciality="therapist").json["doctors"]

    assert days == ["2026-04-28"]
    assert [one["id"] for one in late] == [evening] == [hers.json["id"]]
    assert [one["id"] for one in doctors] == [hospital.doctor, second]
    assert [one["key"] for one in system.get("/specialities").json["specialities"]] == ["therapist"]
    assert len(system.get("/doctors", speciality="therapist").json["doctors"]) == 2
    assert code(system.get("/doctors", speciality="astronomer")) == (404, "not_found")
    assert code(system.get(f"{where}/nearest", speciality="therapist", purpose="VACC")) == (409, "no_slots")


def test_specialities_of_a_child_are_those_that_admit_him(hospital):
    """1.6."""
    child = hospital.clinic.patient(birth_date=date(2019, 7, 25))
    system = hospital.system()

    found = system.get("/specialities", patient=system.names(child))

    assert found.json["specialities"] == []


def test_the_waiting_list_is_entered_looked_at_and_left(hospital):
    """S2.7, 1.5."""
    system, other = hospital.system(PERSONAL), hospital.system(PERSONAL, name="другая")
    patient = system.names(hospital.patient)
    other.names(hospital.patient)
    wish = {"patient": patient, "speciality": "therapist", "contact": "8 (000) 000-01-01"}

    entered = system.post("/waiting", wish)
    listed = system.get(f"/patients/{patient}/waiting").json["entries"]
    hidden = other.get(f"/patients/{patient}/waiting").json["entries"]
    twice = system.post("/waiting", wish)
    refused = [other.post("/waiting", wish), other.post(f"/waiting/{entered.json['id']}/leave")]
    left = system.post(f"/waiting/{entered.json['id']}/leave")

    assert (entered.status_code, entered.json["status"]) == (201, "ACTIVE")
    assert ([one["id"] for one in listed], hidden) == ([entered.json["id"]], [])
    assert code(twice) == (409, "already_waiting")
    assert [code(one) for one in refused] == [(409, "needs_person"), (404, "not_found")]
    assert left.json["status"] == "CANCELLED_BY_PATIENT"
    assert code(system.post("/waiting", wish | {"reason": "REFERRAL"})) == (422, "invalid")
    assert code(system.post("/waiting", wish | {"speciality": "astronomer"})) == (404, "not_found")


def test_work_is_taken_and_what_came_of_it_is_told(hospital):
    """S4.3, 1.6."""
    hospital.clinic.book(hospital.slots[0], hospital.patient)
    system, other = hospital.system((Scope.TASKS,)), hospital.system((Scope.TASKS,), name="другая")
    hospital.later(hours=3)  # calls may be made from ten o'clock on
    (item,) = system.get("/tasks").json["tasks"]

    taken = system.post(f"/tasks/{item['task']}/take")
    refused = other.post(f"/tasks/{item['task']}/take")
    impossible = system.post(f"/tasks/{item['task']}/done", {"attempt": 1, "result": "QUEUED"})
    done = system.post(f"/tasks/{item['task']}/done", {"attempt": taken.json["attempt"], "result": "CONFIRMED"})

    assert (item["kind"], item["taken"]) == ("FEEDBACK", False)
    assert taken.json["patient"]["given_name"] == "Анна"
    assert "surname" not in taken.json["patient"]
    assert code(refused) == (409, "task_taken")
    assert (code(impossible), impossible.json["errors"][0]["field"]) == ((422, "invalid"), "result")
    assert (done.json["status"], done.json["result"]) == ("DONE", "CONFIRMED")
    with hospital.new_work() as work:
        who = work.connection.execute(tables.audit.select()).all()
    assert (f"client:{system.own.id}", "patient shown") in [(row.who, row.action) for row in who]


def test_a_task_is_given_back_and_an_entry_of_the_list_is_taken(hospital):
    system = hospital.system()
    patient = system.names(hospital.patient)
    entry = system.post("/waiting", {"patient": patient, "speciality": "therapist"}).json["id"]

    taken = system.post(f"/waiting/{entry}/take")
    back = system.post(f"/tasks/{taken.json['task']}/give-back")

    assert (taken.json["entry"], "DECLINED" in taken.json["results"]) == (entry, True)
    assert back.json["status"] == "OPEN"
    assert system.get("/tasks", owner="REGISTRY").json["tasks"] == []


def test_who_works_on_a_task_may_act_for_its_patient_while_he_has_it(hospital):
    made = hospital.clinic.book(hospital.slots[0], hospital.patient)
    system = hospital.system((Scope.TASKS, Scope.BOOK, Scope.VISITS))
    hospital.later(hours=3)
    (item,) = system.get("/tasks").json["tasks"]
    assert code(system.get(f"/bookings/{made.id}")) == (404, "not_found")

    system.post(f"/tasks/{item['task']}/take")

    assert system.get(f"/bookings/{made.id}").status_code == 200
    hospital.later(minutes=15)
    assert code(system.get(f"/bookings/{made.id}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.IDENTIFY, "POST", "/patients/identify"),
        (Scope.SCHEDULE, "GET", "/specialities"),
        (Scope.BOOK, "POST", "/bookings"),
        (Scope.WAITING, "POST", "/waiting"),
        (Scope.TASKS, "GET", "/tasks"),
        (Scope.EVENTS, "GET", "/events"),
    ],
)
def test_a_scope_that_was_not_given_is_named(hospital, scope, method, path):
    answer = hospital.system(set(Scope) - {scope}).ask(method, path, json={} if method == "POST" else None)

    assert (code(answer), answer.json["scope"]) == ((403, "scope_missing"), scope)
    assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]


def test_a_command_without_a_key_is_not_done(hospital):
    system = hospital.system()
    patient = system.names(hospital.patient)
    body = {"patient": patient, "slot": hospital.slots[0], "purpose": "ILLNESS"}

    for key in (None, "short", "пробел и кириллица".encode().decode("latin-1"), "x" * 129):
        assert code(system.post("/bookings", body, key=key)) == (400, "key_needed")

    assert system.get(f"/patients/{patient}/visits").json["bookings"] == []


def test_a_repeat_is_answered_as_the_first_and_another_command_with_the_key_is_refused(hospital):
    system, (first, second) = hospital.system(), hospital.slots
    patient = system.names(hospital.patient)
    body = {"patient": patient, "slot": first, "purpose": "ILLNESS"}

    made, again = (system.post("/bookings", body, key="booking-1") for _ in range(2))
    other = [
        system.post("/bookings", body | {"slot": second}, key="booking-1"),
        system.post(f"/bookings/{made.json['id']}/cancel", {}, key="booking-1"),
    ]

    assert (again.status_code, again.data) == (201, made.data)
    assert {code(one) for one in other} == {(422, "key_reused")}
    assert system.get(f"/bookings/{made.json['id']}").json["status"] == "BOOKED"


def test_keys_of_two_clients_never_meet(hospital):
    one, other = hospital.system(), hospital.system(name="другая")
    second = hospital.clinic.patient()
    bodies = [
        {"patient": system.names(patient), "slot": slot, "purpose": "ILLNESS"}
        for system, patient, slot in zip((one, other), (hospital.patient, second), hospital.slots, strict=True)
    ]

    made = [
        system.post("/bookings", body, key="the-same-key") for system, body in zip((one, other), bodies, strict=True)
    ]

    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json["id"] != made[1].json["id"]


def test_a_refusal_is_not_remembered_what_stood_in_the_way_may_be_gone(hospital):
    system, other = hospital.system(), hospital.system(name="другая")
    patient, second = system.names(hospital.patient), other.names(hospital.clinic.patient())
    other.put(f"/patients/{second}/hold", {"slot": hospital.slots[0]})
    body = {"patient": patient, "slot": hospital.slots[0], "purpose": "ILLNESS"}

    assert system.post("/bookings", body, key="booking-1").status_code == 409
    other.delete(f"/patients/{second}/hold")

    assert system.post("/bookings", body, key="booking-1").status_code == 201


def test_after_a_crash_between_the_booking_and_its_answer_the_repeat_finds_the_booking(hospital):
    """The answer was not kept; the booking was, by the same key."""
    system = hospital.system()
    patient = system.names(hospital.patient)
    body = {"patient": patient, "slot": hospital.slots[0], "purpose": "ILLNESS"}
    made = system.post("/bookings", body, key="booking-1")
    with hospital.new_work() as work:
        work.connection.execute(tables.client_commands.update().values(status=None, body=None))
        work.commit()

    again = system.post("/bookings", body, key="booking-1")

    assert (again.status_code, again.json) == (201, made.json)


def test_two_threads_with_one_key_book_once_and_hear_the_same(towns):
    towns.clinic.speciality()
    slots = towns.clinic.slots(towns.clinic.doctor(), [SLOT + timedelta(minutes=20 * n) for n in range(6)])
    system = towns.system()
    patients = [system.names(towns.clinic.patient()) for _ in slots]
    together = Barrier(2)

    def send(body, key):
        together.wait(10)
        return system.post("/bookings", body, key=key)

    with ThreadPoolExecutor(2) as pool:
        for n, (patient, slot) in enumerate(zip(patients, slots, strict=True)):
            body = {"patient": patient, "slot": slot, "purpose": "ILLNESS"}
            one, other = pool.map(lambda _, body=body, n=n: send(body, f"booking-{n}"), range(2))
            assert (one.status_code, other.status_code, one.json) == (201, 201, other.json)

    with towns.new_work() as work:
        assert len(work.connection.execute(tables.bookings.select()).all()) == len(slots)


def test_two_threads_with_one_key_and_two_commands_do_one_of_them(towns):
    towns.clinic.speciality()
    slots = towns.clinic.slots(towns.clinic.doctor(), [SLOT, NEXT])
    system = towns.system()
    patient, together = system.names(towns.clinic.patient()), Barrier(2)

    def send(slot):
        together.wait(10)
        return system.post("/bookings", {"patient": patient, "slot": slot, "purpose": "ILLNESS"}, key="booking-1")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, slots))

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert len(system.get(f"/patients/{patient}/visits").json["bookings"]) == 1


def test_a_revoked_token_does_nothing_from_the_next_request_on(hospital):
    system = hospital.system()
    patient = system.names(hospital.patient)
    clients.revoke(hospital.new_work(), "МИС", who="test", now=NOW)

    assert code(booked(system, patient, hospital.slots[0])) == (401, "bad_token")
    assert booking.upcoming(hospital.new_work(), patient, now=NOW) == []


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"data": "a=1", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"data": b'{"oms": "' + b"1" * 70_000 + b'"}', "content_type": "application/json"}, 413),
        ({"data": b"\xff\xfe", "content_type": "application/json"}, 400),
        ({"data": "[" * 20_000, "content_type": "application/json"}, 400),
        ({"json": []}, 422),
        ({}, 415),
    ],
)
def test_what_is_no_request_is_refused_as_a_problem(hospital, how, status):
    answer = hospital.system().ask("POST", "/patients/identify", key=None, **how)

    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


def test_addresses_are_closed_to_what_they_do_not_know(hospital):
    system = hospital.system()

    assert code(system.get("/specialities", colour="red")) == (422, "invalid")
    assert code(system.get("/me", colour="red")) == (422, "invalid")
    assert code(system.ask("GET", "/specialities?patient=1&patient=2")) == (422, "invalid")
    assert code(system.get("/specialities", patient="1_0")) == (422, "invalid")
    assert code(system.get(f"/bookings/{2**63}")) == (404, "not_found")


def test_an_address_says_what_it_can_be_asked(hospital):
    system = hospital.system()

    options, head = system.ask("OPTIONS", "/patients/1/hold"), system.ask("HEAD", "/me")

    assert set(options.headers["Allow"].split(", ")) >= {"GET", "PUT", "DELETE", "HEAD", "OPTIONS"}
    assert (head.status_code, head.data) == (200, b"")
    assert "Set-Cookie" not in head.headers


def test_rules_hold_for_the_api_as_they_do_for_the_desk(hospital):
    """1.6: at most four visits, none within thirty minutes of another."""
    clinic, system = hospital.clinic, hospital.system()
    patient = system.names(hospital.patient)
    for n in range(RULES.max_active + 1):
        clinic.speciality(f"s{n}", district=False)
    slots = [clinic.slot(clinic.doctor(f"s{n}"), SLOT + timedelta(hours=n)) for n in range(RULES.max_active + 1)]
    near = clinic.slot(clinic.doctor("s1"), SLOT + timedelta(minutes=20))

    made = [booked(system, patient, slot) for slot in slots[: RULES.max_active]]

    assert {one.status_code for one in made} == {201}
    assert code(booked(system, patient, slots[-1])) == (409, "too_many_bookings")
    system.post(f"/bookings/{made[1].json['id']}/cancel")
    assert code(booked(system, patient, near)) == (409, "overlaps")
