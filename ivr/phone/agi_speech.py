"""Speech in one call, by AGI: Asterisk takes words or keys, whichever is complete first."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from ivr.dialogue.line import Hearing, Keypad
from ivr.phone.agi_session import AgiCall, AgiFailure
from ivr.phone.hush import Hush
from ivr.phone.recogniser import Recogniser
from ivr.phone.sound_files import seconds_of

log = logging.getLogger(__name__)

ENGINE = "ivr-listen"
"""The name of its section in aeap.conf."""
UNKNOWN = "[unk]"
SLACK_SECONDS = 10.0
_CREATE_SECONDS = 3.0
LONGEST_ANSWER = 25.0
"""Longer than `ivr listen` lets an answer last."""
_EARLY = 0.2
"""What ends so much before the pause was over did not end by it."""
_AT_ONCE = 0.01
"""What Asterisk still waits after the silence that is played behind a prompt."""
_BETWEEN_LISTS = 0.05
_DEAD = "dead"
"""Stands for the instance of a speech object that answers no more."""


class End(Enum):
    """Why a question ended without words."""

    SILENCE = "silence"
    TERMINATOR = "terminator"
    NOISE = "noise"
    """A sound stopped the prompt, and no known word came of it."""
    UNCLEAR = "unclear"
    """Somebody spoke, in no known word."""
    DEAF = "deaf"


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys so far; `whole` when they ended by the terminator or a pause, not by a voice in between."""

    keys: str
    whole: bool

    def __repr__(self) -> str:
        return f"Keyed({len(self.keys)} keys)"


@dataclass(frozen=True, slots=True)
class Said:
    """Readings of an answer, the likeliest first."""

    readings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Said({len(self.readings)} readings)"


Outcome = End | Keyed | Said


@dataclass(frozen=True, slots=True)
class _Told:
    """What one SpeechBackground came back with."""

    grammar: str
    text: str
    count: int
    after: float
    """Seconds since it began."""
    early: bool
    """It ended before its sounds and its pause were over."""


