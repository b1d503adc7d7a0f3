"""The hospital rings: a patient cancels by keys, and the next on the waiting list is rung and takes his time."""

import asyncio
import contextlib
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivr.bootstrap import House, phone_stories, voice_of
from ivr.commands.dial import StoredBook
from ivr.domain.booking import BookingStatus
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.pacing import Lines, Pace
from ivr.domain.tasks import TaskKind
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.phone.ami import Ami
from ivr.phone.config import PROJECT, Trunk
from ivr.phone.dialler import Dialler
from ivr.phone.server import PhoneServer
from ivr.services import aftermath, slot_offers, waiting
from ivr.services.waiting import Wish
from ivr.settings import Settings
from tests.asterisk import running_asterisk
from tests.builders import Clinic, at
from tests.phone.far_phone import until
from tests.ports import free_ports

from .desk_phone import tone
from .handset import Handset, Pulse
from .phone_program import clock_at
from .sipp import Sipp
from .town import town

pytestmark = [pytest.mark.sip, pytest.mark.xdist_group("dialler")]
NOON = datetime(2026, 4, 28, 9, 0, tzinfo=UTC)  # 12:00 in Moscow, the day before the visit
VISIT = at("2026-04-29 15:00")
FIRST, SECOND = PhoneNumber("+79000001190"), PhoneNumber("+79000002290")


@pytest.fixture
def clinic(sqlite_database):
    return Clinic(sqlite_database.new_work)


@pytest.fixture
def amd() -> bool:
    """Whether Asterisk guesses answering machines."""
    return False


@pytest.fixture
async def hospital(sqlite_database, tmp_path, amd):
    """Everything but the patients: Asterisk with a trunk, the stories, the dialler. (asterisk, port, rules)."""
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    trunk = Trunk(f"127.0.0.1:{port}")
    with running_asterisk(tmp_path, trunk=trunk, dial_secret="dial", amd=amd) as asterisk:
        settings = Settings(
            database={"url": sqlite_database.url},
            agi={"port": asterisk.config.agi_port},
            listen={"enabled": False},
            voice={"engine": "espeak"},
            folders={"sounds": PROJECT / "build" / "test-sounds-espeak", "var": tmp_path / "var"},
            sip={"trunk_host": trunk.host},
        )
        clock = clock_at(NOON)
        house, voice = House(settings, clock=clock), voice_of(settings)
        await voice.start()
        server = PhoneServer(asterisk.config, voice, phone_stories(house, voice))
        await server.start()
        config = asterisk.config
        ami = Ami(config.ami_host, config.ami_port, config.dial_user, config.dial_secret)
        rules = house.desk.rules
        book = StoredBook(house.new_work, node="dial", rules=lambda: rules, now=clock, sign=tmp_path / "alive")
        dialler = Dialler(ami, book, lines=Lines(1, 6, 2), pace=Pace(600), now=clock, ring_seconds=10)
        stopping = asyncio.Event()

        async def ring():
            await ami.start()
            return asyncio.create_task(dialler.run(stopping))

        running = []
        yield lambda: (asterisk, port, rules, ring, running)
        stopping.set()
        await asyncio.gather(*running)
        await ami.close()
        book.close()
        await server.close()
        await voice.close()
        house.close()


async def answers(clinic, handset, *keys):
    """Each answer as soon as its question is being said: the one before has been written down by then."""
    await asyncio.wait_for(handset.sound_came.wait(), 20)
    known = len(clinic.rows("steps"))
    for answer in keys:
        await asyncio.sleep(1.0)  # the first words of the question
        handset.press(answer)
        known += 1
        await until(lambda known=known: len(clinic.rows("steps")) >= known, within=15)


