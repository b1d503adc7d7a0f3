"""Several `ivr dial` on one PostgreSQL, each a process with an Asterisk of its own: each task is rung once."""

import asyncio
import contextlib
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests.crash.calling import DialProcess, installation, rules_at, visits
from tests.phone.fake_ami import FakeAmi, fake_ami
from tests.phone.far_phone import until

pytestmark = pytest.mark.postgres
PEOPLE = 40
SIP = 5060
"""Nobody is there: these exchanges have no telephones."""


class Busy(FakeAmi):
    """An Asterisk all of whose calls find the line engaged a moment later."""

    async def _answer(self, raw, writer):
        await super()._answer(raw, writer)
        message = self.received[-1]
        if message["Action"] == "Originate":
            asyncio.get_running_loop().call_later(0.2, self._engaged, message["ChannelId"])

    def _engaged(self, key):
        about = f"Channel: PJSIP/ivr-trunk-{key}\r\nUniqueid: {key}\r\n"
        self.send(f"Event: Newchannel\r\n{about}\r\n".encode())
        self.send(f"Event: Hangup\r\n{about}Cause: 17\r\n\r\n".encode())


@pytest.fixture
def database(postgres_database):
    return postgres_database


@pytest.mark.parametrize("count", [2, 4])
async def test_each_task_is_rung_once_by_however_many_diallers(database, clinic, count, tmp_path):
    now = datetime.now(UTC)
    async with contextlib.AsyncExitStack() as stack:
        exchanges = [await stack.enter_async_context(fake_ami(Busy)) for _ in range(count)]
        for number, exchange in enumerate(exchanges):
            exchange.lists["Status"] = [b"Event: StatusComplete\r\n"]
            folder = tmp_path / str(number)
            folder.mkdir()
            instance = installation(folder, database.url, rules_at(now), now, SIP)
            instance.environment |= {"IVR_AMI__PORT": str(exchange.port), "IVR_OUTBOUND__PER_MINUTE": "600"}
            dialler = DialProcess(instance)
            stack.push_async_callback(dialler.kill)
            await dialler.start()
        await until(lambda: all(exchange.logins for exchange in exchanges), within=60)
        phones = [f"+7900{number:07}" for number in range(PEOPLE)]
        await asyncio.to_thread(visits, clinic, phones, rules_at(now), now, in_days=1)
        await until(lambda: sum(row.ended_at is not None for row in clinic.rows("dial_attempts")) >= PEOPLE, within=60)
        await asyncio.sleep(1)

    rung = [[one for one in exchange.received if one["Action"] == "Originate"] for exchange in exchanges]
    attempts = clinic.rows("dial_attempts")
    by_task = Counter(row.task_id for row in attempts)
    assert by_task == Counter(row.id for row in clinic.rows("tasks", kind="FEEDBACK"))
    assert sorted(one["ChannelId"] for calls in rung for one in calls) == sorted(row.key for row in attempts)
    assert all(rung)
    assert {row.outcome for row in attempts} == {"BUSY"}
    assert [row.id for row in clinic.rows("tasks") if row.leased_by is not None] == []
