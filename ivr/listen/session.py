"""One caller: a websocket of Asterisk, from SpeechCreate to SpeechDestroy, with one question after another.

Everything here returns at once: Asterisk waits a second for an answer and then gives up on us, with a caller on the
line.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping

from ivr.listen import aeap
from ivr.listen.answer import Barge, Broken, Heard
from ivr.listen.metrics import Metrics
from ivr.listen.pool import NoWorker, Pool
from ivr.listen.question import OPTIONS, UNKNOWN, BadOption, Question, Vocabulary

log = logging.getLogger(__name__)

STEP = "step"
ASK = "ask"
"""Step and options in one: «yes barge=1 best=3»."""
TOLD = "told"
"""Asked by the line: how many results of this question were sent, a `barge` included."""
KEYS = "dtmf"
LOOK_UP_SECONDS = 2.0
_EARLY_FRAMES = 100
"""Kept while the vocabulary is looked up: two seconds."""
_MOST_LETTERS = 500_000
"""A vocabulary beyond this is a mistake, and would take a worker's time from others."""
_BETWEEN = 0.3
"""After a result Asterisk listens again within milliseconds; until its first frame a further result would be lost."""


class Session:
    """Answers messages through `send`, which queues a text and returns at once."""

    def __init__(self, pool: Pool, vocabulary: Vocabulary, metrics: Metrics, send: Callable[[str], None]) -> None:
        self._pool, self._vocabulary, self._metrics, self._send = pool, vocabulary, metrics, send
        self._is_set_up = False
        self._defaults: Mapping[str, str] = {}
        self._params: dict[str, str] = {}
        self._wanted: dict[str, str] = {}
        self._step = ""
        self._looking: asyncio.Task[tuple[str, ...] | None] | None = None
        self._number: int | None = None
        self._early: deque[bytes] = deque(maxlen=_EARLY_FRAMES)
        self._heard_since = False
        self._later: asyncio.TimerHandle | None = None
        self._held: aeap.Result | None = None

    def take(self, message: str | bytes) -> None:
        """A message of Asterisk; what is none is counted and passed over."""
        if isinstance(message, bytes):
            self._hear(message)
            return
        try:
            self._obey(aeap.parse(message))
        except aeap.BadMessage as problem:
            self._metrics.bad_messages.inc()
            log.warning("not a message of Asterisk", extra={"reason": str(problem)})

    def close(self) -> None:
        """The caller is gone, or the server ends."""
        self._abandon()

    def fail(self) -> None:
        """The server ends: whoever is speaking is asked by keys."""
        if self._looking or self._number is not None:
            self._answer(Broken())

    def _obey(self, message: aeap.Message) -> None:
        match message:
            case aeap.Setup():
                self._set_up(message)
            case aeap.Set():
                self._send(aeap.done(message))
                self._set(message.params)
            case aeap.Get():
                self._send(aeap.told(message, self._params))
            case aeap.Unsupported(id_, request):
                self._send(aeap.refused(request, id_, "not supported"))
            case aeap.Response():
                pass

    def _set_up(self, setup: aeap.Setup) -> None:
        if aeap.CODEC not in setup.codecs:
            self._send(aeap.refused("setup", setup.id, "only slin; write codecs = !all,slin into aeap.conf"))
            return
        self._is_set_up = True
        self._defaults = setup.params
        self._params.update(setup.params)
        self._send(aeap.accepted(setup))

    def _set(self, params: Mapping[str, str]) -> None:
        if ASK in params:
            params = {**params, **_asked(params[ASK])}
        self._params.update(params)
        self._wanted.update({name: value for name, value in params.items() if name in OPTIONS})
        if KEYS in params:  # answered by keys: nobody waits for the words
            self._abandon()
        if STEP in params:
            self._abandon()
            self._params[TOLD] = "0"
            self._step = params[STEP]
            self._looking = asyncio.create_task(self._look_up(self._step))

    async def _look_up(self, step: str) -> tuple[str, ...] | None:
        """The phrases; None where they cannot be had."""
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return tuple(await asyncio.to_thread(self._vocabulary, step))
        except Exception as problem:  # a database that is down, a key of an older version
            log.error("no vocabulary", extra={"step": step, "reason": type(problem).__name__})
            return None

    def _hear(self, audio: bytes) -> None:
        """Audio comes only while Asterisk listens; the first of it begins the question."""
        if not self._is_set_up or len(audio) % 2:
            self._metrics.bad_messages.inc()
        if not self._is_set_up:
            return
        self._heard_since = True
        self._deliver_held()
        if self._looking:
            self._early.append(audio)
            if self._looking.done():
                self._begin(self._looking.result())
        elif self._number is not None:
            self._pool.hear(self._number, audio)

    def _begin(self, phrases: tuple[str, ...] | None) -> None:
        early, self._early = self._early, deque(maxlen=_EARLY_FRAMES)
        options, self._wanted = {**self._defaults, **self._wanted}, {}
        self._looking = None
        try:
            if phrases is None or sum(map(len, phrases)) > _MOST_LETTERS:
                raise BadOption("its vocabulary cannot be used")
            question = Question(phrases).with_options(options)
            self._number = self._pool.begin(question, self._answer)
        except (NoWorker, BadOption) as problem:
            self._metrics.refused_questions.inc()
            log.error("question refused", extra={"step": self._step, "reason": str(problem) or "no worker"})
            self._answer(Broken())
            return
        for audio in early:
            self._pool.hear(self._number, audio)

    def _answer(self, event: Barge | Heard | Broken) -> None:
        match event:
            case Barge():
                self._metrics.barges.inc()
                self._deliver(aeap.Result(aeap.BARGE))
            case Heard(readings, after):
                self._metrics.answer_seconds.observe(after)
                self._count(_outcome(readings[0][0]), readings[0][0], after)
                self._abandon()
                self._deliver(aeap.Result(self._step, readings))
            case Broken():
                self._count("failed", "", 0.0)
                self._abandon()
                self._deliver(aeap.Result(aeap.FAILED))

    def _deliver(self, result: aeap.Result) -> None:
        """At once if Asterisk listens; else when it does again, or a little later where no audio comes at all."""
        if self._heard_since:
            self._push(result)
            return
        self._held = result
        self._later = asyncio.get_running_loop().call_later(_BETWEEN, self._deliver_held)

    def _deliver_held(self) -> None:
        if held := self._held:
            self._drop_held()
            self._push(held)

    def _push(self, result: aeap.Result) -> None:
        self._heard_since = False
        self._params[TOLD] = str(int(self._params.get(TOLD, "0")) + 1)
        self._send(aeap.pushed(result))

    def _drop_held(self) -> None:
        self._held = None
        if self._later:
            self._later.cancel()

    def _abandon(self) -> None:
        """No question is open."""
        self._drop_held()
        if self._number is not None:
            self._pool.forget(self._number)
        if self._looking:
            self._looking.cancel()
        self._number, self._looking = None, None
        self._early.clear()

    def _count(self, outcome: str, text: str, after: float) -> None:
        self._metrics.results.labels(outcome).inc()
        seen = {"step": self._step, "outcome": outcome, "words": len(text.split()), "after_ms": round(after * 1000)}
        log.info("answer", extra={**seen, "pii.text": text})


def _asked(text: str) -> dict[str, str]:
    step, *options = text.split()
    pairs = (option.partition("=") for option in options)
    return {STEP: step, **{name: value for name, _, value in pairs}}


def _outcome(text: str) -> str:
    if not text:
        return "empty"
    return "no_match" if UNKNOWN in text.split() else "heard"
