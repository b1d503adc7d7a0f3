"""The hospital rings: a patient cancels by keys, and the next on the waiting list is rung and takes his time."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta

import pytest

from ivr.bootstrap import House, phone_stories, voice_of
from ivr.commands.dial import StoredBook
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.pacing import Lines, Pace
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.phone.ami import Ami
from ivr.phone.config import PROJECT, Trunk
from ivr.phone.dialler import Dialler
from ivr.phone.server import PhoneServer
from ivr.services import waiting
from ivr.services.waiting import Wish
from ivr.settings import Settings
from tests.asterisk import free_ports, running_asterisk
from tests.builders import Clinic, at
from tests.phone.far_phone import until

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
async def hospital(sqlite_database, tmp_path):
    """Everything but the patients: Asterisk with a trunk, the stories, the dialler. (asterisk, port, rules)."""
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    trunk = Trunk(f"127.0.0.1:{port}")
    with running_asterisk(tmp_path, trunk=trunk, dial_secret="dial") as asterisk:
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
