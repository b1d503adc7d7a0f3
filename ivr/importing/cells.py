"""Cells of a row turned into values, with every complaint about the row kept."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, time
from typing import TypeVar

from ivr.domain.hours import clock_time
from ivr.domain.identifiers import Snils, birth_date
from ivr.domain.patient import Sex
from ivr.domain.schedule import Parity
from ivr.domain.slot import Channel, SlotKind
from ivr.importing.csv_file import Complaint, Row

T = TypeVar("T")
LONGEST_NAME = 100
FIRST_YEAR, LAST_YEAR = 2000, 2100
SEXES = {"f": Sex.FEMALE, "ж": Sex.FEMALE, "жен": Sex.FEMALE, "m": Sex.MALE, "м": Sex.MALE, "муж": Sex.MALE}
ANSWERS = {"yes": True, "да": True, "1": True, "no": False, "нет": False, "0": False}
WEEKDAYS = {"пн": 1, "вт": 2, "ср": 3, "чт": 4, "пт": 5, "сб": 6, "вс": 7}
PARITIES = {"any": Parity.ANY, "odd": Parity.ODD, "even": Parity.EVEN, "нечетные": Parity.ODD, "четные": Parity.EVEN}


class Cells:
    """Reads one row; a cell that cannot be read becomes a complaint and None."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.complaints: list[Complaint] = []

    def must(self, column: str, parse: Callable[[str], T]) -> T | None:
        """A cell that may not be empty."""
        if column not in self.row.cells:
            self.complain(column, "is empty")
            return None
        return self.may(column, parse)

    def may(self, column: str, parse: Callable[[str], T]) -> T | None:
        """A cell that may be empty."""
        text = self.row.cells.get(column)
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as problem:
            self.complain(column, str(problem))
            return None

    def complain(self, column: str, reason: str) -> None:
        self.complaints.append(Complaint(self.row.line, column, reason))


def name(text: str) -> str:
    """A surname, a given name: letters, with spaces, hyphens, apostrophes and full stops inside."""
    # Macs write й in two pieces, and stress marks come along from word processors.
    text = unicodedata.normalize("NFC", text.replace("\u0301", ""))
    if len(text) > LONGEST_NAME:
        raise ValueError(f"is {len(text)} characters long, more than {LONGEST_NAME}")
    if not re.fullmatch(r"[^\W\d_]([^\W\d_]|[ .'’-])*", text):
        raise ValueError("a name has letters, spaces, hyphens and apostrophes only")
    return " ".join(text.split())


def short_text(text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(f"must be up to {LONGEST_NAME} printable characters")
    return text


def digits(text: str) -> str:
    """The digits of a number written with spaces, hyphens or dots."""
    return re.sub(r"[\s.\-–]", "", text)


def snils(text: str) -> str:
    return Snils(digits(text)).digits


def sex(text: str) -> Sex:
    return _one_of(SEXES, text.rstrip("."), "F or M (Ж or М)")


def answer(text: str) -> bool:
    return _one_of(ANSWERS, text, "yes or no (да or нет)")


def day(text: str) -> date:
    """A date as DD.MM.YYYY or YYYY-MM-DD."""
    if found := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text, re.ASCII):
        year, month, number = found.groups()
    elif found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text, re.ASCII):
        number, month, year = found.groups()
    else:
        raise ValueError("a date is written 31.12.1985 or 1985-12-31")
    try:
        return date(int(year), int(month), int(number))
    except ValueError:
        raise ValueError("there is no such date") from None


def plan_day(text: str) -> date:
    """A day of a timetable; nobody plans further ahead than a century."""
    found = day(text)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"a schedule is made for the years {FIRST_YEAR} to {LAST_YEAR}")
    return found


def born(today: date) -> Callable[[str], date]:
    """A birth date: not in the future, not before 1900."""
    return lambda text: birth_date(f"{day(text):%d%m}{day(text).year:04}", today=today)


def moment(text: str) -> time:
    return clock_time(text)


def whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return parse


def weekdays(text: str) -> frozenset[int]:
    """`1-5`, `1,3,5`, `пн-пт`; Monday is 1 in the file and 0 in the program."""
    found: set[int] = set()
    for part in text.casefold().replace(" ", "").split(","):
        ends = [_weekday(end) for end in re.split("[-–]", part)]
        if len(ends) > 2 or ends[0] > ends[-1]:
            raise ValueError("weekdays are written 1-5 or 1,3,5 or пн-пт")
        found.update(range(ends[0] - 1, ends[-1]))
    return frozenset(found)


def _weekday(text: str) -> int:
    number = WEEKDAYS.get(text) or (int(text) if re.fullmatch("[1-7]", text) else 0)
    if not number:
        raise ValueError("weekdays are written 1-5 or 1,3,5 or пн-пт")
    return number


def parity(text: str) -> Parity:
    return _one_of(PARITIES, text.replace("ё", "е"), "odd, even or any")


def kind(text: str) -> SlotKind:
    return _one_of({each.casefold(): each for each in SlotKind}, text, ", ".join(SlotKind))


def channels(text: str) -> frozenset[Channel]:
    known = {each.casefold(): each for each in Channel}
    return frozenset(_one_of(known, part.strip(), ", ".join(Channel)) for part in text.split("+"))


def _one_of(known: dict[str, T], text: str, expected: str) -> T:
    if text.casefold() not in known:
        raise ValueError(f"must be {expected}")
    return known[text.casefold()]
