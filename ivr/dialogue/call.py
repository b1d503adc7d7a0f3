"""One conversation: say, ask, choose. The one place that listens, counts failures and writes the journal."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

from ivr.dialogue.desk import Desk, Journal, Step
from ivr.dialogue.ears import Ears, Spoken
from ivr.dialogue.form import Form
from ivr.dialogue.line import (
    Answer,
    CallerHungUp,
    Deaf,
    Hearing,
    Keypad,
    Keys,
    Line,
    Phrase,
    Phrasebook,
    Silence,
    Utterance,
    Words,
)
from ivr.dialogue.menus import EVERYWHERE, YES, Menu
from ivr.dialogue.turns import EMERGENCY, GoBack, MainMenu, NoAnswer, ToOperator
from ivr.domain.booking import Booking
from ivr.domain.hospital import Hospital
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.services.ports import Work
from ivr.understand.grammar import REQUEST, Heard

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_CALL = 150
"""Questions in one call; nobody needs more, and a stuck key must not hold a line for ever."""
MOST_REPEATS = 9
PATIENCE = 1.0
"""Seconds of silence before the caller is told that we are looking (P041)."""
MOST_BY_VOICE = 2
"""So many failures by voice, and the question takes keys only."""
CORRECTIONS = 3
"""How often a thing may be corrected before a person helps (D-06)."""
GENERAL_HELP = ("greeting.repeat_key", "greeting.operator_key")

Given = Keys | Spoken
"""An answer, keyed or spoken."""


class TryAgain(Exception):
    """The answer will not do; `phrase` says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.phrase = Phrase(key, values)


class NotThere(TryAgain):
    """The answer was understood, and what it asks for cannot be had: nobody failed."""


