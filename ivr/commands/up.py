"""`ivr up`: Asterisk, `ivr phone` and `ivr listen` in the foreground; all are watched, all are stopped."""

import asyncio
import logging
import re
import resource
import signal
import time
from collections.abc import Callable

from rich.console import Console

from ivr import bootstrap, bootstrap_web
from ivr.commands import probing
from ivr.commands.alone import alone
from ivr.commands.child import Child, ChildRefused
from ivr.commands.probing import Finding, finding
from ivr.commands.status import look
from ivr.data.people import demo_people
from ivr.domain.identifiers import Certificate, Claim, OmsNumber
from ivr.phone.asterisk import Asterisk, AsteriskFailed, keep_running
from ivr.phone_config import phone_config_of
from ivr.services.ports import StorageDown
from ivr.settings import Settings
from ivr.setup import machine
from ivr.setup.debs import SetupFailed

log = logging.getLogger(__name__)


class _Screen(Console):
    """Goes on without a word where the terminal, or the pipe it was read through, is gone."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


console = _Screen(highlight=False, soft_wrap=True)

READY_WITHIN = 60.0
OPEN_FILES = 65_536
SPEECH_WITHIN = 3.0
"""A big model takes longer to load: that is no reason to wait with the first call."""
SITE_WITHIN = 5.0
DEAF_SECONDS = 3.0
"""A recogniser that says nothing for so long may hold a caller in silence."""


def up(settings: Settings) -> None:
    """Run until SIGTERM, SIGINT or SIGHUP. Raises AlreadyUp, SetupFailed, AsteriskFailed, ChildRefused."""
    with alone(settings.var):
        _open_enough_files()
        asyncio.run(_up(settings))


def _open_enough_files() -> None:
    """Five for a call in Asterisk, one here: 1024, the usual limit, end at two hundred calls."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


async def _up(settings: Settings) -> None:
    program = machine.find_asterisk(settings.path(settings.folders.build))
    if program is None:
        raise SetupFailed("there is no Asterisk yet; run `ivr setup`")
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    config = phone_config_of(settings)
    asterisk = Asterisk(program, config)
    asterisk_stopping = asyncio.Event()
    phone = Child("phone", lambda: probing.agi(config))
    ears = Child("listen", lambda: probing.listen(settings), hung=DEAF_SECONDS)
    site = Child("web", lambda: probing.web(settings))
    dialler = Child("dial", lambda: probing.dial(settings))
    post = Child("notify", lambda: probing.notify(settings))
    first = await asyncio.to_thread(_users, settings)
    running = asyncio.create_task(phone.keep_running())
    listening = asyncio.create_task(_listen(settings, ears))
    serving = asyncio.create_task(_web(settings, site))
    ringing = asyncio.create_task(_dial(settings, dialler))
    posting = asyncio.create_task(_notify(settings, post))
    try:
        await asyncio.to_thread(asterisk.start)
        watching = asyncio.create_task(keep_running(asterisk, asterisk_stopping))
        if await _ready(settings, stopping, running):
            speech = await probing.speech(settings, within=SPEECH_WITHIN)
            await probing.site(settings, within=SITE_WITHIN)
            _say_ready(settings, speech, first)
        await _either(running, stopping)
        console.print("stopping: calls may finish, then Asterisk ends …")
        ending = asyncio.create_task(dialler.stop(settings.phone.drain_seconds + 10))
        await asyncio.to_thread(asterisk.close_doors)
        await phone.stop(settings.phone.drain_seconds + 10)
        await ending
        await _empty(asterisk, settings.phone.drain_seconds)
        asterisk_stopping.set()
        await watching
    finally:
        asterisk_stopping.set()
        running.cancel()
        listening.cancel()
        serving.cancel()
        ringing.cancel()
        posting.cancel()
        await asyncio.gather(running, listening, serving, ringing, posting, return_exceptions=True)
        await phone.stop(0)
        await ears.stop(1)
        await site.stop(5)
        await dialler.stop(0)
        await post.stop(5)
        await asyncio.to_thread(asterisk.stop)


async def _listen(settings: Settings, ears: Child) -> None:
    """Without a recogniser calls go by keys: it is no reason to take none."""
    if not settings.listen.enabled:
        return
    try:
        await ears.keep_running()
    except ChildRefused as refused:
        log.error("speech is not recognised, callers are served by keys", extra={"reason": str(refused)})


async def _web(settings: Settings, site: Child) -> None:
    """Without the site calls go on."""
    if not settings.web.enabled:
        return
    try:
        await site.keep_running()
    except ChildRefused as refused:
        log.error("there is no site, calls are taken all the same", extra={"reason": str(refused)})


async def _dial(settings: Settings, dialler: Child) -> None:
    """Without the dialler nobody is rung up, and people see in their list whom to ring."""
    if not settings.rings:
        return
    try:
        await dialler.keep_running()
    except ChildRefused as refused:
        log.error("patients are not rung up by the robot", extra={"reason": str(refused)})


