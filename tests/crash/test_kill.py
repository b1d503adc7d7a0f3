"""`ivr phone` killed at random moments of two hundred bookings: each is whole or not there, none is there twice."""

import asyncio
import contextlib
import os
import random
import sys
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from ivr.commands import probing
from ivr.commands.probing import finding
from ivr.domain.booking import FILLS_A_SLOT
from ivr.domain.identifiers import BadNumber, OmsNumber, PhoneNumber
from ivr.domain.patient import Patient, Sex
from ivr.phone.config import PROJECT, PhoneConfig
from ivr.storage import tables
from ivr.storage.engine import open_engine
from ivr.storage.work import SqlWork
from tests.dialogue.exchange import Exchange
from tests.up.instance import Instance

SOUNDS = PROJECT / "build" / "test-sounds-espeak"
PATIENTS, AT_ONCE = 200, 20
SEED = 20261124
READY_SECONDS = 30

pytestmark = pytest.mark.xdist_group("up")


def numbers():
    """Policy numbers that cannot exist: no such day of birth."""
    for serial in range(10_000):
        for check in range(10):
            try:
                yield OmsNumber(f"62564108549{serial:04}{check}")
            except BadNumber:
                continue


class Hospital:
    """An installation with two hundred patients, and the phone process that is killed again and again."""

    def __init__(self, folder):
        self.instance = Instance(folder / "hospital", SOUNDS)
        done = self.instance.ivr("setup")
        assert done.returncode == 0, done.stderr
        self.engine = open_engine(f"sqlite:///{folder}/hospital/var/ivr.db")
        self.port = int(self.instance.environment["IVR_AGI__PORT"])
        self.secret = self.instance.secrets()["agi"]
        self.process = None
        with SqlWork(self.engine) as work:
            self.patients = [self._admit(work, oms, n) for n, oms in zip(range(PATIENTS + 1), numbers(), strict=False)]
            work.commit()

    def _admit(self, work, oms, n):
        person = Patient(
            id=0,
            surname="Пробный",
            given_name="Пётр",
            patronymic=None,
            sex=Sex.MALE,
            birth_date=date(1980, 1, 2),
            oms=oms,
            phone=PhoneNumber(f"+70001{n:06}"),
        )
        return work.patients.add(person), oms, person.phone

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ivr.cli", "phone"), cwd=PROJECT, env=self.instance.environment
        )
        # As the instance itself has it: the probe tells it from another.
        folder = self.instance.folder / "var" / "asterisk"
        config = PhoneConfig(folder, demo_secret="x", ami_secret="x", agi_secret=self.secret, agi_port=self.port)
        async with asyncio.timeout(READY_SECONDS):
            while not (await finding("phone", lambda: probing.agi(config))).ok:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    async def kill(self):
        os.kill(self.process.pid, 9)
        await self.process.wait()

    async def until_booked(self, first, count, calls):
        """Wait until so many of the batch are booked: the kill must fall among them, however fast the machine is."""
        mine = {one[0] for one in self.patients[first : first + AT_ONCE]}
        while not all(call.done() for call in calls):
            if sum(row.patient_id in mine for row in self.rows(tables.bookings, status="BOOKED")) >= count:
                return
            await asyncio.sleep(0.02)

    async def phone(self, patient, keys, key):
        """One call, however it ends."""
        exchange = Exchange(keys, [])
        with contextlib.suppress(OSError):  # killed
            await exchange.call(self.port, route="inbound", caller=patient[2].e164, key=key, secret=self.secret)

    def has_identified(self, call_key):
        return any("patient_id" in row.progress for row in self.rows(tables.calls, call_key=call_key))

    def rows(self, table, **wanted):
        query = select(table)
        for name, value in wanted.items():
            query = query.where(table.c[name] == value)
        with self.engine.connect() as connection:
            return connection.execute(query).all()


def booking_keys(oms):
    """To any therapist at the nearest time; the ones after that accept whatever is offered."""
    return ["1", "1", "2", "1", f"{oms.digits}#", "1", "02011980#", "1", "1", "1", "3", *"1111", "2", "2", "2"]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    hospital = Hospital(tmp_path_factory.mktemp("kill"))
    yield hospital
    hospital.engine.dispose()


async def test_every_booking_is_whole_or_not_there_whenever_the_program_is_killed(hospital):
    chance = random.Random(SEED)  # noqa: S311

    for first in range(0, PATIENTS, AT_ONCE):
        await hospital.start()
        batch = hospital.patients[first : first + AT_ONCE]
        calls = [
            asyncio.create_task(hospital.phone(one, booking_keys(one[1]), f"kill-{first + n}"))
            for n, one in enumerate(batch)
        ]
        await hospital.until_booked(first, chance.randint(0, AT_ONCE * 3 // 4), calls)
        await asyncio.sleep(chance.uniform(0, 0.1))
        await hospital.kill()
        await asyncio.gather(*calls)

    booked = hospital.rows(tables.bookings, status="BOOKED", channel="CC")
    mine = {one[0] for one in hospital.patients}
    assert 0 < len(booked) < PATIENTS, "the kills came too early or too late to tell anything"
    assert max(Counter(row.patient_id for row in booked if row.patient_id in mine).values()) == 1
    assert max(Counter(row.slot_id for row in booked).values()) == 1
    assert_nothing_is_half(hospital)


def assert_nothing_is_half(hospital):
    filled = {row.slot_id for row in hospital.rows(tables.bookings) if row.status in FILLS_A_SLOT}
    taken = {row.id for row in hospital.rows(tables.slots, state="BOOKED")}
    asked = Counter(row.booking_id for row in hospital.rows(tables.tasks, kind="FEEDBACK", status="OPEN"))
    by_phone = {row.id for row in hospital.rows(tables.bookings, status="BOOKED", channel="CC")}

    assert filled == taken
    assert {booking: asked[booking] for booking in by_phone} == dict.fromkeys(by_phone, 1)


async def test_a_caller_cut_off_by_the_crash_goes_on_where_he_was_when_he_calls_back(hospital):
    await hospital.start()
    try:
        one = hospital.patients[-1]
        known = booking_keys(one[1])[:8]
        cut = asyncio.create_task(hospital.phone(one, [*known, *["*"] * 8], "cut"))
        async with asyncio.timeout(10):
            while not hospital.has_identified("cut"):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        await hospital.kill()
        await cut
        await hospital.start()

        await hospital.phone(one, ["1", "02011980#", "1", "1", "3", *"1111", "2", "2", "2"], "again")

        steps = [row.step for row in hospital.rows(tables.steps, call_key="again")]
        assert steps[:3] == ["resume.offer", "birth", "speciality"]
        assert "oms" not in steps[: steps.index("talon.number")]
        assert len(hospital.rows(tables.bookings, patient_id=one[0], status="BOOKED")) == 1
    finally:
        await hospital.kill()
