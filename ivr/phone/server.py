"""The body of `ivr phone`: stories behind AGI routes, never more calls than it can serve, nobody dropped at its end."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ivr.dialogue.line import CallerHungUp
from ivr.phone.agi import AgiApplication, AgiCall, Route
from ivr.phone.agi_line import AgiLine, Voice
from ivr.phone.agi_session import AgiFailure
from ivr.phone.agi_speech import LONGEST_ANSWER
from ivr.phone.caller import Caller, call_key_of, caller_of, is_guest
from ivr.phone.config import BadPhoneConfig, PhoneConfig
from ivr.phone.hush import Hush
from ivr.phone.recogniser import Recogniser
from ivr.phone.sound_files import BadSound

log = logging.getLogger(__name__)

ROUTES = ("inbound", "callback", "unserved", "outbound")
"""A new call; key 1 pressed in the queue; the queue gave the caller back; somebody whom we rang up has answered."""
NEW_CALLS = frozenset({"inbound", "outbound"})

Story = Callable[[AgiLine, Caller, str], Awaitable[None]]
"""story(line, caller, call_key). Ends with line.hang_up() or line.transfer() called; otherwise the dialplan
apologises and queues the caller for a person, as it does when the story raises."""


@dataclass(frozen=True, slots=True)
class Health:
    """How the server does, for `ivr status`."""

    listening: bool
    draining: bool
    calls: int
    most: int
    served: int
    refused: int
    failed: int
    fallbacks: Mapping[str, int]
    """What went wrong with speech, and under `keys` how many questions went by keys for it."""

    @property
    def takes_calls(self) -> bool:
        return self.listening and not self.draining


class PhoneServer:
    """Runs stories for calls that Asterisk sends by FastAGI."""

    def __init__(
        self,
        config: PhoneConfig,
        voice: Voice,
        stories: Mapping[str, Story],
        *,
        recogniser: Recogniser | None = None,
        guests: Route | None = None,
    ) -> None:
        """Without a door for `guests` no browser's call is let in."""
        if missing := set(ROUTES) - set(stories):
            raise ValueError(f"no story for {', '.join(sorted(missing))}")
        self._config = config
        self._voice = voice
        self._recogniser = recogniser
        self._hush: Hush | None = None
        self._stories = stories
        self._guests = guests
        self._application: AgiApplication | None = None
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()
        self._draining = False
        self._served = self._refused = self._failed = 0

    async def start(self) -> None:
        """Listen. Raises BadPhoneConfig if the port is taken or the address is not ours."""
        self._hush = _silence(self._config) if self._recogniser else None
        self._application = AgiApplication(secret=self._config.agi_secret)
        for name in ROUTES:
            self._application.add_route(name, partial(self._take, name))
        self._application.add_route("health", self._answer_probe)
        self._application.add_route("guest", self._guests or self._answer_probe)
        host, port = self._config.agi_host, self._config.agi_port
        try:
            self._server = await self._application.listen(host, port)
        except OSError as problem:
            raise BadPhoneConfig(f"agi.port: cannot listen on {host}:{port} ({problem.strerror})") from problem

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve until `stopping`, then drain and close."""
        await self.start()
        await stopping.wait()
        await self.drain(self._config.drain_seconds)
        await self.close()

    async def drain(self, within: float) -> None:
        """Take no new calls, let running ones finish; those that do not are handed to a person."""
        self._draining = True
        if self._calls:
            log.info("draining", extra={"calls": len(self._calls), "within_s": within})
            await asyncio.wait(self._calls, timeout=within)
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls, timeout=5)

    async def close(self) -> None:
        """Stop listening; a call still running is handed to a person."""
        await self.drain(0)
        if self._server is not None and self._application is not None:  # panoramisk made it a dict, and empty
            self._server.close()
            await self._application.end()
            self._server = None

    def health(self) -> Health:
        return Health(
            listening=self._server is not None and self._server.is_serving(),
            draining=self._draining,
            calls=len(self._calls),
            most=self._config.max_calls,
            served=self._served,
            refused=self._refused,
            failed=self._failed,
            fallbacks=dict(self._recogniser.fallbacks) if self._recogniser else {},
        )

    async def _take(self, route: str, call: AgiCall) -> None:
        # One who comes back from the queue is short to serve and has nowhere else to go.
        full = route in NEW_CALLS and len(self._calls) >= self._config.max_calls
        if self._draining or full:
            await self._refuse(call, route)
            return
        task = asyncio.create_task(self._tell(self._stories[route], call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        # The story's own task is cancelled at the end of a drain, this one goes on to close the socket.
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    async def _tell(self, story: Story, call: AgiCall) -> None:
        try:
            captions = is_guest(call.headers)
            line = AgiLine(call, self._voice, recogniser=self._recogniser, hush=self._hush, captions=captions)
            await story(line, caller_of(call.headers), call_key_of(call.headers))
            self._served += 1
        except CallerHungUp:
            self._served += 1
            raise
        except asyncio.CancelledError:
            # Asterisk reads this after the sound or question it is busy with; the socket may be closed by then.
            call.post("SET VARIABLE", "IVR_REASON", "drain")
            call.post("SET VARIABLE", "IVR_NEXT", "operator")
            raise
        except Exception:
            self._failed += 1
            raise

    async def _refuse(self, call: AgiCall, route: str) -> None:
        self._refused += 1
        reason = "drain" if self._draining else "overload"
        log.warning("call refused", extra={"reason": reason, "route": route})
        if route == "outbound":  # it ends, and is made again another time: he did not ask for an operator
            return
        with contextlib.suppress(CallerHungUp, AgiFailure):
            await call.set("IVR_REASON", reason)
            await call.set("IVR_NEXT", "operator")

    async def _answer_probe(self, call: AgiCall) -> None:
        """`ivr status` asks whether anybody is here, and who."""
        call.post("NOOP", self._config.instance)


def _silence(config: PhoneConfig) -> Hush | None:
    """What is played while callers are listened to; without it they are served by keys."""
    hush = Hush(config.sounds)
    try:
        hush.lasting(LONGEST_ANSWER)
    except BadSound as problem:
        log.error("callers are served by keys only", extra={"reason": str(problem)})
        return None
    return hush