async def test_a_patient_cancels_and_the_next_on_the_list_is_rung_and_takes_his_time(clinic, hospital):
    asterisk, port, rules, ring, running = hospital()
    clinic.speciality()
    doctor = clinic.doctor()
    visit = clinic.book(clinic.slot(doctor, VISIT), clinic.patient(), rules=rules, contact=FIRST)
    waits = clinic.patient()
    wish = Wish(waits.id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, SECOND, "join")
    entry = waiting.join(clinic.new_work(), wish, rules=rules, now=NOON)

    pulse = Pulse()
    with Handset(pulse) as cancels, Handset(pulse) as takes:
        rows = [(cancels.port,), (takes.port,)]
        async with Sipp(town(), rows, server=("127.0.0.1", asterisk.config.sip_port), port=port):
            running.append(await ring())
            await answers(clinic, cancels, "1", "1985", "2", "1", "2")
            await answers(clinic, takes, "1", "1985", "1")
            await until(lambda: all(row.ended_at for row in clinic.rows("dial_attempts")), within=30)

    first, second = clinic.rows("dial_attempts")
    (cancelled, booked) = clinic.rows("bookings")
    assert (first.outcome, first.result, second.outcome, second.result) == ("DONE", "CANCELLED", "DONE", "BOOKED")
    assert (first.phone, second.phone) == (FIRST.e164, SECOND.e164)
    assert (cancelled.id, cancelled.status) == (visit.id, "CANCELLED_BY_PATIENT")
    assert (booked.patient_id, booked.slot_id, booked.status) == (waits.id, visit.slot.id, "BOOKED")
    assert clinic.rows("waiting_entries", id=entry.id)[0].status == "BOOKED"
    assert [row.status for row in clinic.rows("slot_offers")] == ["ACCEPTED"]
    # The next one waits only for the line that the first one still has.
    assert second.begun_at - first.ended_at < timedelta(seconds=5)


async def test_a_patient_confirms_his_visit_and_another_moves_hers(clinic, hospital):
    asterisk, port, rules, ring, running = hospital()
    clinic.speciality()
    slot, other, _ = clinic.slots(clinic.doctor(), [VISIT + timedelta(minutes=20 * number) for number in range(3)])
    stays = clinic.book(slot, clinic.patient(), rules=rules, contact=FIRST)
    moves = clinic.book(other, clinic.patient(), rules=rules, contact=SECOND)

    pulse = Pulse()
    with Handset(pulse) as confirms, Handset(pulse) as changes:
        rows = [(confirms.port,), (changes.port,)]
        async with Sipp(town(), rows, server=("127.0.0.1", asterisk.config.sip_port), port=port):
            running.append(await ring())
            await answers(clinic, confirms, "1", "1985", "1")
            await answers(clinic, changes, "1", "1985", "3", "1", "1")
            await until(lambda: ended(clinic) == 2, within=30)

    assert [(row.outcome, row.result) for row in clinic.rows("dial_attempts")] == [
        ("DONE", "CONFIRMED"),
        ("DONE", "MOVED"),
    ]
    assert [(row.id, row.status) for row in clinic.rows("bookings")][:2] == [(stays.id, "BOOKED"), (moves.id, "MOVED")]
    assert [row.replaces_id for row in clinic.rows("bookings", status="BOOKED")] == [None, moves.id]


ANSWERS = ("1", "1985", "2", "1")
"""To the questions of a reminder: is it you, your birth year, will you come, are you sure to cancel."""


async def test_who_hangs_up_at_any_question_changes_nothing_and_is_rung_again(clinic, hospital):
    asterisk, port, rules, ring, running = hospital()
    clinic.speciality()
    slots = clinic.slots(clinic.doctor(), [VISIT + timedelta(minutes=20 * number) for number in range(len(ANSWERS))])
    for number, slot in enumerate(slots):
        clinic.book(slot, clinic.patient(), rules=rules, contact=PhoneNumber(f"+7900000{number}092"))

    with contextlib.ExitStack() as stack:
        pulse = Pulse()
        handsets = [stack.enter_context(Handset(pulse)) for _ in slots]
        rows = [(handset.port,) for handset in handsets]
        async with Sipp(town(), rows, server=("127.0.0.1", asterisk.config.sip_port), port=port, trace=True) as people:
            running.append(await ring())
            for number, handset in enumerate(handsets):
                await answers(clinic, handset, *ANSWERS[:number])
                await asyncio.sleep(1.0)  # into the next question
                people.tell(people.messages("INVITE")[-1]["call-id"])
                await until(lambda number=number: ended(clinic) > number, within=20)

    attempts = clinic.rows("dial_attempts")
    assert [(row.outcome, row.cause, row.result) for row in attempts] == [("UNFINISHED", 16, None)] * len(ANSWERS)
    assert {row.status for row in clinic.rows("bookings")} == {"BOOKED"}
    assert {(row.status, row.robot, row.leased_by) for row in clinic.rows("tasks")} == {("OPEN", True, None)}
    assert all(row.not_before > row.created_at for row in clinic.rows("tasks"))


