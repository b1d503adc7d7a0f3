"""What may be said in each question, and what an answer means there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

from ivr.understand import birth, clock, days, digits, numbers, surnames
from ivr.understand.clock import TimeRecogniser
from ivr.understand.days import DayRecogniser
from ivr.understand.lexicon import Lexicon, Match, Recogniser
from ivr.understand.words import FILLERS, HISSES, Words, split

EVERYWHERE = "everywhere"
HARMLESS = "harmless"
"""Phrases that hold a word of danger, or another's word, and mean nothing of it: «анализ крови», «у меня»."""
_URGENT_FIRST = ("emergency", "operator", "main", "back", "repeat", "help")

REQUEST = ("purpose", "subject", "doctor", "speciality", "day", "time")
"""What may be asked for in one breath, beyond the question."""
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "main": ("main", *REQUEST),
    "purpose": REQUEST,
    "subject": ("subject", "speciality", "doctor", "day", "time"),
    "speciality": ("speciality", "doctor", "day", "time"),
    "doctor": ("doctor", "day", "time", "options"),
    "day": ("day", "bare time", "options"),
    "time": ("bare time", "day", "options"),
    "part": ("part", "time"),
    "waiting_part": ("waiting_part",),
    "yes": ("yes",),
    "offer": ("yes", "day", "time"),
    "own": ("yes", "speciality", "doctor"),
    "group": ("group",),
    "booking_action": ("booking_action",),
    "village": ("village",),
    "right_person": ("right_person",),
    "reminder": ("reminder",),
    "offer_answer": ("offer_answer",),
    "rating": ("rating",),
    "number": ("number_way",),
    "birth": (),
    "options": ("options",),
    "others": ("speciality", "options"),
}
"""The kinds of values that are looked for in each question, those first that win where two are equally long."""
_KEY_WORDS = ("цифра", "номер", "пункт", "вариант", "кнопка", "клавиша", "под", "номером", "ответ")


_SPELLED: Mapping[str, Callable[[], Iterable[str]]] = {"number": digits.phrases, "birth": birth.phrases}
_OFTENER = 4


class UnknownQuestion(LookupError):
    """No grammar has this name."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one reading of an answer means."""

    values: Mapping[str, Any] = field(default_factory=dict)
    """Kind of value (as in QUESTIONS, «bare time» as time) to the value; contradictions are left out."""
    command: str | None = None
    """What means the same in every question: operator, repeat, back, main, help, emergency."""
    key: str | None = None
    """The key whose number was said, where nothing else was."""
    unknown: bool = False
    """Words were said that do not belong here, or that contradict each other."""

    @property
    def is_nothing(self) -> bool:
        """Only small words: noise sounds like them."""
        return not (self.values or self.command or self.key or self.unknown)


class Grammar:
    """All questions of one hospital.

    `menus`: menu, its options, the phrases for each. `specialities`: key and phrases. `doctors`: surname and sex.
    """

    def __init__(
        self,
        menus: Mapping[str, Mapping[str, Sequence[str]]],
        specialities: Mapping[str, Sequence[str]],
        doctors: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._listed: dict[str, Lexicon[str]] = {name: _lexicon(options) for name, options in menus.items()}
        self._listed["speciality"] = _lexicon({**specialities, **menus.get("speciality", {})})
        self._any_doctor = menus.get("doctor", {})
        self.know(doctors)

    def know(self, doctors: Iterable[tuple[str, str]]) -> None:
        """Other doctors work here from now on."""
        anybody = ((phrase, option) for option, phrases in self._any_doctor.items() for phrase in phrases)
        self._listed["doctor"] = Lexicon([*surnames.said(doctors), *anybody])

    def hear(self, question: str, text: str, *, today: date) -> Heard:
        """Read an answer. Raises UnknownQuestion."""
        words = split(text)
        kinds = {name: self._recogniser(name, today) for name in (*_kinds(question), EVERYWHERE)}
        found, command, rest = _scanned(words, kinds)
        contradicts = any(value is None for value in found.values())
        return Heard(
            values={name.removeprefix("bare "): value for name, value in found.items() if value is not None},
            command=command,
            key=_key(words),
            unknown=contradicts or not FILLERS.issuperset(rest),
        )

    def vocabulary(self, question: str, *, today: date) -> tuple[str, ...]:
        """Every phrase that may answer it, for the recogniser of speech. Raises UnknownQuestion."""
        kinds = (*_kinds(question), EVERYWHERE)
        phrases = [phrase for name in kinds for phrase in self._recogniser(name, today).phrases()]
        own = list(self._own(question, kinds[0], today))
        if question not in _SPELLED:
            phrases += (*numbers.said_cardinals(10), *_KEY_WORDS)
        if not set(REQUEST).isdisjoint(kinds):  # a sentence, not a word
            phrases += sorted(FILLERS - HISSES)
        # What is said oftener is heard more easily: the answer to this very question.
        return (*dict.fromkeys([*own, *phrases]), *own * _OFTENER)

    def _own(self, question: str, kind: str, today: date) -> Iterable[str]:
        if question in _SPELLED:
            return _SPELLED[question]()
        return self._recogniser(kind, today).phrases()

    def _recogniser(self, name: str, today: date) -> Recogniser[Any]:
        match name:
            case "day":
                return DayRecogniser(today)
            case "time":
                return TimeRecogniser()
            case "bare time":
                return TimeRecogniser(bare=True)
        return self._listed[name]


def _kinds(question: str) -> tuple[str, ...]:
    try:
        return QUESTIONS[question]
    except KeyError:
        raise UnknownQuestion(question) from None


def _lexicon(options: Mapping[str, Sequence[str]]) -> Lexicon[str]:
    return Lexicon((phrase, option) for option, phrases in options.items() for phrase in phrases)


def _scanned(words: Words, kinds: Mapping[str, Recogniser[Any]]) -> tuple[dict[str, Any], str | None, list[str]]:
    """Values found from left to right, the longest match at each word, None for what contradicts itself; the most
    urgent command; the words of neither."""
    found: dict[str, list[Match[Any]]] = {}
    rest: list[str] = []
    at = 0
    while at < len(words):
        matches = [(name, match) for name, kind in kinds.items() if (match := kind.at(words, at))]
        if not matches:
            rest.append(words[at])
            at += 1
            continue
        name, match = max(matches, key=lambda pair: (pair[1].length, not pair[1].weak))
        found.setdefault(name, []).append(match)
        at += match.length
    commands = {match.value for match in found.pop(EVERYWHERE, ())}
    command = next((each for each in _URGENT_FIRST if each in commands), None)
    return {name: _meant(name, matches) for name, matches in found.items()}, command, rest


def _meant(name: str, matches: Sequence[Match[Any]]) -> Any:
    """What all matches of one kind mean together; None where two contradict each other."""
    values = [match.value for match in matches if not match.weak] or [match.value for match in matches]
    agree = _AGREE.get(name.removeprefix("bare "), _same)
    return reduce(lambda one, other: None if one is None or other is None else agree(one, other), values)


def _same(one: Any, other: Any) -> Any:
    return one if one == other else None


_AGREE: Mapping[str, Callable[[Any, Any], Any]] = {"day": days.agreed, "time": clock.agreed}


def _key(words: Words) -> str | None:
    """«два», «второе», «цифра два»."""
    said = [word for word in words if word not in FILLERS and word not in _KEY_WORDS]
    if len(said) != 1:
        return None
    number = numbers.cardinals().get(said[0], numbers.ordinals().get(said[0], 10))
    return str(number) if number < 10 else None
