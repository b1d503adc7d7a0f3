"""Strings of digits: read one by one in groups, as a telephone, as a room."""

import re
from collections.abc import Iterator

from ivr.speech.verbalise.numbers import cardinal

DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")


def digits(text: str) -> str:
    """Digit by digit: up to five in one breath, six as three and three, more in fours."""
    found = re.sub(r"\D", "", text)
    size = 5 if len(found) <= 5 else 3 if len(found) == 6 else 4
    return ", ".join(" ".join(DIGITS[int(digit)] for digit in part) for part in _parts(found, size))


def phone(text: str) -> str:
    """Ten digits after the eight, as numbers are dictated: «восемь, девятьсот шестнадцать, ноль ноль семь, …»."""
    found = re.sub(r"\D", "", text)[-10:]
    if len(found) < 10:
        return digits(found)
    groups = found[:3], found[3:6], found[6:8], found[8:]
    return ", ".join(["восемь", *map(_group, groups)])


def room(text: str) -> str:
    """«двадцать один», «двенадцать а»; a room with a name is said by its name."""
    found = re.fullmatch(r"\s*(\d+)\s*[- ]?\s*([а-яё]?)\s*", text.lower())
    if not found:
        return re.sub(r"\d+", lambda number: _group(number[0]), text)
    return f"{_group(found[1])} {found[2]}".strip()


def _parts(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _group(text: str) -> str:
    """A number with its leading zeros: «ноль ноль семь»."""
    zeros = len(text) - len(text.lstrip("0"))
    rest = text[zeros:]
    return " ".join([DIGITS[0]] * zeros + ([cardinal(int(rest))] if rest else []))