async def _notify(settings: Settings, post: Child) -> None:
    """Without it messages wait in the database."""
    if not settings.posts:
        return
    try:
        await post.keep_running()
    except ChildRefused as refused:
        log.error("messages are not sent", extra={"reason": str(refused)})


def _users(settings: Settings) -> tuple[str, str] | None:
    """The first administrator's login and password, if he was made just now."""
    try:
        return bootstrap_web.prepare_users(settings) if settings.web.enabled else None
    except StorageDown:
        log.error("the database is down; nobody can log in at the site")
        return None


async def _either(running: "asyncio.Task[None]", stopping: asyncio.Event) -> None:
    """Return when asked to stop; raises what `running` raises."""
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
    if running.done():
        running.result()


async def _ready(settings: Settings, stopping: asyncio.Event, running: "asyncio.Task[None]") -> bool:
    deadline = time.monotonic() + READY_WITHIN
    config = phone_config_of(settings)
    found = [Finding("phone", False, "not started")]
    while not stopping.is_set() and not running.done() and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
        found = [await finding("phone", lambda: probing.agi(config))]
        if found[0].ok:
            found = await look(settings)
        if all(part.ok for part in found):
            return True
    if not stopping.is_set() and not running.done():
        wrong = "; ".join(f"{part.part}: {part.text}" for part in found if not part.ok)
        console.print(f"not ready after {READY_WITHIN:.0f} s ({wrong}); still trying", style="red")
    return False


async def _empty(asterisk: Asterisk, within: float) -> None:
    """Wait for callers who talk to an operator."""
    deadline = time.monotonic() + within
    while await asyncio.to_thread(_channels, asterisk) > 0:
        if time.monotonic() > deadline:
            log.warning("calls still running are ended with Asterisk")
            return
        await asyncio.sleep(0.5)


def _channels(asterisk: Asterisk) -> int:
    try:
        found = re.search(r"(\d+) active channel", asterisk.cli("core show channels count"))
    except AsteriskFailed:
        return 0
    return int(found[1]) if found else 0


def _say_ready(settings: Settings, speech: str, first: tuple[str, str] | None) -> None:
    """How to phone, how to log in, and who may be played."""
    config = phone_config_of(settings)
    host = config.external_address or config.bind
    say: Callable[..., None] = console.print
    say("\n[bold green]Ready: calls are taken.[/]\n")
    say(
        f"By telephone  any softphone: server [bold]{host}:{config.sip_port}[/] (UDP), "
        f"user [bold]{config.demo_user}[/], password [bold]{config.demo_secret}[/], "
        f"dial [bold]{config.ivr_extension}[/]"
    )
    operator = config.operators[0]
    say(f"As operator   a second softphone: user {operator.name}, password {operator.secret}")
    if settings.web.enabled:
        _say_site(settings, first)
    say("No telephone  [bold].venv/bin/ivr talk[/]")
    say(f"By voice      {speech}\n", markup=False)
    if people := _people(settings):
        say(people, markup=False)
    say("Ctrl-C stops everything that was started.\n")


def _say_site(settings: Settings, first: tuple[str, str] | None) -> None:
    address = bootstrap_web.site_address(settings)
    console.print(f"In a browser  [bold]{address}phone[/] rings the same number, without a softphone")
    if settings.hospital.demo:
        logins = ", ".join(user.login for user in bootstrap_web.DEMO_USERS)
        password = bootstrap_web.demo_password(settings)
        console.print(f"Staff         [bold]{address}[/]  {logins}; password of all: [bold]{password}[/]")
        if settings.kiosk.enabled:
            console.print(f"Infomat       [bold]{address}kiosk[/]  the same password, once, as its pass")
    if first is not None:
        console.print(
            f"Administrator [bold]{address}[/]  {first[0]}, password [bold]{first[1]}[/] (shown only this once)"
        )


def _people(settings: Settings) -> str:
    """One line each for those who are in the database: what to key, who it is, what he is good for."""
    lines = ["Fictitious patients: number, birth date as keyed, telephone"]
    with bootstrap.clinic_of(settings) as clinic, clinic.work().reading() as work:
        for person in demo_people()["people"].values():
            number = person.get("oms") or person.get("certificate", "")
            if work.patients.matching(_claim(number), person["born"]):
                name = " ".join(filter(None, (person["surname"], person["given_name"], person.get("patronymic"))))
                phone = person.get("phone", "")
                lines.append(f"  {number:<16}  {person['born']:%d%m%Y}  {phone:<12}  {name}: {person['use']}")
    return "\n".join(lines) if len(lines) > 1 else ""


def _claim(number: str) -> Claim:
    return OmsNumber(number) if len(number) == 16 else Certificate(number)
