"""The robot's calls: what one costs, how many an hour, and how soon a freed time rings the next of the waiting list.

The real `ivr dial` and Asterisk; the town is played by sipp, and every telephone in it is busy.
"""

import asyncio
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.cpu import Spent, spent_by
from bench.measure import Result, percentile, result
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.domain.waiting_list import PartOfDay, WaitingReason
from ivr.phone.config import Trunk
from ivr.services import booking, waiting
from ivr.services.waiting import Wish
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork
from tests.asterisk import running_asterisk
from tests.builders import Clinic
from tests.crash.calling import DialProcess, installation, rules_at, visits
from tests.phone.far_phone import until
from tests.ports import free_ports
from tests.sip.sipp import Sipp
from tests.sip.town import town

BUSY = "+79{kind}{number:06}17"
REMINDED, WAITS = 1, 2
GOAL = "p95 <= 5 s"


@dataclass(frozen=True, slots=True)
class Place:
    """A hospital with a town behind its trunk; the dialler runs when it is started."""

    clinic: Clinic
    rules: Rules
    now: datetime
    dialler: DialProcess
    asterisk: int
    """Its process."""
    town: Sipp

    def rung(self, kind: int) -> set[str]:
        """Numbers of this kind that have rung."""
        numbers = (message["to"].partition("sip:")[2].partition("@")[0] for message in self.town.messages("INVITE"))
        return {number for number in numbers if number.startswith(f"+79{kind}")}


def measure(*, quick: bool) -> list[Result]:
    return asyncio.run(_measured(60 if quick else 300, 5 if quick else 20))


async def _measured(calls: int, freed: int) -> list[Result]:
    async with _place(calls + freed) as place:
        seconds, dialler, asterisk = await _reminders(place, calls)
        soon = await _refilled(place, freed)
    spent = (dialler.program + dialler.children + asterisk.program) / calls
    each = f"dialler {dialler.program / calls:.1f}, Asterisk {asterisk.program / calls:.1f} ms"
    an_hour = f"{calls / seconds * 3600:,.0f} an hour as they came, the pace set to 2400 a minute"
    p95 = percentile(soon, 0.95)
    return [
        Result("outbound", "processor time of an attempt", calls, spent, spent, note=each),
        Result("outbound", "attempts on one core", calls, 3600 / spent, 3600 / spent, unit="k/h", note=an_hour),
        result("outbound", "from a cancellation to the next one's ring", soon, goal=GOAL, note=f"p95 {p95:.2f} s"),
    ]


@asynccontextmanager
async def _place(rings: int) -> AsyncIterator[Place]:
    now = datetime.now(UTC)
    rules = rules_at(now)
    (port,) = free_ports(1, socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/ivr.db"
        migrate(url)
        engine = open_engine(url)
        instance = installation(folder, url, rules, now, port)
        config = {"dial_secret": instance.secrets()["dial"], "ami_port": int(instance.environment["IVR_AMI__PORT"])}
        with running_asterisk(folder, trunk=Trunk(f"127.0.0.1:{port}"), **config) as asterisk:
            where, rows = ("127.0.0.1", asterisk.config.sip_port), [(40000,)] * (2 * rings)
            async with Sipp(town(), rows, server=where, port=port, trace=True) as provider:
                dialler = DialProcess(instance)
                yield Place(Clinic(lambda: SqlWork(engine)), rules, now, dialler, asterisk.pid or 0, provider)
                await dialler.kill()
        engine.dispose()


async def _reminders(place: Place, calls: int) -> tuple[float, Spent, Spent]:
    """Every visit of tomorrow is to be confirmed now: seconds for all, and what they cost."""
    phones = [BUSY.format(kind=REMINDED, number=number) for number in range(calls)]
    visits(place.clinic, phones, place.rules, place.now, in_days=1)
    await place.dialler.start()
    await until(lambda: len(place.rung(REMINDED)) > 0, within=30)
    began = time.monotonic()
    with spent_by(place.dialler.pid) as dialler, spent_by(place.asterisk) as asterisk:
        await until(lambda: _over(place) >= calls, within=240)
        seconds = time.monotonic() - began
    return seconds, dialler, asterisk


def _over(place: Place) -> int:
    return sum(row.ended_at is not None for row in place.clinic.rows("dial_attempts"))


async def _refilled(place: Place, freed: int) -> list[float]:
    """Seconds from each cancellation to the moment at which the telephone of the next one rings."""
    phones = [BUSY.format(kind=9, number=number) for number in range(freed)]
    booked = visits(place.clinic, phones, place.rules, place.now, in_days=6)
    for number in range(freed):
        contact = PhoneNumber(BUSY.format(kind=WAITS, number=number))
        wish = Wish(
            place.clinic.patient().id, "therapist", None, PartOfDay.ANY, WaitingReason.NO_SLOTS, contact, f"w{number}"
        )
        waiting.join(place.clinic.new_work(), wish, rules=place.rules, now=place.now)
    taken: list[float] = []
    for number, visit in enumerate(booked):
        known = len(place.rung(WAITS))
        began = time.monotonic()
        booking.cancel(
            place.clinic.new_work(),
            visit.id,
            patient_id=visit.patient_id,
            key=f"cancel-{number}",
            rules=place.rules,
            now=datetime.now(UTC),
        )
        await until(lambda known=known: len(place.rung(WAITS)) > known, within=30)
        taken.append(time.monotonic() - began)
    return taken
