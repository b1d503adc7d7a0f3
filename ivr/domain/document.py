"""Documents that prove who somebody is: passport, birth certificate (S2.2, domain 2.3)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ivr.domain.identifiers import BadNumber


class DocumentKind(StrEnum):
    PASSPORT = "PASSPORT"
    """Of a citizen of Russia: four digits and six."""
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"
    """Roman numerals, two Cyrillic letters, six digits: II-МЮ 123456."""


_SERIES = {
    DocumentKind.PASSPORT: re.compile(r"[0-9]{4}"),
    DocumentKind.BIRTH_CERTIFICATE: re.compile(r"[IVXLC]{1,6}-[А-ЯЁ]{2}"),
}
_CODES = {DocumentKind.PASSPORT: "PASSPORT_FORMAT", DocumentKind.BIRTH_CERTIFICATE: "BIRTH_CERTIFICATE_FORMAT"}
# Roman numerals are typed with whatever the keyboard has at hand.
_AS_ROMAN = str.maketrans({"1": "I", "І": "I", "П": "II", "Ш": "III", "У": "V", "Х": "X", "С": "C", "Л": "L"})


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """Shows only the last two digits of its number."""

    kind: DocumentKind
    series: str
    number: str

    def __post_init__(self) -> None:
        if not _SERIES[self.kind].fullmatch(self.series) or not re.fullmatch(r"[0-9]{6}", self.number):
            raise BadNumber(_CODES[self.kind], "a passport is 4 and 6 digits, a birth certificate is II-МЮ 123456")

    @classmethod
    def parse(cls, kind: DocumentKind, series: str, number: str) -> Self:
        """Accept spaces, small letters and Cyrillic look-alikes of Roman numerals. Raises BadNumber."""
        return cls(kind, _read_series(kind, series), re.sub(r"[\s№]", "", number))

    def __repr__(self) -> str:
        return f"IdentityDocument({self.kind} …{self.number[-2:]})"


def _read_series(kind: DocumentKind, text: str) -> str:
    bare = re.sub(r"\s", "", text).upper()
    if kind is DocumentKind.PASSPORT:
        return bare
    roman, letters = bare[:-2].rstrip("-–—"), bare[-2:]
    return f"{roman.translate(_AS_ROMAN)}-{letters}"
