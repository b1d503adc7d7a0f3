"""Specialities in the three cases a call needs. The table is data, checked by people: rules get «ЛОРу» wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.speech.wording import BadWording, only, read_tables, text_of


@dataclass(frozen=True, slots=True)
class SpokenSpeciality:
    nom: str
    gen: str
    """With its preposition: «у терапевта», «на рентгене»."""
    dat: str
    """With its preposition: «к терапевту», «на рентген»."""
    said: tuple[str, ...] = ()
    """How callers call it."""


def read_specialities(path: Path) -> Mapping[str, SpokenSpeciality]:
    """The table of prompts/specialities.toml. Raises BadWording."""
    return {key: _speciality(table, f"{path.name}: {key}") for key, table in read_tables(path).items()}


def _speciality(table: Mapping[str, object], place: str) -> SpokenSpeciality:
    only(table, frozenset({"nom", "gen", "dat", "said"}), place)
    nom, gen, dat = (text_of(table, case, place) for case in ("nom", "gen", "dat"))
    said = table.get("said", [])
    if not isinstance(said, list) or not all(isinstance(word, str) for word in said):
        raise BadWording(f"{place}: said must be a list of texts")
    return SpokenSpeciality(nom, gen, dat, tuple(said))
