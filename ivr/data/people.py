"""people.toml: the fictitious people of the demo hospital."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ivr.data.reading import bundled


@dataclass(frozen=True, slots=True)
class FictitiousPerson:
    """Somebody to play on the telephone: what to key in, and what to expect."""

    id: str
    name: str
    born: date
    phone: str
    use: str
    oms: str | None
    snils: str | None
    certificate: str | None


def fictitious_people() -> list[FictitiousPerson]:
    """The people of the demo hospital, in order."""
    return [_person(key, person) for key, person in demo_people()["people"].items()]


def demo_people() -> dict[str, Any]:
    """The people and what they have booked, as the file has them."""
    return tomllib.loads(bundled("people.toml").read_text(encoding="utf-8"))


def _person(key: str, person: Mapping[str, Any]) -> FictitiousPerson:
    names = (person["surname"], person["given_name"], person.get("patronymic"))
    return FictitiousPerson(
        id=key,
        name=" ".join(filter(None, names)),
        born=person["born"],
        phone=person["phone"],
        use=person["use"],
        oms=person.get("oms"),
        snils=person.get("snils"),
        certificate=person.get("certificate"),
    )
