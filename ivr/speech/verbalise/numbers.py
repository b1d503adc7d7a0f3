"""Numbers in words: cardinal, ordinal, and with a counted noun."""

from typing import Literal

from num2words import num2words  # type: ignore[import-untyped]

Case = Literal["n", "g", "d", "a", "i", "p"]
"""Nominative, genitive, dative, accusative, instrumental, prepositional."""
Gender = Literal["m", "f", "n"]


def cardinal(number: int, case: Case = "n", gender: Gender = "m") -> str:
    """«двадцать одна»; accusative as of things, not of persons."""
    # num2words declines 1 and 2 as living beings by default: «на второго этаж».
    return str(num2words(number, lang="ru", case=case, gender=gender, animate=False))


def ordinal(number: int, case: Case = "n", gender: Gender = "m") -> str:
    """«двадцать первого»; accusative as of things."""
    return str(num2words(number, lang="ru", to="ordinal", case=case, gender=gender, animate=False))


def form(number: int, one: str, few: str, many: str) -> str:
    """The form of a noun that stands beside the number: одна цифра, две цифры, пять цифр."""
    tail = abs(number) % 100
    if 11 <= tail <= 14:
        return many
    return one if tail % 10 == 1 else few if 2 <= tail % 10 <= 4 else many


def count(number: int, one: str, few: str, many: str, gender: Gender = "m", case: Case = "n") -> str:
    """Number and noun: «двадцать одна минута». For other cases pass the noun's forms of that case."""
    return f"{cardinal(number, case, gender)} {form(number, one, few, many)}"
