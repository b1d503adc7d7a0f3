"""What the dialler makes of calls of which it has not heard everything: begun before it, or by a question in vain."""

import asyncio
from datetime import UTC, datetime

import pytest

from ivr.domain.dialling import Dial, Ended, Outcome
from ivr.domain.pacing import Lines, Pace
from ivr.domain.tasks import TaskKind
from ivr.phone import dialler as dialling
from ivr.phone.ami import Ami
from ivr.phone.dialler import Dialler
from tests.phone.fake_ami import FakeAmi, fake_ami

ONE_LINE = Lines(1, 1, 0)
NO_ANSWER, NO_CIRCUIT = 19, 34


class Tasks:
    """A book in memory: whom to ring, what is going on, what became of each."""

    def __init__(self, *keys: str, left: tuple[str, ...] = ()) -> None:
        self.due = [Dial(key, 1, TaskKind.FEEDBACK, 1, "+79000000001", 1) for key in keys]
        self.left = list(left)
        self.ended: dict[str, Ended] = {}
        self._told = asyncio.Event()

    async def claim(self) -> Dial | None:
        return self.due.pop(0) if self.due else None

    async def finish(self, key: str, ended: Ended) -> None:
        self.ended[key] = ended
        self._told.set()

    async def renew(self, keys: list[str]) -> None: ...

    async def left_behind(self) -> list[str]:
        return [key for key in self.left if key not in self.ended]

    async def sweep(self) -> None: ...

    async def end_of(self, key: str) -> Ended:
        async with asyncio.timeout(5):
            while key not in self.ended:
                self._told.clear()
                await self._told.wait()
        return self.ended[key]


@pytest.fixture
async def fake():
    async with fake_ami() as server:
        goes_on(server)
        yield server


@pytest.fixture
async def rings(fake, monkeypatch):
    """await rings(book): a dialler with one line."""
    monkeypatch.setattr(dialling, "CAUSE_SECONDS", 0.05)
    ami = Ami("127.0.0.1", fake.port, "ivr", "secret", heartbeat=0.5, answer=0.5, again=0.05)
    stopping, running = asyncio.Event(), []

    async def start(book: Tasks, **how) -> Dialler:
        it = Dialler(ami, book, lines=ONE_LINE, pace=Pace(60_000), now=lambda: datetime.now(UTC), **how)
        await ami.start()
        running.append(asyncio.create_task(it.run(stopping)))
        return it

    yield start
    stopping.set()
    await asyncio.gather(*running)
    await ami.close()


def goes_on(fake: FakeAmi, *channels: tuple[str, str]) -> None:
    """What Asterisk tells of its channels: key and state."""
    rows = [
        f"Event: Status\r\nChannel: PJSIP/ivr-trunk-0\r\nChannelStateDesc: {state}\r\nUniqueid: {key}\r\n".encode()
        for key, state in channels
    ]
    fake.lists["Status"] = [*rows, b"Event: StatusComplete\r\n"]


def hangs_up(fake: FakeAmi, key: str, cause: int) -> None:
    fake.send(f"Event: Hangup\r\nChannel: PJSIP/ivr-trunk-0\r\nUniqueid: {key}\r\nCause: {cause}\r\n\r\n".encode())


@pytest.mark.parametrize("state", ["Ringing", "Down"])
async def test_a_telephone_that_rang_before_the_dialler_was_restarted_has_rung(fake, rings, state):
    # "Down" is also what early media (SIP 183) leave a channel in: who hears them may have heard it ring.
    book = Tasks(left=("before",))
    goes_on(fake, ("before", state))

    await rings(book)
    await fake.got("Status")
    hangs_up(fake, "before", NO_ANSWER)

    assert (await book.end_of("before")).outcome is Outcome.NO_ANSWER


async def test_a_cause_of_the_trunk_is_the_trunks_also_after_a_restart(fake, rings):
    book = Tasks(left=("before",))
    goes_on(fake, ("before", "Ringing"))

    await rings(book)
    await fake.got("Status")
    hangs_up(fake, "before", NO_CIRCUIT)

    assert (await book.end_of("before")).outcome is Outcome.TRUNK


async def test_a_call_that_ends_while_asterisk_lists_its_calls_leaves_its_line(fake, rings):
    book = Tasks("next", left=("before",))
    goes_on(fake, ("before", "Ringing"))

    await rings(book)
    await fake.got("Status")
    hangs_up(fake, "before", NO_ANSWER)

    assert (await fake.got("Originate"))["ChannelId"] == "next"


async def test_ringing_that_was_not_heard_while_asterisk_was_away_counts(fake, rings):
    book = Tasks("first")
    await rings(book)
    await fake.got("Originate")
    goes_on(fake, ("first", "Ringing"))

    fake.drop()
    await fake.got("Status", times=2)
    hangs_up(fake, "first", NO_ANSWER)

    assert (await book.end_of("first")).outcome is Outcome.NO_ANSWER


async def test_an_originate_that_asterisk_never_answered_frees_its_line_and_its_attempt(fake, rings):
    fake.answers["Originate"] = None
    book = Tasks("first", "second")

    await rings(book, answer_seconds=0.2)

    assert (await book.end_of("first")).outcome is Outcome.LOST
    assert (await fake.got("Originate", times=2))["ChannelId"] == "second"
    assert fake.logins == 1


async def test_an_originate_answered_too_late_is_a_call_like_any_other(fake, rings):
    fake.answers["Originate"] = None
    book = Tasks("first")

    await rings(book, answer_seconds=0.2)
    await fake.got("Originate")
    goes_on(fake, ("first", "Ringing"))
    await fake.got("Status", times=2)
    hangs_up(fake, "first", NO_ANSWER)

    assert (await book.end_of("first")).outcome is Outcome.NO_ANSWER
