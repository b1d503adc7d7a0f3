"""Names of persons in the cases of Russian."""

import re
from functools import cache, lru_cache

from pytrovich.enums import Case as NameCase
from pytrovich.enums import Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker

from ivr.speech.verbalise.numbers import Case

_CASES = {
    "g": NameCase.GENITIVE,
    "d": NameCase.DATIVE,
    "a": NameCase.ACCUSATIVE,
    "i": NameCase.INSTRUMENTAL,
    "p": NameCase.PREPOSITIONAL,
}
_PARTS = (NamePart.LASTNAME, NamePart.FIRSTNAME, NamePart.MIDDLENAME)


@lru_cache(maxsize=2048)
def full_name(surname: str, given_name: str, patronymic: str | None, sex: str, case: Case = "n") -> str:
    """Surname, given name and patronymic; `sex` is M or F, for it decides whether «Шевчук» is declined."""
    words = [surname, given_name, *([patronymic] if patronymic else [])]
    if case == "n":
        return " ".join(words)
    gender = Gender.MALE if sex.upper() == "M" else Gender.FEMALE
    return " ".join(_maker().make(part, gender, _CASES[case], word) for part, word in zip(_PARTS, words, strict=False))


_WITH_SO = re.compile(r"(?i)(?:[сзшж][бвгджзклмнпрстфхцчшщ]|вс|льв|мн|щ)")
"""Beginnings before which «с» cannot be pronounced: «со Степаном», «со Львом»."""


def with_somebody(given_name: str, patronymic: str | None, sex: str) -> str:
    """«с Анной Ивановной», «со Светланой»: whom one wants to speak with, without the surname (4.2)."""
    _, *called = full_name("", given_name, patronymic, sex, "i").split(" ")
    return f"{'со' if _WITH_SO.match(called[0]) else 'с'} {' '.join(called)}"


@cache
def _maker() -> PetrovichDeclinationMaker:
    return PetrovichDeclinationMaker()
