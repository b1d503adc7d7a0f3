"""Parameters of searches: each known by name, dates with their prefixes, references to our own resources."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import request

from ivr.domain.rules import Rules
from ivr.web.fhir.bundles import MOST_COUNT, USUAL_COUNT, Paging
from ivr.web.fhir.exchange import base
from ivr.web.problems import Problem

EVERYWHERE = frozenset({"_count", "_offset", "_summary", "_format", "_pretty"})
FOREVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
BAD_DATE = "Дата: ГГГГ-ММ-ДД или время с часовым поясом, перед ней eq, ge, gt, le, lt."
_DATE = re.compile(r"(eq|ge|gt|le|lt)?(\d{4}-\d{2}-\d{2})(T.+)?")


@dataclass(frozen=True, slots=True)
class Asked:
    """The search of this request, from the address or from a form."""

    given: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Values that are joined by "and"; each may be a list with commas."""
        return [value for own, value in self.given if own == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        if len(values) > 1:
            raise Problem(400, "bad_request", f"Параметр {name} бывает один.")
        return values[0] if values else None

    def any_of(self, name: str) -> list[str]:
        return [each for value in self.all(name) for each in value.split(",")]


def asked(*known: str) -> Asked:
    """Raises Problem 400 for a parameter that means nothing here: it would be left out in silence."""
    given = [*request.args.items(multi=True), *request.form.items(multi=True)]
    strange = sorted({name[:40] for name, _ in given} - {*known, *EVERYWHERE})
    if strange:
        raise Problem(400, "not_supported", f"Эти параметры не поддерживаются: {', '.join(strange)}.")
    return Asked(tuple(given))


def paging(kind: str, search: Asked) -> Paging:
    params = tuple((name, value) for name, value in search.given if name not in EVERYWHERE)
    summary = search.one("_summary")
    if summary not in (None, "false", "count"):
        raise Problem(400, "not_supported", "Из _summary поддерживается count.")
    count = _whole(search, "_count", USUAL_COUNT)
    return Paging(
        base(),
        kind,
        params,
        count=min(count, MOST_COUNT) or 1,
        offset=_whole(search, "_offset", 0),
        only_total=summary == "count" or count == 0,
    )


def period(values: Iterable[str], rules: Rules) -> Callable[[datetime], bool]:
    """Whether a moment fits all of them. Raises Problem 400."""
    spans = [_span(value, rules) for value in values]
    return lambda moment: all(since <= moment < until for since, until in spans)


def bounds(values: Iterable[str], rules: Rules) -> tuple[datetime, datetime]:
    """The span that all of them leave. Raises Problem 400."""
    spans = [_span(value, rules) for value in values]
    return max([FOREVER[0], *(since for since, _ in spans)]), min([FOREVER[1], *(until for _, until in spans)])


def _span(value: str, rules: Rules) -> tuple[datetime, datetime]:
    found = _DATE.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        prefix, day, rest = found.groups()
        first, after = _named(day, rest, rules)
    except (ValueError, OverflowError):
        raise Problem(400, "bad_request", BAD_DATE) from None
    return {
        "ge": (first, FOREVER[1]),
        "gt": (after, FOREVER[1]),
        "le": (FOREVER[0], after),
        "lt": (FOREVER[0], first),
    }.get(prefix, (first, after))


def _named(day: str, rest: str | None, rules: Rules) -> tuple[datetime, datetime]:
    """A whole day of the hospital, or a second."""
    if rest is None:
        return rules.span(datetime.fromisoformat(day).date())
    moment = datetime.fromisoformat(day + rest)
    if moment.tzinfo is None:
        raise ValueError(rest)
    return moment, moment + timedelta(seconds=1)


def _whole(search: Asked, name: str, usual: int) -> int:
    value = search.one(name)
    if value is None:
        return usual
    if not (value.isascii() and value.isdecimal() and len(value) < 9):
        raise Problem(400, "bad_request", f"{name}: целое число.")
    return int(value)
