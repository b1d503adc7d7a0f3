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
from ivr.phone.recogniser import Recogniser
from ivr.phone.sound_files import seconds_of

log = logging.getLogger(__name__)

ENGINE = "ivr-listen"
"""The name of its section in aeap.conf."""
UNKNOWN = "[unk]"
SLACK_SECONDS = 10.0
_CREATE_SECONDS = 3.0
_LONGEST_ANSWER = 25.0
"""Longer than `ivr listen` lets an answer last."""
_EARLY = 0.5
"""What ends so much before the pause was over did not end by it."""


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


class Speech:
    """The speech object of one call. Made when it is first needed, made anew where it died."""

    def __init__(self, call: AgiCall, recogniser: Recogniser, hush: Path) -> None:
        self._call = call
        self._recogniser = recogniser
        self._hush = hush
        self._alive = self._dead = False
        self._barge: bool | None = None
        self._longest: int | None = None

    async def can_hear(self) -> bool:
        """Whether a question may be asked by voice now. Raises CallerHungUp, AgiFailure."""
        if self._alive:
            return True
        if not await self._recogniser.is_well():
            return False
        if self._dead:
            await self._call.execute("SpeechDestroy")
            self._dead = False
        await self._call.execute("SpeechCreate", ENGINE, within=_CREATE_SECONDS)
        # A failed SpeechCreate left nothing behind: SpeechDestroy would end the call.
        self._alive = await self._call.evaluate("${ERROR}") != "1"
        if not self._alive:
            self._recogniser.failed("create")
        return self._alive

    async def ask(self, lists: Sequence[Sequence[Path]], keypad: Keypad, hearing: Hearing) -> Outcome:
        """Play and listen: to words with the grammar of `hearing`, to keys as `keypad` says."""
        barge = hearing.barge and await self._may_barge()
        outcome = await self._once(lists, keypad, hearing, barge=barge)
        if outcome is End.NOISE:  # the prompt was lost to it: once more, and nothing stops it now
            outcome = await self._once(lists, keypad, hearing, barge=False)
        return outcome

    async def _once(self, lists: Sequence[Sequence[Path]], keypad: Keypad, hearing: Hearing, *, barge: bool) -> Outcome:
        await self._begin(keypad, hearing, barge=barge)
        if not await self._answers():  # before the prompt: Asterisk would play all of it to nobody
            return self._gone()
        return await self._through(lists, keypad)

    async def _may_barge(self) -> bool:
        """Off for all, or for the trunk that the call came by."""
        if self._barge is None:
            self._barge = self._recogniser.barge and await self._call.evaluate("${IVR_BARGE}") != "0"
        return self._barge

    async def _begin(self, keypad: Keypad, hearing: Hearing, *, barge: bool) -> None:
        if keypad.longest != self._longest:
            self._longest = keypad.longest
            await self._call.set("SPEECH_DTMF_MAXLEN", str(keypad.longest))
        asked = (
            f"{hearing.grammar} barge={int(barge)} silence={round(hearing.silence * 1000)}"
            f" enough={hearing.enough} best={hearing.best}"
        )
        await self._call.set("SPEECH_ENGINE(ask)", asked)

    async def _through(self, lists: Sequence[Sequence[Path]], keypad: Keypad) -> Outcome:
        *earlier, last = lists or [[]]
        for files in earlier:  # only where the names do not fit into one command
            outcome = await self._listen(files or [self._hush], 0.05)
            if outcome is not End.SILENCE:
                return outcome
        return await self._listen(last or [self._hush], keypad.first)

    async def _listen(self, files: Sequence[Path], pause: float) -> Outcome:
        """One SpeechBackground, and a second one behind the first sound of a voice that stops the prompt."""
        grammar, text, count, early = await self._background(files, pause)
        spoke = grammar == "barge"
        if spoke:
            grammar, text, count, early = await self._background([self._hush], _LONGEST_ANSWER)
        match grammar:
            case "dtmf":
                return Keyed(text, whole=not early or not await self._was_told())
            case "failed":
                self._recogniser.fallbacks["worker"] += 1
                return End.DEAF
            case "":
                return await self._nothing(early)
        if set(text.split()) - {UNKNOWN}:
            return Said((text, *await self._others(count)))
        return End.NOISE if spoke else End.UNCLEAR

    async def _background(self, files: Sequence[Path], pause: float) -> tuple[str, str, int, bool]:
        """Grammar, text and number of results; and whether it ended before the pause was over."""
        loop = asyncio.get_running_loop()
        within = seconds_of(files) + pause
        await self._call.execute("SpeechStart")
        began = loop.time()
        names = "&".join(map(str, files))
        await self._call.execute("SpeechBackground", names, f"{pause:.3f}", within=within + 16 * 5 + SLACK_SECONDS)
        early = loop.time() - began < within - _EARLY
        told = await self._call.evaluate("${SPEECH(results)}:${SPEECH_GRAMMAR(0)}:${SPEECH_TEXT(0)}")
        count, grammar, text = (*told.split(":", 2), "", "")[:3]
        number = int(count) if count.isdecimal() else 0
        return (grammar, text.strip(), number, early) if number else ("", "", 0, early)

    async def _others(self, count: int) -> list[str]:
        return [(await self._call.evaluate(f"${{SPEECH_TEXT({number})}}")).strip() for number in range(1, count)]

    async def _nothing(self, early: bool) -> End:
        """No result: nobody spoke, a lone terminator, or a recogniser that is gone."""
        if not early:
            return End.SILENCE
        return End.TERMINATOR if await self._answers() else self._gone()

    def _gone(self) -> End:
        self._alive, self._dead = False, True
        self._recogniser.failed("gone")
        return End.DEAF

    async def _answers(self) -> bool:
        return await self._engine("told") != ""

    async def _was_told(self) -> bool:
        """A result of speech ended the collecting of keys."""
        return await self._engine("told") == "1"

    async def _engine(self, name: str) -> str:
        with contextlib.suppress(AgiFailure):
            return await self._call.evaluate(f"${{SPEECH_ENGINE({name})}}")
        return ""
