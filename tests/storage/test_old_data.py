"""A hospital that has worked for a while brings its database to the newest form: nothing of it is lost or changed."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, column, insert, inspect, select, table
from sqlalchemy.exc import IntegrityError

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.refusals import SlotTaken
from ivr.domain.slot import REMOTE
from ivr.services import booking, outreach, users, waiting, worklist
from ivr.storage.engine import open_engine
from ivr.storage.migrate import RowsLost, current, head, migrate
from ivr.storage.tables import metadata
from ivr.storage.work import SqlWork
from tests.builders import NOW, RULES, Clinic, an_oms, at

BEFORE_OUTREACH, BEFORE_THE_LEDGER = "0008", "0010"
VISITS = ("BOOKED", "CANCELLED_BY_PATIENT", "CANCELLED_BY_CLINIC", "MOVED", "PASSED", "VISITED", "NO_SHOW")
"""Every status that there was; one visit in each."""
ENTRIES = ("NEW", "ACTIVE", "OFFERED", "ESCALATED", "BOOKED", "EXPIRED", "CANCELLED_BY_PATIENT", "CLOSED_OTHER_BOOKING")
FILLED = ("BOOKED", "PASSED", "VISITED", "NO_SHOW")
OPEN = ("NEW", "ACTIVE", "OFFERED", "ESCALATED")
PHONE = "+79000000101"
LATER = NOW + timedelta(hours=4)
JULY = date(2026, 7, 1)
TO_DO = {"status": "OPEN", "due_at": LATER, "created_at": NOW, "payload": {}}
BORN = date(1985, 3, 12)


@dataclass
class Old:
    """A database of an older form; rows have the columns that there were."""

    url: str
    engine: Engine
    ids: dict[str, int] = field(default_factory=dict)
    """By the name that a test calls it by."""

    def add(self, table: str, called: str | None = None, /, **values: Any) -> int:
        with self.engine.begin() as connection:
            (key, *_) = connection.execute(insert(metadata.tables[table]).values(values)).inserted_primary_key
        self.ids[called or f"{table} {len(self.ids)}"] = key
        return key

    def rows(self, columns: dict[str, list[str]] | None = None) -> dict[str, tuple[list[str], list[Any]]]:
        """All rows of all tables, in the columns that there are, or those of an earlier look."""
        found = {}
        with self.engine.connect() as connection:
            for name, names in (columns or _columns(connection)).items():
                wanted = select(*map(column, names)).select_from(table(name))
                found[name] = (names, sorted((tuple(row) for row in connection.execute(wanted)), key=repr))
        return found


def _columns(connection: Connection) -> dict[str, list[str]]:
    looking = inspect(connection)
    tables = [name for name in looking.get_table_names() if name != "alembic_version"]
    return {name: [one["name"] for one in looking.get_columns(name)] for name in tables}


def a_year_of_work(old: Old) -> None:
    """A row in every table of 0008; a visit and an entry of the waiting list in every status."""
    old.add("specialities", key="therapist", name="Терапевт", access="free", minutes=15, district=True)
    doctor = old.add(
        "doctors",
        "doctor",
        surname="Градусова",
        given_name="Елена",
        sex="F",
        speciality="therapist",
        room="21",
        site="adult",
        code="d1",
    )
    days = {"first": JULY, "last": JULY, "starts_at": at("2026-07-01 00:00"), "ends_at": at("2026-07-02 00:00")}
    old.add("absences", doctor_id=doctor, reason="учёба", **days)
    old.add("day_overrides", doctor_id=doctor, day=JULY, hours="09:00-14:00")
    old.add("schedule_rules", doctor_id=doctor, opens=time(9), closes=time(14), weekdays="01234", channels=REMOTE)
    for number, status in enumerate(VISITS):
        visit = a_visit(old, doctor, number, status)
        task = {"key": f"f-{visit}", "kind": "FEEDBACK", "owner": "CALL_CENTRE", "payload": {"asked": "да"}}
        open_or_done = "OPEN" if status == "BOOKED" else "DONE"
        old.add("tasks", f"task {status}", status=open_or_done, due_at=LATER, created_at=NOW, booking_id=visit, **task)
        old.add(
            "consents",
            patient_id=old.ids[f"patient {status}"],
            booking_id=visit,
            purpose="REMINDER",
            given=status != "MOVED",
            method="CALL",
            phone=PHONE,
            wording="desk-1",
            at=NOW,
        )
    for number, status in enumerate(ENTRIES, 20):
        an_entry(old, number, status)
    for name, more in (
        ("held", {"held_by": "call-1", "held_until": LATER}),
        ("free", {}),
        ("closed", {"state": "CLOSED"}),
    ):
        a_slot(old, doctor, 40 + len(old.ids), f"slot {name}", **more)
    people(old)


def a_slot(old: Old, doctor: int, number: int, name: str, **more: Any) -> int:
    starts = at("2026-04-28 09:00") + timedelta(minutes=15 * number)
    times = {"starts_at": starts, "ends_at": starts + timedelta(minutes=15)}
    where = {"doctor_id": doctor, "speciality": "therapist", "room": "21"}
    return old.add("slots", name, kind="PRIMARY", channels=REMOTE, **where, **times, **more)


def a_visit(old: Old, doctor: int, number: int, status: str) -> int:
    patient = a_patient(old, number, f"patient {status}")
    slot = a_slot(old, doctor, number, f"slot {status}", state="BOOKED" if status in FILLED else "FREE")
    visit = old.add(
        "bookings",
        f"visit {status}",
        key=f"b-{number}",
        ticket=str(70_000 + number),
        slot_id=slot,
        patient_id=patient,
        speciality="therapist",
        purpose="ILLNESS",
        channel="CC",
        subject="SELF",
        status=status,
        created_at=NOW,
        call_key="call-0",
        contact=PHONE,
    )
    used = visit if status == "VISITED" else None
    old.add(
        "referrals", patient_id=patient, number=f"R{number}", speciality="therapist", valid_until=JULY, used_by=used
    )
    return visit


def a_patient(old: Old, number: int, name: str) -> int:
    named = {"surname": "Тестова", "given_name": "Анна", "sex": "F", "birth_date": BORN}
    return old.add("patients", name, oms=an_oms(1000 + number).digits, phone=PHONE, **named)


def an_entry(old: Old, number: int, status: str) -> None:
    patient = a_patient(old, number, f"waits {status}")
    wish = {"speciality": "therapist", "part_of_day": "ANY", "reason": "NO_SLOTS", "contact": PHONE}
    times = {"entered_at": NOW, "deadline": LATER + timedelta(days=9), "window_until": JULY}
    entry = old.add(
        "waiting_entries", f"entry {status}", key=f"w-{number}", patient_id=patient, status=status, **wish, **times
    )
    shown = {
        "kind": "WAITING",
        "owner": "REGISTRY",
        "status": "OPEN",
        "due_at": LATER,
        "created_at": NOW,
        "payload": {},
    }
    old.add("tasks", f"look after {status}", key=f"look-{entry}", entry_id=entry, patient_id=patient, **shown)


def people(old: Old) -> None:
    """Who works there, and what of them other rows name."""
    user = old.add(
        "users", "user", login="petrova", name="Петрова", role="OPERATOR", password="x", created_at=NOW, failed=2
    )
    old.add("web_sessions", digest="d" * 64, user_id=user, begun_at=NOW, seen_at=NOW)
    old.add("operator_states", user_id=user, state="READY", reason="login", since=NOW)
    old.add("operator_calls", call_key="call-0", user_id=user, outcome="ANSWERED", rang_at=NOW, answered_at=NOW)
    old.add("run_settings", key="rules", value={"hold_seconds": 200}, changed_by="user:1", changed_at=NOW)
    old.add("recordings", call_key="call-0", part=1, phone="op1", file="call-0-1.wav", begun_at=NOW, seconds=9)
    old.add("changes", kind="slots", ref="1")
    old.add("audit", at=NOW, who="user:1", action="booking.made", detail={"booking": 1})
    old.add(
        "calls", call_key="call-1", line="inbound", node="n", begun_at=NOW, seen_at=NOW, progress={"spec": "therapist"}
    )
    old.add("steps", call_key="call-1", step="oms", attempt=1, outcome="keys", waited_ms=9, wording="1", at=NOW)
    old.add("failed_identifications", caller=PHONE, at=NOW)
    old.add("patient_documents", patient_id=old.ids["patient BOOKED"], kind="PASSPORT", series="6100", number="000001")
    related = {"patient_id": old.ids["patient BOOKED"], "representative_id": old.ids["patient VISITED"]}
    old.add("representatives", **related)


def the_first_calls(old: Old) -> None:
    """What 0009 and 0010 brought: an offer that was taken, a call in which somebody opted out, a message."""
    moments = {"made_at": NOW, "until": LATER}
    slot, entry = old.ids["slot CANCELLED_BY_PATIENT"], old.ids["entry OFFERED"]
    offer = old.add("slot_offers", "offer", slot_id=slot, entry_id=entry, status="OPEN", **moments)
    named = {
        "kind": "OFFER",
        "owner": "CALL_CENTRE",
        "status": "OPEN",
        "due_at": LATER,
        "created_at": NOW,
        "payload": {},
    }
    task = old.add("tasks", "task of the offer", key="offer-1", robot=True, offer_id=offer, entry_id=entry, **named)
    old.add(
        "dial_attempts",
        key="ring-1",
        task_id=task,
        number=1,
        phone=PHONE,
        node="dial",
        begun_at=NOW,
        leased_until=NOW,
        ended_at=NOW,
        outcome="DONE",
    )
    old.add("opt_outs", phone=PHONE, at=NOW, channel="CALL", call_key="ring-1")
    old.add(
        "notices",
        key="n-1",
        kind="BOOKED",
        method="SMS",
        address=PHONE,
        status="SENT",
        created_at=NOW,
        due_at=NOW,
        expires_at=LATER,
        booking_id=old.ids["visit BOOKED"],
        task_id=task,
        facts={"day": "2026-04-28"},
    )


@pytest.fixture
def old(empty_url):
    engine = open_engine(empty_url)
    try:
        old = Old(empty_url, engine)
        migrate(empty_url, BEFORE_OUTREACH)
        a_year_of_work(old)
        yield old
    finally:
        engine.dispose()


@pytest.fixture
def renewed(old):
    """It has gone both steps: calls came into use on the way."""
    migrate(old.url, BEFORE_THE_LEDGER)
    the_first_calls(old)
    migrate(old.url)
    return old


def test_every_row_is_there_as_it_was(old):
    before = old.rows()
    migrate(old.url, BEFORE_THE_LEDGER)
    the_first_calls(old)
    meanwhile = old.rows()

    migrate(old.url)

    assert current(old.url) == head()
    assert all(rows for _, rows in before.values()), "a table that nothing was written to proves nothing"
    for seen in (before, meanwhile):
        after = old.rows({table: names for table, (names, _) in seen.items()})
        noted = after["consents"][1]
        opted_out = [row for row in noted if "ROBOT_CALLS" in row]
        assert len(opted_out) == 1  # the ledger takes it up from the call in which it was said
        noted.remove(opted_out[0])
        if seen is before:  # written on the way
            tasks = after["tasks"][1]
            tasks.remove(next(row for row in tasks if "offer-1" in row))
        assert after == seen


def test_a_file_in_which_rows_point_nowhere_is_left_as_it_is(old):
    if old.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL never takes such a row")
    with old.engine.connect() as connection:
        raw = connection.connection.driver_connection
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute(
            "INSERT INTO operator_states (user_id, state, reason, since) VALUES (99, 'READY', 'login', '2026-04-27')"
        )
        raw.execute("PRAGMA foreign_keys=ON")

    with pytest.raises(RowsLost, match="operator_states"):
        migrate(old.url)

    assert current(old.url) == BEFORE_OUTREACH


def test_nothing_points_nowhere(renewed):
    with renewed.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        kept = {
            table: inspect(connection).get_foreign_keys(table) for table in ("web_sessions", "notices", "dial_attempts")
        }

    assert {one["referred_table"] for keys in kept.values() for one in keys} == {
        "users",
        "patients",
        "bookings",
        "tasks",
    }


def test_the_guards_hold_against_what_old_rows_fill(renewed):
    shown = {"purpose": "ILLNESS", "channel": "CC", "subject": "SELF", "created_at": NOW, "speciality": "therapist"}
    free = renewed.ids["slot free"]
    waits = {"speciality": "therapist", "part_of_day": "ANY", "reason": "NO_SLOTS", "entered_at": NOW, "deadline": NOW}

    for status in FILLED:
        with pytest.raises(IntegrityError):
            renewed.add(
                "bookings",
                key="x",
                ticket="x",
                slot_id=renewed.ids[f"slot {status}"],
                status="PENDING",
                patient_id=renewed.ids["waits NEW"],
                **shown,
            )
    with pytest.raises(IntegrityError):
        renewed.add(
            "bookings",
            key="x",
            ticket="x",
            slot_id=free,
            status="PENDING",
            patient_id=renewed.ids["patient BOOKED"],
            **shown,
        )
    for status in OPEN:
        with pytest.raises(IntegrityError):
            renewed.add(
                "waiting_entries",
                key="x",
                patient_id=renewed.ids[f"waits {status}"],
                status="ACTIVE",
                window_until=JULY,
                **waits,
            )
    with pytest.raises(IntegrityError):
        renewed.add(
            "slot_offers", slot_id=free, entry_id=renewed.ids["entry OFFERED"], status="OPEN", made_at=NOW, until=LATER
        )


def test_the_program_reads_every_visit_entry_task_and_user(renewed):
    def work():
        return SqlWork(renewed.engine)

    for status in VISITS:
        visit = booking.of_id(work(), renewed.ids[f"visit {status}"])
        assert (visit.status, visit.contact, visit.far_id) == (status, PhoneNumber(PHONE), None)
    for status in OPEN:
        (waits,) = waiting.of_patient(work(), renewed.ids[f"waits {status}"], rules=RULES, now=NOW)
        assert (waits.id, waits.status) == (renewed.ids[f"entry {status}"], status)
    listed = {item.task.id for item in worklist.items(work(), rules=RULES, now=LATER) if item.task is not None}
    assert renewed.ids["task BOOKED"] in listed
    assert users.by_login(work(), "petrova").id == renewed.ids["user"]
    with work().reading() as reading:
        assert reading.consents.latest(renewed.ids["patient BOOKED"], [renewed.ids["visit BOOKED"]], "REMINDER").given
        assert reading.opt_outs.has(PhoneNumber(PHONE))
        assert [one.version for one in reading.consents.wordings()] == ["desk-1"]


def test_the_program_goes_on_where_it_was(renewed):
    """Who held a time books it, others cannot; a visit of before is moved and cancelled, a task done."""
    clinic = Clinic(lambda: SqlWork(renewed.engine))
    held, caller = renewed.ids["slot held"], clinic.patient()
    with pytest.raises(SlotTaken):
        clinic.hold(held, clinic.patient(), "call-2")
    made = clinic.book(held, caller)
    old = booking.of_id(clinic.new_work(), renewed.ids["visit BOOKED"])

    with clinic.new_work().reading() as work:
        patient = work.patients.get(old.patient_id)
    moved = clinic.book(renewed.ids["slot free"], patient, moves=old.id, call_key="call-3")
    how = {"rules": RULES, "now": NOW}
    booking.cancel(clinic.new_work(), moved.id, patient_id=patient.id, key="c", **how)

    assert made.id > renewed.ids["visit NO_SHOW"]
    assert [row.status for row in clinic.rows("bookings", patient_id=patient.id)] == ["MOVED", "CANCELLED_BY_PATIENT"]
    assert [row.status for row in clinic.rows("tasks", booking_id=old.id)] != ["OPEN"]
    assert [row.kind for row in clinic.rows("events")] == ["booking.made", "booking.moved", "booking.cancelled"]
    assert outreach.claim(clinic.new_work(), node="dial", **how) is None