class Call:
    """What a story holds in its hands."""

    def __init__(
        self,
        *,
        line: Line,
        phrasebook: Phrasebook,
        menus: Mapping[str, Menu],
        ears: Ears,
        desk: Desk,
        journal: Journal,
        key: str,
        caller: PhoneNumber | None,
        recorded: bool = True,
    ) -> None:
        """`recorded`: a talk with an operator will be, and the caller is told so."""
        self.line = line
        self.desk = desk
        self.key = key
        self.caller = caller
        self.recorded = recorded
        self.rung_up = False
        """We have rung him up: `caller` is then his telephone, too."""
        self.form = Form()
        self.booked: Booking | None = None
        self.slow = False
        self.questions = 0
        self.overheard: dict[str, Any] = {}
        """What was said beyond the question: kind of value (as in understand.grammar) to the value."""
        self.by_voice = False
        """The last answer was spoken."""
        self._phrasebook = phrasebook
        self.menus = menus
        self._ears = ears
        self._told_deaf = False
        self._journal = journal
        self._said: list[Phrase] = []
        self._waited = timedelta(0)

    @property
    def rules(self) -> Rules:
        return self.desk.rules

    @property
    def hospital(self) -> Hospital:
        return self.desk.hospital

    @property
    def wording(self) -> str:
        return self._phrasebook.wording

    def words(self, key: str) -> str:
        """What the phrase says in this version of the wording."""
        return self._phrasebook.text(key)

    def local(self, moment: datetime) -> datetime:
        """The same moment on the hospital's clock."""
        return moment.astimezone(self.rules.zone)

    def today(self) -> date:
        return self.local(self.desk.now()).date()

    def operators_work(self) -> bool:
        """Operators are there now."""
        return self.hospital.operators_open(self.local(self.desk.now()), self.rules.calendar)

    async def do(self, use_case: Callable[Concatenate[Work, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Run a use case. A search that takes long is covered by a word (P041)."""
        running = asyncio.ensure_future(self.desk.do(use_case, *args, **named))
        done, _ = await asyncio.wait({running}, timeout=PATIENCE)
        if not done:
            self.say("identified.wait")
            try:
                await self.heard()
            finally:  # whatever was begun is over before the call is closed, though its caller has gone
                await asyncio.gather(running, return_exceptions=True)
        return await running

    def say(self, key: str, **values: object) -> None:
        """Say this before the next question, which may interrupt it."""
        self._said.append(Phrase(key, values))

    async def heard(self) -> None:
        """Speak what was said so far, to the end, without listening."""
        if self._said:
            await self.line.play([self._utterance(phrase) for phrase in self._take()])

    def entered(self) -> None:
        """Keep the form: for a cut line and for the operator."""
        self._journal.progress(self.form.as_dict())

    async def stored(self) -> None:
        """Return when journal and form are in the database."""
        await self._journal.flush()

    def note(self, step: str, outcome: str) -> None:
        """Write into the journal something that is not a question."""
        self._journal.step(Step(step, 0, outcome, 0, self.wording, self.desk.now()))

    async def choose(
        self,
        name: str,
        *instead: Phrase,
        keys: Mapping[str, str] | None = None,
        question: str = "",
        meant: Callable[[Heard], str | None] | None = None,
        own: tuple[str, ...] | None = None,
        keypad: Keypad = Keypad(),
    ) -> str:
        """Ask a menu of prompts/menus.ru.toml; `instead` replaces its phrases, `keys` narrows its keys.

        `question` is the grammar of spoken answers, that of the menu's name by default; `meant` finds the option in
        them where its words are not the menu's own, and may raise TryAgain. What is said beyond the kinds of value in
        `own` (by default the menu's) is overheard.
        """
        menu = self.menus[name]
        allowed = menu.keys if keys is None else keys

        def option(answer: Given) -> str:
            if isinstance(answer, Keys):
                chosen = allowed.get(answer.keys)
                if chosen is None:
                    raise TryAgain("error.wrong_key")
                return chosen
            return self._option(answer, name, allowed, meant, (name,) if own is None else own)

        phrases = instead or tuple(Phrase(key) for key in menu.say)
        step = name if menu.say else phrases[0].key
        return await self.ask(
            step,
            phrases,
            option,
            question=question or name,
            keypad=keypad,
            taken=frozenset(allowed),
            tries=menu.tries,
            helping=menu.help,
        )

    def _option(
        self,
        spoken: Spoken,
        name: str,
        allowed: Mapping[str, str],
        meant: Callable[[Heard], str | None] | None,
        own: tuple[str, ...],
    ) -> str:
        """The option of the likeliest reading that has one; what else it says is overheard."""
        for reading in spoken.readings:
            heard = reading.heard
            chosen = meant(heard) if meant else None
            if chosen is None and not (name == YES and heard.unknown):
                chosen = heard.values.get(name, allowed.get(heard.key or ""))
            if chosen is not None and (meant or chosen in allowed.values()):
                self._overhear(heard, *own)
                return chosen
        if self._overhear(spoken.best, *own):
            raise _Repeat
        raise TryAgain("error.not_understood")

    def _overhear(self, heard: Heard, *own: str) -> bool:
        """Keep what answers other questions; False where nothing does."""
        beyond = {kind: value for kind, value in heard.values.items() if kind in REQUEST and kind not in own}
        self.overheard |= beyond
        return bool(beyond)

    async def yes(self, key: str, **values: object) -> bool:
        """Ask a question of yes (1) and no (2)."""
        return await self.choose(YES, Phrase(key, values)) == "yes"

    async def offer(self, question: str, key: str, **values: object) -> bool:
        """The same; whoever names something else refuses, and what he names is overheard."""

        def meant(heard: Heard) -> str | None:
            if not heard.values.keys().isdisjoint(REQUEST):
                return "no"
            return None if heard.unknown else heard.values.get(YES)

        return await self.choose(YES, Phrase(key, values), question=question, meant=meant) == "yes"

    async def ask(
        self,
        step: str,
        phrases: Sequence[Phrase],
        understand: Callable[[Given], T],
        *,
        question: str = "",
        keypad: Keypad = Keypad(),
        taken: frozenset[str] = frozenset(),
        tries: int = 3,
        helping: Sequence[str] = (),
    ) -> T:
        """Ask until `understand` returns a value.

        `understand` raises TryAgain for an answer that will not do. Keys in `taken` lose their meaning of everywhere.
        `question` is the grammar of spoken answers; without it only keys are taken. After two failures by voice the
        question goes on by keys. Raises NoAnswer after `tries` silences, ToOperator after `tries` failures of which one
        was not silence, GoBack, MainMenu or ToOperator where the caller asks for it.
        """
        hearing = self._ears.hearing(question) if question else None
        asked = _Asked(step, phrases, question, keypad, taken, tries, helping, hearing)
        while True:
            answer = await self._listen(asked)
            try:
                if not isinstance(answer, Silence):
                    value = understand(self._given(asked, answer))
                    plain = isinstance(value, str) and keypad.longest == 1
                    self._write(step, asked.attempt, str(value) if plain else "answered")
                    return value
                self._silent(asked)
            except (_Repeat, _Help, _Noise, _Deafness, NotThere) as turn:
                self._again(asked, turn)
            except TryAgain as again:
                self._failed(asked, again, by_voice=not isinstance(answer, Keys))

    def _given(self, asked: "_Asked", answer: Answer) -> Given:
        """What the caller keyed or said, if it is an answer to this question and not a turn from it."""
        if isinstance(answer, Deaf):
            raise _Deafness
        if isinstance(answer, Words) and not asked.question:
            raise _Noise
        if isinstance(answer, Words):
            spoken = self._ears.read(asked.question, answer, today=self.today())
            if spoken.best.is_nothing:
                raise _Noise
            self.by_voice = True
            self._everywhere(asked, spoken)
            return spoken
        if not isinstance(answer, Keys):
            raise TryAgain("error.not_understood")
        self.by_voice = False
        self._everywhere(asked, answer)
        return answer

    def _silent(self, asked: "_Asked") -> None:
        asked.silences += 1
        self._too_often(asked)
        self.say("error.not_heard" if asked.silences == 1 else "error.no_answer")

    def _again(self, asked: "_Asked", turn: Exception) -> None:
        """The same question once more, though nobody failed."""
        asked.repeats += 1
        if asked.repeats > MOST_REPEATS:
            raise ToOperator("repeats") from None
        match turn:
            case NotThere():
                self._write(asked.step, asked.attempt, turn.phrase.key)
                self._said.append(turn.phrase)
            case _Help():
                for key in asked.helping or GENERAL_HELP:
                    self.say(key)
            case _Noise():
                self._write(asked.step, asked.attempt, "noise")
                asked.without_barge_in()
                self._said = asked.said_before  # it may have been cut off
            case _Deafness():
                self._write(asked.step, asked.attempt, "deaf")
                asked.hearing = None
                self._said = asked.said_before
                if not self._told_deaf:
                    self._told_deaf = True
                    self.say("error.keys_only")

    def _failed(self, asked: "_Asked", again: TryAgain, *, by_voice: bool) -> None:
        self._write(asked.step, asked.attempt, again.phrase.key)
        if asked.hearing and by_voice:
            asked.misheard += 1
            asked.without_barge_in()  # perhaps it was noise: that costs him the prompt once
            self._said.append(again.phrase)
            if asked.misheard == MOST_BY_VOICE:
                asked.hearing = None
                self.say("error.keys_only")
            return
        asked.failures += 1
        self._too_often(asked)
        self._said.append(again.phrase if asked.failures == 1 or not asked.helping else Phrase("error.another_way"))
        for key in asked.helping if asked.failures > 1 else ():
            self.say(key)

    def _too_often(self, asked: "_Asked") -> None:
        if asked.silences + asked.failures < asked.tries:
            return
        self._write(asked.step, asked.silences + asked.failures, "given_up")
        raise ToOperator(f"failed_{asked.step}") if asked.failures else NoAnswer(asked.step)

    async def _listen(self, asked: "_Asked") -> Answer:
        self.questions += 1
        if self.questions > LONGEST_CALL:
            raise ToOperator("too_long")
        asked.said_before = self._take()
        spoken = [self._utterance(phrase) for phrase in (*asked.said_before, *asked.phrases)]
        began = self.desk.now()
        try:
            answer = await self.line.ask(spoken, asked.keypad, asked.hearing)
        except CallerHungUp:
            self._write(asked.step, asked.attempt, "hangup")
            raise
        finally:
            self._waited = self.desk.now() - began
        if isinstance(answer, Silence):
            self._write(asked.step, asked.attempt, "silence")
        return answer

    def _everywhere(self, asked: "_Asked", answer: Given) -> None:
        """0 a person, * again, 9 back, unless the key has another meaning here; and the words for them."""
        meaning = self._meaning(answer, asked.keypad, asked.taken)
        if meaning is not None:
            self._write(asked.step, asked.attempt, meaning)
        match meaning:
            case "operator":
                raise ToOperator("asked")
            case "repeat":
                raise _Repeat
            case "back":
                raise GoBack
            case "main":
                raise MainMenu
            case "help":
                raise _Help
            case "emergency":
                self._emergency()

    def _meaning(self, answer: Given, keypad: Keypad, taken: frozenset[str]) -> str | None:
        if isinstance(answer, Spoken):
            command = answer.best.command
            return None if command == "help" and answer.best.values else command
        menu = self.menus[EVERYWHERE]
        if keypad.longest > 1:  # a number: only a person and "again" can be told from its digits
            return menu.keys.get(answer.keys) if answer.keys in ("0", "*") else None
        return None if answer.keys in taken else menu.keys.get(answer.keys)

    def _emergency(self) -> NoReturn:
        """Life may be in danger: 103 at once, and a person before all others; nobody there: the call stays open."""
        if self.operators_work():
            raise ToOperator(EMERGENCY)
        self.say("emergency.notice")
        raise _Repeat

    def _write(self, step: str, attempt: int, outcome: str) -> None:
        waited_ms = round(self._waited.total_seconds() * 1000)
        self._journal.step(Step(step, attempt, outcome, waited_ms, self.wording, self.desk.now()))

    def _utterance(self, phrase: Phrase) -> Utterance:
        return self._phrasebook.utterance(phrase, slow=self.slow)

    def _take(self) -> list[Phrase]:
        said, self._said = self._said, []
        return said


@dataclass(slots=True)
class _Asked:
    """One question while it is being asked: how, and how often in vain."""

    step: str
    phrases: Sequence[Phrase]
    question: str
    keypad: Keypad
    taken: frozenset[str]
    tries: int
    helping: Sequence[str]
    hearing: Hearing | None
    """None: keys only, from the beginning or after two failures by voice."""
    silences: int = 0
    failures: int = 0
    misheard: int = 0
    repeats: int = 0
    said_before: list[Phrase] = field(default_factory=list)
    """What was said before the question's own phrases."""

    @property
    def attempt(self) -> int:
        return self.silences + self.failures + self.misheard + 1

    def without_barge_in(self) -> None:
        if self.hearing:
            self.hearing = replace(self.hearing, barge=False)


class _Repeat(Exception):
    """The question is asked again; nobody failed."""


class _Noise(Exception):
    """A sound that means nothing; it costs the caller the prompt once."""


class _Deafness(Exception):
    """The recogniser broke: said once in a call, written down every time."""


class _Help(Exception):
    """The caller does not know what to say."""


Story = Callable[[Call], Awaitable[None]]
