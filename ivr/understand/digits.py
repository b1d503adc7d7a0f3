"""Digits dictated in any grouping: «шестьдесят два», «девятьсот двенадцать», «ноль восемь», «два ноля»."""

from collections.abc import Iterator
from functools import cache
from itertools import islice

from ivr.understand import numbers
from ivr.understand.numbers import cardinals
from ivr.understand.words import UNKNOWN, Words, split

MOST_READINGS = 64
LONGEST = 16
_REPEATED = {
    0: "ноля нуля нолей нулей",
    1: "единицы единиц",
    2: "двойки двоек",
    3: "тройки троек",
    4: "четверки четверок",
    5: "пятерки пятерок",
    6: "шестерки шестерок",
    7: "семерки семерок",
    8: "восьмерки восьмерок",
    9: "девятки девяток",
}
_SINGLE = "нолик единица двойка тройка четверка пятерка шестерка семерка восьмерка девятка".split()


def readings(text: str, lengths: frozenset[int] | None = None) -> list[str]:
    """All numbers that the words can mean, those in larger groups first: «сорок один» is 41, then 401.

    `lengths`: only numbers of so many digits. Words that are no numbers are passed over; one that was not recognised
    spoils the whole.
    """
    most = max(lengths) if lengths else LONGEST
    words = split(text)
    if UNKNOWN in words:  # a digit may be lost in it
        return []
    found = (number for number in _from(words, 0, most) if lengths is None or len(number) in lengths)
    return list(dict.fromkeys(islice((number for number in found if number), MOST_READINGS)))


def phrases() -> Iterator[str]:
    """Everything said in a number."""
    yield from numbers.said_cardinals()
    yield from ("тысяча", "тысячи", "тысяч")
    yield from _SINGLE
    for said in _REPEATED.values():
        yield from said.split()


def _from(words: Words, start: int, room: int) -> Iterator[str]:
    """The rest of the number from that word on, in at most `room` digits."""
    if start == len(words):
        yield ""
        return
    groups = list(_groups(words, start))
    for group, length in groups or [("", 1)]:
        if len(group) <= room:
            for rest in _from(words, start + length, room - len(group)):
                yield group + rest


def _groups(words: Words, start: int) -> Iterator[tuple[str, int]]:
    """What may be one group there, the longest first."""
    if thousands := _thousands(words, start):
        yield thousands
    whole = numbers.cardinal_at(words, start)
    if whole and whole[0] in (2, 3, 4, 5) and start + 1 < len(words) and words[start + 1] in _repeated():
        yield str(_repeated()[words[start + 1]]) * whole[0], 2
        return
    if whole is None:
        if words[start] in _singles():
            yield str(_singles()[words[start]]), 1
        return
    for length in range(whole[1], 0, -1):
        value = sum(cardinals()[word] for word in words[start : start + length])
        yield str(value), length


def _thousands(words: Words, start: int) -> tuple[str, int] | None:
    """«тысяча девятьсот пять» is 1905, «две тысячи» 2000."""
    at, count = start, 1
    if words[at] in ("две", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"):
        at, count = at + 1, cardinals()[words[at]]
    if at == len(words) or words[at] not in ("тысяча", "тысячи", "тысяч"):
        return None
    rest = numbers.cardinal_at(words, at + 1) if at + 1 < len(words) else None
    value, length = rest or (0, 0)
    return f"{count}{value:03}", at + 1 + length - start


@cache
def _repeated() -> dict[str, int]:
    return {word: digit for digit, said in _REPEATED.items() for word in said.split()}


@cache
def _singles() -> dict[str, int]:
    return {word: digit for digit, word in enumerate(_SINGLE)}
