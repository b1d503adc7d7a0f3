"""Numbers among words: cardinals and ordinals in every case and gender."""

from collections.abc import Iterator
from functools import cache

from num2words import num2words  # type: ignore[import-untyped]

from ivr.understand.words import Words, plain

_CASES = "ngdaip"
ONES, TEENS = range(10), range(10, 20)
TENS, HUNDREDS = range(20, 100, 10), range(100, 1000, 100)
_ORDINALS = (*range(1, 20), *TENS)


def cardinal_at(words: Words, start: int, *, most: int = 999) -> tuple[int, int] | None:
    """Value and count of words of the longest number from there: «сто сорок пять» is (145, 3)."""
    known = cardinals()
    value = length = 0
    room = 1000
    for word in words[start : start + 3]:
        number = known.get(word)
        if number is None or not _fits_below(number, room) or value + number > most:
            break
        value, length, room = value + number, length + 1, _room(number)
    return (value, length) if length else None


def ordinal_at(words: Words, start: int, *, neuter: bool = False) -> tuple[int, int] | None:
    """«двадцать седьмого» is (27, 2). `neuter`: only forms of a date, «седьмое» and «седьмого»."""
    known = dates() if neuter else ordinals()
    tens = cardinals().get(words[start], 0)
    if tens in TENS and start + 1 < len(words) and known.get(words[start + 1], 10) in ONES:
        return tens + known[words[start + 1]], 2
    return (known[words[start]], 1) if words[start] in known else None


def _fits_below(number: int, room: int) -> bool:
    """A nought stands alone."""
    return number < room and (number > 0 or room == 1000)


def _room(number: int) -> int:
    """What may follow is smaller: after hundreds tens, after tens ones, after ones and teens nothing."""
    if number in HUNDREDS:
        return 100
    return 10 if number in TENS else 0


@cache
def cardinals() -> dict[str, int]:
    """Every single word of a number below a thousand."""
    return {plain(word): number for number in _whole() for word in _cardinal(number)} | {"нуль": 0, "нуля": 0}


@cache
def ordinals() -> dict[str, int]:
    """Every single word of an ordinal below a hundred."""
    return {plain(word): n for n in _ORDINALS for gender in "mfn" for word in _ordinal(n, gender)}


@cache
def dates() -> dict[str, int]:
    """Ordinals as they stand in a date."""
    return {plain(word): n for n in _ORDINALS for word in _date(n)}


def said_cardinals(below: int = 1000, *, cases: str = "n") -> Iterator[str]:
    """Their single words, as they are spelled."""
    for number in _whole():
        if number < below:
            yield from _cardinal(number, cases)


def said_dates(last: int = 31) -> Iterator[str]:
    """«первое», «первого», «двадцать первое» …"""
    for number in range(1, last + 1):
        for case in "ng":
            yield num2words(number, lang="ru", to="ordinal", case=case, gender="n")


def said_ordinals(*, cases: str = _CASES) -> Iterator[str]:
    """Single words of ordinals in the masculine, as they stand in years and among things in a row."""
    for number in _ORDINALS:
        for case in cases:
            yield num2words(number, lang="ru", to="ordinal", case=case, gender="m", animate=False)


def said_hours() -> Iterator[str]:
    """«первого» to «двенадцатого», as in «половина первого»."""
    for number in range(1, 13):
        yield num2words(number, lang="ru", to="ordinal", case="g", gender="m")


def _date(number: int) -> Iterator[str]:
    for case in "ng":
        yield num2words(number, lang="ru", to="ordinal", case=case, gender="n")


def _whole() -> Iterator[int]:
    yield from (*ONES, *TEENS, *TENS, *HUNDREDS)


def _cardinal(number: int, cases: str = _CASES) -> Iterator[str]:
    for case in cases:
        for gender in "mfn":
            said = num2words(number, lang="ru", case=case, gender=gender, animate=False)
            if " " not in said:
                yield said


def _ordinal(number: int, gender: str) -> Iterator[str]:
    for case in _CASES:
        yield num2words(number, lang="ru", to="ordinal", case=case, gender=gender, animate=False)