def of_every_other_story(clinic, doctor, rules) -> list[int]:
    """A task of each kind beside the reminder, for a patient with a telephone of his own; their ids."""
    robot = replace(rules, robot_calls=True, surveys=True)
    phones = (PhoneNumber(f"+7900000{number}092") for number in range(5))
    tomorrow = [clinic.slot(doctor, VISIT + timedelta(minutes=20 * number)) for number in range(3)]
    yesterday = [clinic.slot(doctor, at(f"2026-04-27 15:{minute}")) for minute in ("00", "20")]
    before = at("2026-04-27 09:00")

    def booked(slot):
        return clinic.book(slot, clinic.patient(), now=before, rules=rules, contact=next(phones))

    cancelled, moved, came, missed = (booked(slot) for slot in (*tomorrow[:2], *yesterday))
    waits = clinic.patient()
    wish = Wish(waits.id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, next(phones), "join")
    waiting.join(clinic.new_work(), wish, rules=rules, now=before)
    work = clinic.new_work()
    with work:
        aftermath.clinic_cancelled(work, cancelled, "absence-1-", robot, NOON)
        aftermath.clinic_moved(work, moved, robot, NOON)
        for visit, status in ((came, BookingStatus.VISITED), (missed, BookingStatus.NO_SHOW)):
            work.bookings.close(visit, status, key=None, now=NOON)
            work.tasks.drop(visit.id, TaskKind.FEEDBACK)
        aftermath.visited(work, came, robot, NOON)
        aftermath.missed(work, missed, robot, NOON)
        slot_offers.freed(work, work.slots.get(tomorrow[2]), robot, NOON)
        work.commit()
    return [row.id for row in clinic.rows("tasks", status="OPEN")]


async def test_who_hangs_up_at_the_question_of_any_other_story_has_settled_nothing(clinic, hospital):
    asterisk, port, rules, ring, running = hospital()
    clinic.speciality()
    tasks = of_every_other_story(clinic, clinic.doctor(), rules)
    before = clinic.rows("bookings")
    kinds = {row.kind for row in clinic.rows("tasks", status="OPEN")}
    assert kinds == {"CLINIC_CANCELLED", "CLINIC_MOVED", "SURVEY", "NO_SHOW", "OFFER"}

    with contextlib.ExitStack() as stack:
        pulse = Pulse()
        handsets = [stack.enter_context(Handset(pulse)) for _ in tasks]
        rows = [(handset.port,) for handset in handsets]
        async with Sipp(town(), rows, server=("127.0.0.1", asterisk.config.sip_port), port=port, trace=True) as people:
            running.append(await ring())
            for number, handset in enumerate(handsets):
                await answers(clinic, handset, "1", "1985")
                await asyncio.sleep(1.0)  # into the question of the story
                people.tell(people.messages("INVITE")[-1]["call-id"])
                await until(lambda number=number: ended(clinic) > number, within=20)

    attempts = clinic.rows("dial_attempts")
    assert sorted(row.task_id for row in attempts) == tasks
    assert {(row.outcome, row.result) for row in attempts} == {("UNFINISHED", None)}
    assert clinic.rows("bookings") == before
    assert [row.status for row in clinic.rows("slot_offers")] == ["OPEN"]


def ended(clinic) -> int:
    return sum(row.ended_at is not None for row in clinic.rows("dial_attempts"))


@pytest.mark.parametrize("amd", [True])
async def test_a_machine_is_told_from_a_person_where_the_hospital_wants_it_and_hears_nothing_yet(clinic, hospital, amd):
    """The first of three attempts: the message is left by the last one (4.2)."""
    asterisk, port, rules, ring, running = hospital()
    clinic.speciality()
    clinic.book(clinic.slot(clinic.doctor(), VISIT), clinic.patient(), rules=rules, contact=FIRST)

    with Handset(Pulse()) as machine:
        machine.say(tone(6.0))
        where = ("127.0.0.1", asterisk.config.sip_port)
        async with Sipp(town(), [(machine.port,)], server=where, port=port, trace=True) as telephone:
            running.append(await ring())
            await until(lambda: bool(telephone.media()), within=20)
            machine.connect("127.0.0.1", telephone.media()[0])
            await until(lambda: ended(clinic) == 1, within=30)

    (attempt,) = clinic.rows("dial_attempts")
    assert (attempt.outcome, attempt.result) == ("MACHINE", None)
    assert clinic.rows("tasks")[0].status == "OPEN"
    assert not machine.sound_came.is_set()
