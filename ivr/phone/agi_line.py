"""A telephone line of the dialogue over AGI: prompts, keys by EXEC Read, words or keys by agi_speech."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from ivr.dialogue.line import (
    Answer,
    CallerHungUp,
    Deaf,
    Hearing,
    Keypad,
    Keys,
    LineTrouble,
    Silence,
    Unclear,
    Utterance,
    Words,
)
from ivr.phone.agi_session import AgiCall, AgiFailure
from ivr.phone.agi_speech import End, Keyed, Said, Speech
from ivr.phone.agi_text import BadArgument
from ivr.phone.captions import captions_of
from ivr.phone.hush import Hush
from ivr.phone.recogniser import Recogniser
from ivr.phone.sound_files import BadSound, chunks, seconds_of

log = logging.getLogger(__name__)

T = TypeVar("T")

_SLACK_SECONDS = 10.0
"""How much longer than its sounds and pauses a command may take before Asterisk is called hung."""
_BETWEEN_FILES = 0.05
"""What Read itself waits between two files of a list."""


class Voice(Protocol):
    """Words to sound files. May take a while; may raise anything, which the line turns into LineTrouble."""

    async def sounds(self, utterance: Utterance) -> list[Path]:
        """Absolute paths without extension, to be played one after another."""

    def prepare(self, utterances: Sequence[Utterance]) -> None:
        """Have these ready soon; returns at once."""


class AgiLine:
    """Implements ivr.dialogue.line.Line. `hung_up` is set within milliseconds of the hang-up."""

    def __init__(
        self,
        call: AgiCall,
        voice: Voice,
        *,
        queue: str = "operators",
        recogniser: Recogniser | None = None,
        hush: Hush | None = None,
        captions: bool = False,
    ) -> None:
        """Speech is heard with a recogniser and silence to play while it listens; keys are taken without.

        With `captions` the caller's telephone is sent the words as well, over the call itself.
        """
        self._call = call
        self._voice = voice
        self._recogniser = recogniser
        self._speech = Speech(call, recogniser, hush) if recogniser and hush else None
        self._queue = queue
        self._captions = captions
        self._times: tuple[float, float] | None = None
        self.hung_up = call.hung_up

    async def play(self, utterances: Sequence[Utterance]) -> None:
        """Speak without listening; returns when all of it has been heard."""
        lists = await self._lists(utterances)
        await self._show(utterances)
        for files in lists:
            await self._play(files)

    async def hears(self) -> bool:
        """Whether speech can be heard now."""
        with _as_trouble():
            return self._speech is not None and await self.unless_gone(self._speech.can_hear())

    async def ask(self, utterances: Sequence[Utterance], keypad: Keypad, hearing: Hearing | None = None) -> Answer:
        """Speak and listen at once; the first key stops the speech, and so does a voice where it may."""
        lists = await self._lists(utterances)
        await self._show(utterances)
        if hearing is not None and self._speech is not None and self._recogniser is not None:
            if await self.hears():
                return await self._by_voice(self._speech, lists, keypad, hearing)
            self._recogniser.fallbacks["keys"] += 1
        *earlier, last = lists or [[]]
        for files in earlier:  # only when the names do not fit into one command
            if isinstance(answer := await self._read(files, keypad, first=_BETWEEN_FILES), Keys):
                return answer
        return await self._read(last, keypad, first=keypad.first)

    async def _by_voice(
        self, speech: Speech, lists: Sequence[Sequence[Path]], keypad: Keypad, hearing: Hearing
    ) -> Answer:
        await self._set_times(keypad.first, keypad.between)
        with _as_trouble():
            outcome = await speech.ask(lists, keypad, hearing)
        match outcome:
            case Said(readings):
                return Words(readings[0], readings[1:])
            case End.UNCLEAR | End.NOISE:
                return Unclear()
            case Keyed(keys, whole):
                return await self._rest(keys, keypad, whole=whole)
            case End.TERMINATOR:
                return Keys("", ended=True)
            case End.DEAF:
                return Deaf()
        return Silence()

    async def _rest(self, keys: str, keypad: Keypad, *, whole: bool) -> Answer:
        """Keys that a voice cut off go on; those that are whole are looked at as Read's are."""
        status = "OK"
        if not whole and len(keys) < keypad.longest:
            status, more = await self._more(keypad.longest - len(keys), keypad.between)
            keys += more
        while status == "OK" and len(keys) == keypad.longest > 1 and "*" in keys:
            status, keys = await self._begun_anew(keys, keypad)
        if status == "OK" and len(keys) == keypad.longest:
            return await self._settled(keys, keypad)
        return Keys(keys)

    async def prepare(self, utterances: Sequence[Utterance]) -> None:
        """Have these ready soon; returns at once and never raises."""
        try:
            self._voice.prepare(utterances)
        except Exception:
            log.exception("voice could not prepare")

    async def waiting(self) -> int:
        """How many callers wait for a person before this one."""
        with _as_trouble():
            count = await self._call.evaluate(f"${{QUEUE_WAITING_COUNT({self._queue})}}")
        return int(count) if count.isdecimal() else 0

    async def transfer(self, *, apologise: bool = False, urgent: bool = False, reason: str = "story") -> None:
        """Let the dialplan queue the caller for a person when the story returns; `reason` is a code, never words."""
        if self._speech:
            await self._speech.close()
        await self._set("IVR_REASON", reason)
        await self._set("IVR_APOLOGISE", "1" if apologise else "")
        await self._set("IVR_URGENT", "1" if urgent else "")
        await self._set("IVR_NEXT", "operator")

    async def hang_up(self) -> None:
        """End the call: the dialplan hangs up when the story returns."""
        await self._set("IVR_NEXT", "hangup")

    async def unless_gone(self, work: Awaitable[T]) -> T:
        """The outcome of `work`, or CallerHungUp as soon as the caller goes; `work` is cancelled then."""
        task = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(self.hung_up.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise CallerHungUp
        finally:
            gone.cancel()
            task.cancel()

    async def _lists(self, utterances: Sequence[Utterance]) -> list[list[Path]]:
        """The files of all utterances, in as few lists as commands can carry."""
        files: list[Path] = []
        for utterance in utterances:
            files += await self.unless_gone(self._sounds(utterance))
        with _as_trouble():
            return chunks(files)

    async def _show(self, utterances: Sequence[Utterance]) -> None:
        """Send the words along: Asterisk waits for nobody, and a telephone that cannot show them is no trouble."""
        for text in captions_of(utterances) if self._captions else ():
            # Its answer is waited for: Asterisk would not see a command that comes in one packet with the next.
            with contextlib.suppress(AgiFailure, BadArgument):
                await self._call.send_command("SEND TEXT", text)

    async def _sounds(self, utterance: Utterance) -> list[Path]:
        try:
            return await self._voice.sounds(utterance)
        except Exception as problem:
            raise LineTrouble(f"no sound for {utterance.key}") from problem

    async def _play(self, files: list[Path]) -> None:
        with _as_trouble():
            await self._call.execute("Playback", _list(files), within=seconds_of(files) + _SLACK_SECONDS)
            status = await self._call.evaluate("${PLAYBACKSTATUS}")
        if status != "SUCCESS":
            raise LineTrouble("Asterisk could not play a sound")

    async def _read(self, files: list[Path], keypad: Keypad, *, first: float) -> Answer:
        with _as_trouble():
            within = seconds_of(files) + first + keypad.longest * keypad.between + _SLACK_SECONDS
        await self._set_times(first, keypad.between)
        status, keys = await self._collect(_list(files), str(keypad.longest), within=within)
        while status == "OK" and len(keys) == keypad.longest > 1 and "*" in keys:
            status, keys = await self._begun_anew(keys, keypad)
        if status == "TIMEOUT":
            return Keys(keys) if keys else Silence()
        if len(keys) < keypad.longest:
            return Keys(keys, ended=True)
        return await self._settled(keys, keypad)

    async def _begun_anew(self, keys: str, keypad: Keypad) -> tuple[str, str]:
        """* clears what was keyed before it: the room that it took is given back."""
        kept = keys.rpartition("*")[2]
        room = keypad.longest - len(kept)
        status, more = await self._more(room, keypad.between)
        return status, kept + more

    async def _more(self, room: int, between: float) -> tuple[str, str]:
        within = room * between + _SLACK_SECONDS
        return await self._collect("", f"{room}", "", "1", f"{between:.3f}", within=within)

    async def _settled(self, keys: str, keypad: Keypad) -> Keys:
        """After the last expected key: one key too many, the terminator, or neither."""
        if not keypad.settle:
            return Keys(keys)
        status, more = await self._more(1, keypad.settle)
        return Keys(keys + more, ended=status == "OK" and not more)

    async def _collect(self, files: str, *options: str, within: float) -> tuple[str, str]:
        """Run Read; its status (OK or TIMEOUT) and the keys, fetched together."""
        with _as_trouble():
            await self._call.execute("Read", "IVR_KEYS", files, *options, within=within)
            status, _, keys = (await self._call.evaluate("${READSTATUS}:${IVR_KEYS}")).partition(":")
        if status not in ("OK", "TIMEOUT"):
            raise LineTrouble(f"Read ended with {status[:20]}")
        return status, keys

    async def _set_times(self, first: float, between: float) -> None:
        """How long Read waits; told only when it changes, to save round trips before a sound."""
        if self._times == (first, between):
            return
        self._times = None
        await self._set("TIMEOUT(response)", f"{first:.3f}")
        await self._set("TIMEOUT(digit)", f"{between:.3f}")
        self._times = (first, between)

    async def _set(self, name: str, value: str) -> None:
        with _as_trouble():
            await self._call.set(name, value)


@contextmanager
def _as_trouble() -> Iterator[None]:
    try:
        yield
    except (AgiFailure, BadArgument, BadSound) as problem:
        raise LineTrouble(str(problem)) from problem


def _list(files: Sequence[Path]) -> str:
    return "&".join(map(str, files))
