"""One conversation: say, ask, choose. The one place that listens, counts failures and writes the journal."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from ivr.dialogue.desk import Desk, Journal, Step
from ivr.dialogue.form import Form
from ivr.dialogue.line import (
    Answer,
    CallerHungUp,
    Keypad,
    Keys,
    Line,
    Phrase,
    Phrasebook,
    Silence,
    Unclear,
    Utterance,
    Words,
)
from ivr.dialogue.menus import EVERYWHERE, Menu
from ivr.dialogue.turns import GoBack, MainMenu, NoAnswer, ToOperator
from ivr.domain.booking import Booking
from ivr.domain.hospital import Hospital
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.rules import Rules
from ivr.services.ports import Work

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_CALL = 150
"""Questions in one call; nobody needs more, and a stuck key must not hold a line for ever."""
MOST_REPEATS = 9
PATIENCE = 1.0
"""Seconds of silence before the caller is told that we are looking (P041)."""


class TryAgain(Exception):
    """The answer will not do; `phrase` says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.phrase = Phrase(key, values)


class Call:
    """What a story holds in its hands."""

    def __init__(
        self,
        *,
        line: Line,
        phrasebook: Phrasebook,
        menus: Mapping[str, Menu],
        desk: Desk,
        journal: Journal,
        key: str,
        caller: PhoneNumber | None,
    ) -> None:
        self.line = line
        self.desk = desk
        self.key = key
        self.caller = caller
        self.form = Form()
        self.booked: Booking | None = None
        self.slow = False
        self.questions = 0
        self._phrasebook = phrasebook
        self.menus = menus
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

    def local(self, moment: datetime) -> datetime:
        """The same moment on the hospital's clock."""
        return moment.astimezone(self.rules.zone)

    def today(self) -> date:
        return self.local(self.desk.now()).date()

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

    async def choose(self, name: str, *instead: Phrase, keys: Mapping[str, str] | None = None) -> str:
        """Ask a menu of prompts/menus.ru.toml; `instead` replaces its phrases, `keys` narrows its keys."""
        menu = self.menus[name]
        allowed = menu.keys if keys is None else keys

        def option(answer: Keys | Words) -> str:
            chosen = allowed.get(answer.keys) if isinstance(answer, Keys) else menu.option_of_words(answer.text)
            if chosen is None or chosen not in allowed.values():
                raise TryAgain("error.wrong_key" if isinstance(answer, Keys) else "error.not_understood")
            return chosen

        phrases = instead or tuple(Phrase(key) for key in menu.say)
        step = name if menu.say else phrases[0].key
        return await self.ask(step, phrases, option, taken=frozenset(allowed), tries=menu.tries, helping=menu.help)

    async def yes(self, key: str, **values: object) -> bool:
        """Ask a question of yes (1) and no (2)."""
        return await self.choose("yes", Phrase(key, values)) == "yes"

    async def ask(
        self,
        step: str,
        phrases: Sequence[Phrase],
        understand: Callable[[Keys | Words], T],
        *,
        keypad: Keypad = Keypad(),  # noqa: B008 - frozen
        taken: frozenset[str] = frozenset(),
        tries: int = 3,
        helping: Sequence[str] = (),
    ) -> T:
        """Ask until `understand` returns a value.

        `understand` raises TryAgain for an answer that will not do. Keys in `taken` lose their meaning of everywhere.
        Raises NoAnswer after `tries` silences, ToOperator after `tries` failures of which one was not silence,
        GoBack, MainMenu or ToOperator where the caller asks for it.
        """
        silences = failures = repeats = 0
        while True:
            attempt = silences + failures + 1
            answer = await self._listen(step, attempt, phrases, keypad)
            try:
                if isinstance(answer, Keys | Words):
                    self._everywhere(step, attempt, answer, keypad, taken)
                    value = understand(answer)
                    self._write(step, attempt, value if isinstance(value, str) and keypad.longest == 1 else "answered")
                    return value
                if isinstance(answer, Unclear):
                    raise TryAgain("error.not_understood")
                silences += 1
                self._too_often(step, silences, failures, tries)
                self.say("error.not_heard" if silences == 1 else "error.no_answer")
            except _Repeat:
                repeats += 1
                if repeats > MOST_REPEATS:
                    raise ToOperator("repeats") from None
            except TryAgain as again:
                failures += 1
                self._write(step, attempt, again.phrase.key)
                self._too_often(step, silences, failures, tries)
                self._said.append(again.phrase if failures == 1 or not helping else Phrase("error.another_way"))
                for key in helping if failures > 1 else ():
                    self.say(key)

    def _too_often(self, step: str, silences: int, failures: int, tries: int) -> None:
        if silences + failures < tries:
            return
        self._write(step, silences + failures, "given_up")
        raise ToOperator(f"failed_{step}") if failures else NoAnswer(step)

    async def _listen(self, step: str, attempt: int, phrases: Sequence[Phrase], keypad: Keypad) -> Answer:
        self.questions += 1
        if self.questions > LONGEST_CALL:
            raise ToOperator("too_long")
        asked = [self._utterance(phrase) for phrase in (*self._take(), *phrases)]
        began = self.desk.now()
        try:
            answer = await self.line.ask(asked, keypad)
        except CallerHungUp:
            self._write(step, attempt, "hangup")
            raise
        finally:
            self._waited = self.desk.now() - began
        if isinstance(answer, Silence):
            self._write(step, attempt, "silence")
        return answer

    def _everywhere(self, step: str, attempt: int, answer: Keys | Words, keypad: Keypad, taken: frozenset[str]) -> None:
        """0 a person, * again, 9 back: unless the menu uses the key, or it is a digit of a number."""
        meaning = self._meaning(answer, keypad, taken)
        if meaning is not None:
            self._write(step, attempt, meaning)
        match meaning:
            case "operator":
                raise ToOperator("asked")
            case "repeat":
                raise _Repeat
            case "back":
                raise GoBack
            case "main":
                raise MainMenu

    def _meaning(self, answer: Keys | Words, keypad: Keypad, taken: frozenset[str]) -> str | None:
        menu = self.menus[EVERYWHERE]
        if isinstance(answer, Words):
            return menu.option_of_words(answer.text)
        if keypad.longest > 1:  # a number: only a person and "again" can be told from its digits
            return menu.keys.get(answer.keys) if answer.keys in ("0", "*") else None
        return None if answer.keys in taken else menu.keys.get(answer.keys)

    def _write(self, step: str, attempt: int, outcome: str) -> None:
        waited_ms = round(self._waited.total_seconds() * 1000)
        self._journal.step(Step(step, attempt, outcome, waited_ms, self.wording, self.desk.now()))

    def _utterance(self, phrase: Phrase) -> Utterance:
        return self._phrasebook.utterance(phrase, slow=self.slow)

    def _take(self) -> list[Phrase]:
        said, self._said = self._said, []
        return said


class _Repeat(Exception):
    """The caller wants to hear it again."""


Story = Callable[[Call], Awaitable[None]]