class Speech:
    """The speech object of one call. Made when it is first needed, made anew where `ivr listen` was started again."""

    def __init__(self, call: AgiCall, recogniser: Recogniser, hush: Hush) -> None:
        self._call = call
        self._recogniser = recogniser
        self._hush = hush
        self._made_by = ""
        """The instance of `ivr listen` that the speech object is connected to; empty: there is no object."""
        self._barge: bool | None = None
        self._longest: int | None = None

    async def can_hear(self) -> bool:
        """Whether a question may be asked by voice now. Raises CallerHungUp, AgiFailure."""
        instance = await self._recogniser.instance()
        if not instance:
            return False
        if self._made_by == instance:
            return True
        if self._made_by:
            self._made_by = ""
            await self._call.execute("SpeechDestroy")
        if not await self._create():
            self._recogniser.failed("create")
            return False
        self._made_by = instance
        self._recogniser.worked()
        return True

    async def _create(self) -> bool:
        """A failed one leaves nothing behind: SpeechDestroy would end the call."""
        try:
            await self._call.execute("SpeechCreate", ENGINE, within=_CREATE_SECONDS)
        except AgiFailure:  # an exchange without its modules; a session that broke says so at the next command
            return False
        return await self._call.evaluate("${ERROR}") != "1"

    async def close(self) -> None:
        """Nothing is asked any more: `ivr listen` need not keep a place for a caller who talks to a person."""
        if self._made_by:
            self._made_by = ""
            with contextlib.suppress(AgiFailure):
                await self._call.execute("SpeechDestroy")

    async def ask(self, lists: Sequence[Sequence[Path]], keypad: Keypad, hearing: Hearing) -> Outcome:
        """Play and listen: to words with the grammar of `hearing`, to keys as `keypad` says."""
        echo = not await self._may_barge()
        outcome = await self._once(lists, keypad, hearing, barge=hearing.barge and not echo, echo=echo)
        if outcome is End.NOISE:  # the prompt was lost to it: once more, and no noise stops it now
            outcome = await self._once(lists, keypad, hearing, barge=False, echo=echo)
        return outcome

    async def _once(
        self, lists: Sequence[Sequence[Path]], keypad: Keypad, hearing: Hearing, *, barge: bool, echo: bool
    ) -> Outcome:
        prompt = sum(map(seconds_of, lists))
        await self._begin(keypad, hearing, prompt=0.0 if barge else prompt, echo=echo)
        if not await self._answers():  # before the prompt: Asterisk would play all of it to nobody
            return self._gone()
        return await self._through(lists, keypad, prompt)

    async def _may_barge(self) -> bool:
        """Off for all, or for the trunk that the call came by: their prompts come back as echo."""
        if self._barge is None:
            self._barge = self._recogniser.barge and await self._call.evaluate("${IVR_BARGE}") != "0"
        return self._barge

    async def _begin(self, keypad: Keypad, hearing: Hearing, *, prompt: float, echo: bool) -> None:
        if keypad.longest != self._longest:
            self._longest = keypad.longest
            await self._call.set("SPEECH_DTMF_MAXLEN", str(keypad.longest))
        asked = (
            f"{hearing.grammar} barge=1 prompt={round(prompt * 1000)} echo={int(echo)}"
            f" silence={round(hearing.silence * 1000)} enough={hearing.enough} best={hearing.best}"
        )
        await self._call.set("SPEECH_ENGINE(ask)", asked)

    async def _through(self, lists: Sequence[Sequence[Path]], keypad: Keypad, prompt: float) -> Outcome:
        *earlier, last = lists or [[]]
        for files in earlier:  # only where the names do not fit into one command
            outcome = await self._listen(files, _BETWEEN_LISTS, keypad, prompt)
            if outcome is not End.SILENCE:
                return outcome
            prompt -= seconds_of(files)
        # With silence behind the prompt instead of a pause keys are waited for as Read does, whenever they begin.
        return await self._listen([*last, self._hush.lasting(keypad.first)], _AT_ONCE, keypad, prompt)

    async def _listen(self, files: Sequence[Path], pause: float, keypad: Keypad, prompt: float) -> Outcome:
        """One SpeechBackground, and a second one behind the first sound of a voice that stops the prompt."""
        told = await self._background(files, pause, keypad)
        spoke = told.grammar == "barge"
        stopped = spoke and told.after < prompt
        if spoke:
            told = await self._background([self._hush.lasting(LONGEST_ANSWER)], _AT_ONCE, keypad)
        match told.grammar:
            case "dtmf":
                return Keyed(told.text, whole=not await self._was_cut(told.text, keypad, results=int(spoke)))
            case "failed":
                self._recogniser.doubted("worker")
                return End.DEAF
            case "":
                return await self._nothing(told)
        if set(told.text.split()) - {UNKNOWN}:
            return Said((told.text, *await self._others(told.count)))
        return End.NOISE if stopped else End.UNCLEAR

    async def _background(self, files: Sequence[Path], pause: float, keypad: Keypad) -> _Told:
        loop = asyncio.get_running_loop()
        lasts = seconds_of(files) + pause
        within = lasts + keypad.longest * keypad.between + SLACK_SECONDS
        await self._call.execute("SpeechStart")
        began = loop.time()
        await self._call.execute("SpeechBackground", "&".join(map(str, files)), f"{pause:.3f}", within=within)
        after = loop.time() - began
        told = await self._call.evaluate("${SPEECH(results)}:${SPEECH_GRAMMAR(0)}:${SPEECH_TEXT(0)}")
        count, grammar, text = (*told.split(":", 2), "", "")[:3]
        number = int(count) if count.isdecimal() else 0
        if not number:
            grammar = text = ""
        return _Told(grammar, text.strip(), number, after, early=after < lasts - _EARLY)

    async def _others(self, count: int) -> list[str]:
        texts = [await self._call.evaluate(f"${{SPEECH_TEXT({rank}/0)}}") for rank in range(1, count)]
        return [text.strip() for text in texts if text.strip()]

    async def _was_cut(self, keys: str, keypad: Keypad, *, results: int) -> bool:
        """Only a first key that comes in one frame with a result ends the collecting before its time."""
        if len(keys) != 1 or keypad.longest == 1:
            return False
        told = await self._told()
        return told.isdecimal() and int(told) > results

    async def _nothing(self, told: _Told) -> End:
        """No result: nobody spoke, a lone terminator, or a recogniser that is gone or hangs."""
        if not await self._recogniser.is_well(fresh=True):
            return self._gone()
        if not told.early:
            return End.SILENCE
        return End.TERMINATOR if await self._answers() else self._gone()

    def _gone(self) -> End:
        self._made_by = _DEAD
        self._recogniser.failed("gone")
        return End.DEAF

    async def _answers(self) -> bool:
        """The speech object still leads to somebody; Asterisk finds out within a second."""
        return await self._told() != ""

    async def _told(self) -> str:
        """How many results of this question `ivr listen` has sent."""
        with contextlib.suppress(AgiFailure):
            return await self._call.evaluate("${SPEECH_ENGINE(told)}")
        return ""
