"""Times of day as they are said: «в девять тридцать», «полдесятого», «в три часа дня», «с десяти до двенадцати»."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from ivr.understand import numbers
from ivr.understand.lexicon import Lexicon, Match
from ivr.understand.numbers import cardinal_at, ordinal_at
from ivr.understand.words import Words

ANY = "any"


@dataclass(frozen=True, slots=True)
class Clock:
    """One time; two where the part of the day was not said."""

    times: tuple[time, ...]


@dataclass(frozen=True, slots=True)
class Hours:
    """Any time from `since` on and before `before`; None: open."""

    since: time | None = None
    before: time | None = None


TimeOfDay = Clock | Hours | str
"""A clock time, hours or ANY."""

NOON, EVENING = time(12), time(17)
_PARTS = Lexicon[TimeOfDay](
    [
        *((said, Hours(before=NOON)) for said in ("утро", "=утром", "=с утра", "=с утречка", "=утречком", "=пораньше")),
        *((said, Hours(before=NOON)) for said in ("=до обеда", "=первая половина дня", "=в первой половине дня")),
        *((said, Hours(before=NOON)) for said in ("=первую половину дня", "=первой половине дня", "=утренние часы")),
        *((said, Hours(before=NOON)) for said in ("=утреннее время", "=до полудня")),
        *((said, Hours(NOON, EVENING)) for said in ("=днем", "=день?", "=дневное время", "=в течение дня")),
        *((said, Hours(since=NOON)) for said in ("=после обеда", "=во второй половине дня", "=вторую половину дня")),
        *((said, Hours(since=NOON)) for said in ("=второй половине дня", "=вторая половина дня", "=после полудня")),
        *((said, Hours(since=EVENING)) for said in ("вечер", "=вечером", "=вечерком", "=после работы", "=под вечер")),
        *((said, Hours(since=EVENING)) for said in ("=ближе к вечеру", "=вечернее время", "=попозже")),
        *((said, Hours(NOON, time(14))) for said in ("=в обед", "=в обеденное время", "=в обеденный перерыв")),
        *((said, ANY) for said in ("любое время", "=когда угодно", "=все равно", "=неважно", "=не важно")),
        *((said, ANY) for said in ("=без разницы когда", "=время не имеет значения", "=не имеет значения")),
        *(
            (said, ANY)
            for said in (
                "=хоть когда",
                "=время неважно",
                "=без разницы",
                "=любое",
                "=в любое",
                "=безразлично",
                "=время не важно",
            )
        ),
        *((said, Clock((NOON,))) for said in ("полдень", "=в полдень")),
    ]
)
_MORNING, _AFTERNOON, _NIGHT = ("утра",), ("дня", "вечера"), ("ночи",)
_HOUR = ("час", "часа", "часов", "часам", "часу", "часами", "часах")
_MINUTE = ("минут", "минуты", "минута", "минуту")
_HALF = ("пол", "половина", "половине", "половину")
_AFTER = (("после",), ("не", "раньше"), ("позже",), ("с",), ("от",), ("начиная", "с"))
_UNTIL = (("до",), ("не", "позже"), ("не", "позднее"), ("раньше",))
_BETWEEN = {"с": "до", "со": "до", "от": "до", "между": "и"}
_FIRST_HOUR = 8
"""No clinic opens earlier: «после трёх» is after fifteen."""


class TimeRecogniser:
    """Finds times of day; see Recogniser. `bare`: a number alone is an hour, too."""

    def __init__(self, *, bare: bool = False) -> None:
        self._bare = bare

    def at(self, words: Words, start: int) -> Match[TimeOfDay] | None:
        """The longest time that begins there."""
        found = [match for read in (_PARTS.at, _between, _since, _until, self._clock) if (match := read(words, start))]
        return max(found, key=lambda match: match.length, default=None)

    def phrases(self) -> Iterator[str]:
        yield from _PARTS.phrases()
        yield from numbers.said_cardinals(60, cases="ng")
        for hour in numbers.said_hours():
            yield from (f"пол{hour}", f"пол {hour}", f"четверть {hour}")
        yield from ("без четверти", "без десяти", "без пяти", "ровно", "в", "на", "к", "после", "до", "с", "между", "и")
        yield from ("не раньше", "не позже", *_MORNING, *_AFTERNOON, *_NIGHT, *_HOUR, *_MINUTE, *_HALF)

    def _clock(self, words: Words, start: int) -> Match[TimeOfDay] | None:
        sure = words[start] in ("в", "на", "к") and start + 1 < len(words)
        begin = start + sure
        said = _colloquial(words, begin) or _hour_and_minute(words, begin, bare=self._bare or sure)
        if said is None:
            return None
        hour, minute, end = said
        times, end = _in_part(hour, minute, words, end)
        return Match(Clock(times), end - start) if times else None


def agreed(one: TimeOfDay, other: TimeOfDay) -> TimeOfDay | None:
    """What two of them mean together: «утром в девять»; None where they contradict each other."""
    match one, other:
        case Hours(), Clock():
            one, other = other, one
        case Hours(), Hours():
            return _overlap(one, other)
    match one, other:
        case Clock(times), Hours():
            fitting = tuple(at for at in times if _holds(other, at))
            return Clock(fitting) if fitting else None
        case Clock(times), Clock(others):
            both = tuple(at for at in times if at in others)
            return Clock(both) if both else None
    return one if one == other else None


def _overlap(one: Hours, other: Hours) -> Hours | None:
    since = max(filter(None, (one.since, other.since)), default=None)
    before = min(filter(None, (one.before, other.before)), default=None)
    return None if since and before and since >= before else Hours(since, before)


def _holds(hours: Hours, at: time) -> bool:
    return (hours.since is None or hours.since <= at) and (hours.before is None or at < hours.before)


def _between(words: Words, start: int) -> Match[TimeOfDay] | None:
    """«с десяти до двенадцати», «между девятью и десятью»."""
    said = words[start] in _BETWEEN  # a preposition of one letter is often lost on the line
    first = _edge(words, start + said)
    if first is None or first[1] >= len(words) or words[first[1]] != _BETWEEN.get(words[start], "до"):
        return None
    last = _edge(words, first[1] + 1)
    if last is None or last[0] <= first[0]:
        return None
    return Match(Hours(first[0], last[0]), last[1] - start)


def _since(words: Words, start: int) -> Match[TimeOfDay] | None:
    for said in _AFTER:
        if words[start : start + len(said)] == said and (edge := _edge(words, start + len(said))):
            return Match(Hours(since=edge[0]), edge[1] - start)
    return None


def _until(words: Words, start: int) -> Match[TimeOfDay] | None:
    for said in _UNTIL:
        if words[start : start + len(said)] == said and (edge := _edge(words, start + len(said))):
            return Match(Hours(before=edge[0]), edge[1] - start)
    return None


def _edge(words: Words, start: int) -> tuple[time, int] | None:
    """An end of a span of hours: in the hours of a clinic where it could be both."""
    if start >= len(words):
        return None
    said = _colloquial(words, start) or _hour_and_minute(words, start, bare=True)
    if said is None:
        return None
    times, end = _in_part(said[0], said[1], words, said[2])
    return (next((at for at in times if at.hour >= _FIRST_HOUR), times[0]), end) if times else None


def _hour_and_minute(words: Words, start: int, *, bare: bool) -> tuple[int, int, int] | None:
    """Hour, minute and where they end. An hour alone counts when `bare`, or with «часов» or a part of the day."""
    hour = _hour(words, start)
    if hour is None:
        return None
    value, end = hour
    named = words[end - 1] in _HOUR or (end < len(words) and words[end] in (*_HOUR, *_MORNING, *_AFTERNOON, *_NIGHT))
    if end < len(words) and words[end] in _HOUR:
        end += 1
    if end < len(words) and words[end] == "ровно":
        return value, 0, end + 1
    if end < len(words) and (beyond := cardinal_at(words, end)) and beyond[0] > 59:
        return None  # «в десять семьдесят»
    if minute := _minute(words, end):
        return value, minute[0], minute[1]
    return (value, 0, end) if bare or named else None


def _hour(words: Words, start: int) -> tuple[int, int] | None:
    if start < len(words) and words[start] in ("час", "часу"):
        return 1, start + 1
    said = cardinal_at(words, start, most=23) if start < len(words) else None
    if said is None or ordinal_at(words, start):  # «на двадцать седьмое» is a day
        return None
    return said[0], start + said[1]


def _minute(words: Words, start: int) -> tuple[int, int] | None:
    """«тридцать», «ноль пять», «ноль ноль», «пять минут»."""
    if start >= len(words):
        return None
    if words[start] in ("ноль", "нуль") and start + 1 < len(words):
        said = cardinal_at(words, start + 1, most=9)
        return (said[0], _past_minutes(words, start + 1 + said[1])) if said else None
    said = cardinal_at(words, start, most=59)
    if said is None:
        return None
    end = _past_minutes(words, start + said[1])
    return (said[0], end) if said[0] >= 10 or end > start + said[1] else None


def _past_minutes(words: Words, at: int) -> int:
    return at + (at < len(words) and words[at] in _MINUTE)


def _colloquial(words: Words, start: int) -> tuple[int, int, int] | None:
    """«полдесятого», «четверть десятого», «без десяти девять», «пять минут третьего»."""
    word, left = words[start], words[start + 1 :]
    if word.startswith("пол") and len(word) > 6 and (said := ordinal_at((word[3:],), 0)):
        return said[0] - 1, 30, start + 1
    if word in _HALF and left and (said := ordinal_at(words, start + 1)):
        return said[0] - 1, 30, start + 1 + said[1]
    if word == "четверть" and left and (said := ordinal_at(words, start + 1)):
        return said[0] - 1, 15, start + 1 + said[1]
    if word == "без" and left:
        return _to_the_hour(words, start + 1)
    return _past_the_hour(words, start)


def _to_the_hour(words: Words, start: int) -> tuple[int, int, int] | None:
    if words[start] == "четверти":
        short, end = 15, start + 1
    elif said := cardinal_at(words, start, most=29):
        short, end = said[0], _past_minutes(words, start + said[1])
        if said[1] == 2 and (end == len(words) or _hour(words, end) is None):  # «без двадцати девять»
            short, end = said[0] // 10 * 10, start + 1
    else:
        return None
    hour = _hour(words, end)
    return (hour[0] - 1 if hour[0] > 1 else 12, 60 - short, hour[1]) if hour else None


def _past_the_hour(words: Words, start: int) -> tuple[int, int, int] | None:
    said = cardinal_at(words, start, most=29)
    if said is None:
        return None
    end = _past_minutes(words, start + said[1])
    if end == start + said[1] or end >= len(words):
        return None
    hour = ordinal_at(words, end)
    return (hour[0] - 1, said[0], end + hour[1]) if hour and 1 <= hour[0] <= 12 else None


def _in_part(hour: int, minute: int, words: Words, end: int) -> tuple[tuple[time, ...], int]:
    """The times it can be, and the end behind the part of the day; none for no time."""
    if hour < 0 or hour > 23:
        return (), end
    part = words[end] if end < len(words) else ""
    if part in _MORNING:
        return (time(hour, minute),), end + 1
    if part in _AFTERNOON:
        return (time(hour + 12 if hour < 12 and (part == "вечера" or hour < 8) else hour, minute),), end + 1
    if part in _NIGHT:
        return (time(hour % 12, minute),), end + 1
    if 1 <= hour <= 11:
        return (time(hour, minute), time(hour + 12, minute)), end
    return (time(hour, minute),), end
