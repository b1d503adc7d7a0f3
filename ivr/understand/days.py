"""Days as they are said, counted from today: «завтра», «в среду», «двадцать седьмого», «на следующей неделе»."""

import calendar as calendars
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ivr.understand import numbers
from ivr.understand.calendar import MONTHS, WEEKDAYS, months, weekdays
from ivr.understand.forms import forms
from ivr.understand.lexicon import Lexicon, Match
from ivr.understand.numbers import cardinal_at, ordinal_at
from ivr.understand.words import Words

SOON, ANY = "soon", "any"


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last one, both included."""

    first: date
    last: date


Day = Days | str
"""Days, SOON or ANY."""

_SAID = Lexicon[str](
    [
        *((said, "0") for said in ("сегодня", "сегодняшний день", "на сегодня")),
        *((said, "1") for said in ("завтра", "завтрашний день")),
        *((said, "2") for said in ("послезавтра", "после завтра", "=через день")),
        *((said, "week+0") for said in ("эта неделя", "текущая неделя", "конец этой недели")),
        *((said, "week+1") for said in ("следующая неделя", "другая неделя", "будущая неделя")),
        *((said, "rest") for said in ("=до конца недели", "=до конца этой недели")),
        *((said, "weekend+0") for said in ("выходные", "выходной", "=на выходных", "эти выходные")),
        *((said, "weekend+1") for said in ("следующие выходные", "другие выходные")),
        *((said, ANY) for said in ("любой день", "=когда угодно", "=в любой", "=любой", "=все равно когда")),
        *((said, ANY) for said in ("=день не важен", "=неважно когда", "=не важно когда", "=без разницы когда")),
        *(
            (said, ANY)
            for said in ("=день неважен", "=хоть когда", "=неважно", "=не важно", "=без разницы", "=все равно")
        ),
        *((said, SOON) for said in ("ближайший день", "ближайшее", "ближайший", "=в ближайшее время", "=поскорее")),
        *((said, SOON) for said in ("=как можно скорее", "=скорее", "=побыстрее", "=как можно быстрее", "=быстрее")),
        *((said, SOON) for said in ("ближайшее время", "=как можно раньше", "=срочно", "=чем раньше", "=самое раннее")),
    ]
)
_NEXT = frozenset(form for word in ("следующий", "будущий", "другой") for form in forms(word))
_THIS = frozenset(form for word in ("этот", "ближайший") for form in (*forms(word), "эту", "эта", "это"))
_LATER = {"день": 1, "дня": 1, "дней": 1, "денек": 1, "неделю": 7, "недели": 7, "недель": 7, "недельку": 7}
_MONTH = ("месяц", "месяца")
_WEEK = 7
_LONGEST_WAIT = 60
"""Days from now in which a bare day of the month is looked for."""


class DayRecogniser:
    """Finds days; see Recogniser."""

    def __init__(self, today: date) -> None:
        self._today = today

    def at(self, words: Words, start: int) -> Match[Day | None] | None:
        """The longest day that begins there; the value is None for one that does not exist, as «тридцатое февраля»."""
        return self._span(words, start) or self._single(words, start)

    def _span(self, words: Words, start: int) -> Match[Day | None] | None:
        """«с понедельника по среду», «завтра или послезавтра»."""
        said = words[start] in ("с", "со")
        first = self._single(words, start + said) if start + said < len(words) else None
        if first is None:
            return None
        joint = start + said + first.length
        if joint + 1 >= len(words) or words[joint] not in (("по", "до") if said else ("или",)):
            return None
        last = self._single(words, joint + 1)
        if last is None:
            return None
        length = joint + 1 + last.length - start
        if not isinstance(first.value, Days) or not isinstance(last.value, Days):
            return Match(None, length)
        begin, end = first.value.first, last.value.last
        if said and begin > end:  # «с первого по пятое декабря»: the month is said once
            begin = end.replace(day=begin.day) if begin.day <= end.day else begin
        while said and end < begin and (end - self._today).days < _WEEK:  # «с понедельника по среду»
            end += timedelta(days=_WEEK)
        joined = said or end - begin == timedelta(days=1)
        return Match(Days(begin, end) if begin <= end and joined else None, length)

    def _single(self, words: Words, start: int) -> Match[Day | None] | None:
        found = [
            match
            for read in (self._relative, self._later, self._weekday, self._of_month, self._month)
            if (match := read(words, start))
        ]
        return max(found, key=lambda match: match.length, default=None)

    def phrases(self) -> Iterator[str]:
        yield from _SAID.phrases()
        yield from (f"через {count} {days}" for count, days in (("три", "дня"), ("пять", "дней"), ("две", "недели")))
        yield from ("через неделю", "через месяц", "число", "числа")
        yield from weekdays()
        for name in WEEKDAYS:
            yield f"в следующий {name}"
        yield from (form for word in ("следующий", "этот", "ближайший") for form in (*forms(word), "эту"))
        yield from months()
        yield from numbers.said_dates()
        yield from (form for name in MONTHS for form in forms(name))

    def _relative(self, words: Words, start: int) -> Match[Day | None] | None:
        said = _SAID.at(words, start)
        if said is None:
            return None
        monday = self._today - timedelta(days=self._today.weekday())
        match said.value:
            case "week+0" | "rest":
                days: Day = Days(self._today, monday + timedelta(days=6))
            case "week+1":
                days = Days(monday + timedelta(days=7), monday + timedelta(days=13))
            case "weekend+0" | "weekend+1":
                saturday = monday + timedelta(days=12 if said.value == "weekend+1" else 5)
                days = Days(max(saturday, self._today), saturday + timedelta(days=1))
            case ("soon" | "any") as either:
                days = either
            case ahead:
                days = _one(self._today + timedelta(days=int(ahead)))
        return Match(days, said.length)

    def _later(self, words: Words, start: int) -> Match[Day | None] | None:
        """«через неделю», «через три дня», «дней через пять»."""
        if words[start] in _LATER and words[start + 1 : start + 2] == ("через",) and start + 2 < len(words):
            about = cardinal_at(words, start + 2, most=_LONGEST_WAIT)
            if about:
                return Match(_one(self._today + timedelta(days=about[0] * _LATER[words[start]])), 2 + about[1])
        if words[start] != "через" or start + 1 >= len(words):
            return None
        count, length = 1, 0
        if words[start + 1] in ("пару", "парочку"):
            count, length = 2, 1
        elif said := cardinal_at(words, start + 1, most=_LONGEST_WAIT):
            count, length = said
        unit = words[start + 1 + length] if start + 1 + length < len(words) else ""
        if unit in _LATER:
            return Match(_one(self._today + timedelta(days=count * _LATER[unit])), length + 2)
        if unit in _MONTH and count == 1:
            return Match(_one(self._today + timedelta(days=30)), length + 2)
        return None

    def _weekday(self, words: Words, start: int) -> Match[Day | None] | None:
        """«среду», «следующую среду», «эту пятницу»: today's own day of the week is meant in a week."""
        said, length = words[start], 1
        if (said in _NEXT or said in _THIS) and start + 1 < len(words):
            said, length = words[start + 1], 2
        if said not in weekdays():
            return None
        ahead = (weekdays()[said] - self._today.weekday() - 1) % 7 + 1
        if words[start] in _NEXT:
            ahead = weekdays()[said] - self._today.weekday() + 7
        return Match(_one(self._today + timedelta(days=ahead)), length)

    def _of_month(self, words: Words, start: int) -> Match[Day | None] | None:
        """«двадцать седьмого», «третьего декабря», «третьего двенадцатого», «третье число»: the next one to come."""
        said = ordinal_at(words, start, neuter=True)
        if said is None:
            return None
        day, length = said
        after = start + length
        month = months().get(words[after]) if after < len(words) else None
        named = month is not None or (after < len(words) and words[after] in ("числа", "число"))
        if not named and after < len(words) and (number := ordinal_at(words, after, neuter=True)):
            month, named = number[0], True
        found = self._next(day, month)
        return Match(_one(found) if found else None, length + named)

    def _month(self, words: Words, start: int) -> Match[Day | None] | None:
        """«в декабре»: what is left of it."""
        if words[start] not in months():
            return None
        month = months()[words[start]]
        year = self._today.year + (month < self._today.month)
        last = date(year, month, calendars.monthrange(year, month)[1])
        return Match(Days(max(date(year, month, 1), self._today), last), 1)

    def _next(self, day: int, month: int | None) -> date | None:
        for ahead in range(366 if month else _LONGEST_WAIT):
            found = self._today + timedelta(days=ahead)
            if found.day == day and month in (None, found.month):
                return found
        return None


def agreed(one: Day, other: Day) -> Day | None:
    """What two of them mean together: «на следующей неделе в среду»; None where they contradict each other."""
    if isinstance(one, str) or isinstance(other, str):
        return one if one == other else None
    if other.first == other.last and one.first != one.last:
        one, other = other, one
    for weeks in range(3 if one.first == one.last else 1):  # the day of the week may be meant in a later one
        first, last = one.first + timedelta(weeks=weeks), one.last + timedelta(weeks=weeks)
        if max(first, other.first) <= min(last, other.last):
            return Days(max(first, other.first), min(last, other.last))
    return None


def _one(day: date) -> Days:
    return Days(day, day)
