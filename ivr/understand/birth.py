"""A birth date in words or dictated digits: «двенадцатое марта восемьдесят пятого», «ноль один ноль пять …»."""

from collections.abc import Iterator
from datetime import date

from ivr.understand import digits, numbers
from ivr.understand.calendar import months
from ivr.understand.numbers import cardinal_at, ordinal_at
from ivr.understand.words import Words, split

_YEAR = ("год", "года", "году", "рождения")


def readings(text: str, *, today: date) -> list[str]:
    """Every date that the words can mean, DDMMYYYY, the likeliest first; whether it exists is not looked at."""
    words = tuple(word for word in split(text) if _is_of_a_date(word))
    found = [*_spoken(words, today), *digits.readings(text, frozenset({8})), *_short(words, text, today)]
    return list(dict.fromkeys(found))


def years(text: str, *, today: date) -> list[str]:
    """Every year that the words can mean, four digits, the likeliest first: «восемьдесят пятый», «один девять …»."""
    words = tuple(word for word in split(text) if _is_of_a_date(word))
    named = [str(year) for year, end in _years(words, 0, today) if end == len(words)]
    return list(dict.fromkeys([*named, *digits.readings(text, frozenset({4}))]))


def phrases() -> Iterator[str]:
    """Everything said in a birth date."""
    yield from digits.phrases()
    yield from numbers.said_dates()
    yield from numbers.said_ordinals(cases="ngp")
    yield from months()
    yield from ("тысяча", "тысяча девятьсот", "две тысячи", "двухтысячный", "двухтысячного", "двухтысячном", *_YEAR)


def _is_of_a_date(word: str) -> bool:
    known = (numbers.cardinals(), numbers.ordinals(), numbers.dates(), months())
    return word in ("тысяча", "тысячи") or word.startswith("двухтысячн") or any(word in table for table in known)


def _spoken(words: Words, today: date) -> Iterator[str]:
    """Day, month and year one after another, or the year first."""
    for day, month, after in _days_of_months(words, 0):
        for year, end in _years(words, after, today):
            if end == len(words):
                yield f"{day:02}{month:02}{year}"
    for year, after in _years(words, 0, today):
        for day, month, end in _days_of_months(words, after):
            if end == len(words):
                yield f"{day:02}{month:02}{year}"


def _days_of_months(words: Words, start: int) -> Iterator[tuple[int, int, int]]:
    for day, after in _numbers(words, start, 31):
        for month, end in (*_named(words, after), *_numbers(words, after, 12)):
            yield day, month, end


def _short(words: Words, text: str, today: date) -> Iterator[str]:
    """Six digits: the year without its century."""
    for six in digits.readings(text, frozenset({6})):
        yield f"{six[:4]}{_with_century(int(six[4:]), today)}"


def _numbers(words: Words, start: int, most: int) -> Iterator[tuple[int, int]]:
    """A number with or without its leading nought, as «третье», «ноль третьего» or «три»."""
    if start < len(words) and words[start] in ("ноль", "нуль"):
        start += 1
    if start >= len(words):
        return
    for found in (ordinal_at(words, start), cardinal_at(words, start, most=most)):
        if found and 1 <= found[0] <= most:
            yield found[0], start + found[1]


def _named(words: Words, start: int) -> Iterator[tuple[int, int]]:
    if start < len(words) and words[start] in months():
        yield months()[words[start]], start + 1


def _years(words: Words, start: int, today: date) -> Iterator[tuple[int, int]]:
    rest = words[start:]
    for said, century in ((("тысяча", "девятьсот"), 1900), (("девятнадцать",), 1900), (("две", "тысячи"), 2000)):
        if rest[: len(said)] == said:
            yield from _within(words, start + len(said), century)
    if rest and rest[0].startswith("двухтысячн"):
        yield 2000, start + 1
    for short, end in _two_digits(words, start):
        yield _with_century(short, today), end


def _within(words: Words, start: int, century: int) -> Iterator[tuple[int, int]]:
    yield century, start
    for short, end in _two_digits(words, start):
        yield century + short, end


def _two_digits(words: Words, start: int) -> Iterator[tuple[int, int]]:
    if start >= len(words):
        return
    if words[start] in ("ноль", "нуль"):
        start += 1
        if start >= len(words):
            return
    for found in (ordinal_at(words, start), cardinal_at(words, start, most=99)):
        if found:
            yield found[0], start + found[1]


def _with_century(short: int, today: date) -> int:
    """The latest year that is not still to come."""
    return 2000 + short if 2000 + short <= today.year else 1900 + short
