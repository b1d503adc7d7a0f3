"""Doctors' surnames in all cases: «к Градусовой», «у Микстурина»."""

from collections.abc import Iterable
from functools import lru_cache

from pytrovich.enums import Case, Gender, NamePart
from pytrovich.maker import PetrovichDeclinationMaker

_MAKER = PetrovichDeclinationMaker()


@lru_cache(maxsize=4096)
def forms(surname: str, sex: str) -> tuple[str, ...]:
    """The surname in its six cases, small letters; `sex` is M or F."""
    gender = Gender.MALE if sex == "M" else Gender.FEMALE
    cases = (_MAKER.make(NamePart.LASTNAME, gender, case, surname) for case in Case)
    return tuple(dict.fromkeys(form.lower() for form in (surname, *cases)))


def said(doctors: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Phrases of a Lexicon: every form of every (surname, sex), and the surname it means."""
    return [(f"={form}", surname) for surname, sex in doctors for form in forms(surname, sex)]
