"""Is it there? One probe for each part, for `ivr status`, `ivr check` and the start of `ivr up`."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from ivr import bootstrap, bootstrap_web
from ivr.phone.ami import Ami
from ivr.phone.config import PhoneConfig
from ivr.services.ports import StorageDown
from ivr.settings import Settings
from ivr.storage.migrate import current, head


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe saw; `ok` False is a reason not to take calls."""

    part: str
    ok: bool
    text: str


Probe = Callable[[], Awaitable[str]]


async def finding(part: str, probe: Probe, *, within: float = 10.0) -> Finding:
    """Run a probe; whatever it raises becomes its answer."""
    try:
        async with asyncio.timeout(within):
            return Finding(part, True, await probe())
    except ConnectionRefusedError:
        return Finding(part, False, "not running; `ivr up` starts it")
    except StorageDown as problem:
        return Finding(
            part, False, f"the database cannot be used ({problem}); `ivr setup` makes it where there is none"
        )
    except Exception as problem:
        return Finding(part, False, str(problem) or type(problem).__name__)


def must_be_writable(folder: Path) -> None:
    """Raises OSError naming the folder in which nothing can be kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder):
        pass


async def database(settings: Settings) -> str:
    """At the newest migration. Raises for anything else."""
    found, newest = await asyncio.to_thread(current, settings.database_url), head()
    if found != newest:
        raise RuntimeError(f"at migration {found}, the program needs {newest}; run `ivr setup`")
    return f"migration {found}"


async def sounds(settings: Settings) -> str:
    """What callers hear can be kept. Raises OSError."""
    folder = bootstrap.sounds_folder(settings)
    must_be_writable(folder)
    return str(folder)


async def agi(config: PhoneConfig) -> str:
    """The program of this installation answers behind the AGI port."""
    reader, writer = await asyncio.open_connection(config.agi_host, config.agi_port)
    try:
        writer.write(f"agi_network: yes\nagi_network_script: health?{config.agi_secret}\n\n".encode())
        said = (await reader.read(200)).decode("utf-8", "replace")
    finally:
        writer.close()
    if config.instance not in said:
        where = f"{config.agi_host}:{config.agi_port}"
        raise RuntimeError(f"something else, perhaps another installation, listens on {where}; set another agi.port")
    return f"{config.agi_host}:{config.agi_port}"


async def listen(settings: Settings) -> str:
    """`ivr listen` answers and can recognise: with which model. Raises OSError, RuntimeError."""
    where = f"{settings.listen.host}:{settings.listen.port}"
    reader, writer = await asyncio.open_connection(settings.listen.host, settings.listen.port)
    try:
        writer.write(b"GET /health HTTP/1.1\r\nHost: listen\r\nConnection: close\r\n\r\n")
        said = (await reader.read(10_000)).decode("utf-8", "replace")
    finally:
        writer.close()
    try:
        health = json.loads(said.partition("\r\n\r\n")[2])
        model, ready, workers = health["model"], health["workers_ready"], health["workers"]
    except (ValueError, KeyError, TypeError) as problem:
        raise RuntimeError(f"something else listens on {where}; set another listen.port") from problem
    if not ready:
        raise RuntimeError(f"{where}: its workers are still loading the model {model}")
    synthetic = ", understands synthetic voices only, not people" if health.get("synthetic_only") else ""
    return f"model {model}{synthetic}; {ready} of {workers} workers, {where}"


def sign_of_life(settings: Settings, command: str) -> Path:
    """A file that `ivr dial` and `ivr notify` touch every few seconds."""
    return settings.var / f"{command}.alive"


ROUND_SECONDS = 15.0
"""The dialler does its rounds far more often, unless the database is down."""


async def web(settings: Settings) -> str:
    """The site answers. Raises OSError, RuntimeError."""
    where = settings.web
    host = "127.0.0.1" if where.host == "0.0.0.0" else where.host  # noqa: S104 - only compared
    tls = ssl._create_unverified_context() if where.certificate else None  # noqa: S323 - its own machine, by any name
    reader, writer = await asyncio.open_connection(host, where.port, ssl=tls)
    try:
        writer.write(b"GET /health HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n")
        said = (await reader.read(2_000)).decode("utf-8", "replace")
    finally:
        writer.close()
    if not said.rstrip().endswith("ok"):
        raise RuntimeError(f"something else listens on {host}:{where.port}; set another web.port")
    return bootstrap_web.site_address(settings)


async def site(settings: Settings, *, within: float = 1.0) -> str:
    """Where the site is, in words; never a reason not to take calls."""
    if not settings.web.enabled:
        return "none: web.enabled is false"
    found, why = await _patiently(lambda: web(settings), within)
    return found or f"none: {why}"


async def dial(settings: Settings) -> str:
    """The dialler does its rounds; returns when it has lately. Raises OSError where it never has."""
    await _alive(settings, "dial")
    return "patients are rung up"


async def notify(settings: Settings) -> str:
    """The same of the worker that sends messages."""
    await _alive(settings, "notify")
    return "messages are sent"


async def _alive(settings: Settings, command: str) -> None:
    sign = sign_of_life(settings, command)
    while time.time() - sign.stat().st_mtime > ROUND_SECONDS:  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.5)


async def dialler(settings: Settings) -> str:
    """Whether the robot rings, in words; never a reason not to take calls."""
    if not settings.rings:
        return "none: there is no trunk, or outbound.enabled is false"
    found, why = await _patiently(lambda: dial(settings), 1.0)
    return found or f"none: {why}"


async def post(settings: Settings) -> str:
    """Whether messages are sent, in words; never a reason not to take calls."""
    if not settings.posts:
        return "none: no gateway is set"
    found, why = await _patiently(lambda: notify(settings), 1.0)
    return found or f"none: {why}"


async def _patiently(probe: Probe, within: float) -> tuple[str, str]:
    """What the probe says as soon as it succeeds, or why it never did."""
    problem: Exception = TimeoutError()
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    return await probe(), ""
                except (OSError, RuntimeError) as met:
                    problem = met
                await asyncio.sleep(0.2)
    except TimeoutError:
        return "", "not running" if isinstance(problem, ConnectionRefusedError) else str(problem) or "no answer"


async def speech(settings: Settings, *, within: float = 5.0) -> str:
    """How callers are heard, in words; never a reason not to take calls."""
    if not settings.listen.enabled:
        return "keys only: listen.enabled is false"
    found, why = await _patiently(lambda: listen(settings), within)
    return found or f"keys only: {why}"


async def asterisk(config: PhoneConfig) -> str:
    """Booted, and lets us in by AMI."""
    _, writer = await asyncio.open_connection(config.ami_host, config.ami_port)  # refused: no need to wait for more
    writer.close()
    ami = Ami(config.ami_host, config.ami_port, config.ami_user, config.ami_secret)
    try:
        await ami.start(within=5)
    finally:
        await ami.close()
    return f"AMI {config.ami_host}:{config.ami_port}"
