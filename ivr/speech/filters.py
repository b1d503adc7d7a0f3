"""What may stand after the colon in a {slot:filter}: each turns a value of one type into words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any, TypeVar, cast

from ivr.speech.verbalise import dates, digits, names, numbers, times
from ivr.speech.verbalise.numbers import Case, Gender
from ivr.speech.verbalise.specialities import SpokenSpeciality

T = TypeVar("T")
Values = Mapping[str, object]
Filter = Callable[[Any, Sequence[str], Values], str]


class WrongValue(ValueError):
    """The value does not fit the slot."""


def filters(specialities: Mapping[str, SpokenSpeciality]) -> dict[str, Filter]:
    """All filters by name; arguments are those written in brackets."""
    return {
        "date": _date,
        "near": _near,
        "time": _time,
        "hours": lambda value, _args, _all: times.hours(*_pair(value)),
        "count": _count,
        "form": lambda value, args, _all: numbers.form(_typed(value, int), *args),
        "number": lambda value, _args, _all: numbers.cardinal(_typed(value, int)),
        "ord": lambda value, args, _all: numbers.ordinal(_typed(value, int), *_case_gender(args)),
        "digits": lambda value, _args, _all: digits.digits(_typed(value, str)),
        "phone": lambda value, _args, _all: digits.phone(_typed(value, str)),
        "room": lambda value, _args, _all: digits.room(_typed(value, str)),
        "text": lambda value, _args, _all: _typed(value, str),
        "name": _name,
        "asked": _asked,
        **{case: _in_case(specialities, case) for case in ("nom", "gen", "dat")},
    }


def menu(items: Sequence[str]) -> str:
    """«к хирургу — один, к урологу — два»: what is chosen first, its key last."""
    return ", ".join(f"{item} — {numbers.cardinal(key)}" for key, item in enumerate(items, 1))


def _date(value: object, args: Sequence[str], _all: Values) -> str:
    day = _typed(value, date)
    case = cast(Case, args[0]) if args else "n"
    said = {"year": dates.with_year, "weekday": dates.with_weekday}
    return said.get(args[1] if len(args) > 1 else "", dates.day_and_month)(day, case)


def _near(value: object, args: Sequence[str], values: Values) -> str:
    """As `date`; but «завтра» when the value `today` is given and the day is near."""
    today = values.get("today")
    said = dates.near(_typed(value, date), today) if isinstance(today, date) else None
    return said or _date(value, args, values)


def _time(value: object, args: Sequence[str], _all: Values) -> str:
    at = _typed(value, time)
    return times.until(at) if "g" in args else times.clock(at)


def _count(value: object, args: Sequence[str], _all: Values) -> str:
    one, few, many, *rest = args
    gender, case = (*rest, *("m", "n")[len(rest) :])
    return numbers.count(_typed(value, int), one, few, many, cast(Gender, gender), cast(Case, case))


def _name(value: Any, args: Sequence[str], _all: Values) -> str:
    """Of a doctor, or of anybody with a surname, a given name, a patronymic and a sex."""
    case = cast(Case, args[0]) if args else "n"
    try:
        return names.full_name(value.surname, value.given_name, value.patronymic, value.sex, case)
    except AttributeError:
        raise WrongValue(f"needs a person (surname, given_name, patronymic, sex), not {type(value).__name__}") from None


def _asked(value: Any, _args: Sequence[str], _all: Values) -> str:
    """Of anybody with a given name, a patronymic and a sex: «с Анной Ивановной», «со Степаном»; no surname."""
    try:
        return names.with_somebody(value.given_name, value.patronymic, value.sex)
    except AttributeError:
        raise WrongValue(f"needs a person (given_name, patronymic, sex), not {type(value).__name__}") from None


def _in_case(specialities: Mapping[str, SpokenSpeciality], case: str) -> Filter:
    def said(value: object, _args: Sequence[str], _all: Values) -> str:
        try:
            return str(getattr(specialities[_typed(value, str)], case))
        except KeyError:
            raise WrongValue(f"speciality {value!r} is not in specialities.toml: add its words there") from None

    return said


def _case_gender(args: Sequence[str]) -> tuple[Case, Gender]:
    return cast(Case, args[0]) if args else "n", cast(Gender, args[1]) if len(args) > 1 else "m"


def _pair(value: object) -> tuple[time, time]:
    opens, closes = _typed(value, tuple)
    return _typed(opens, time), _typed(closes, time)


def _typed(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise WrongValue(f"needs a value of type {kind.__name__}, not {type(value).__name__}")
    return value
