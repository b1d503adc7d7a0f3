"""hospital.toml: what callers hear about the hospital."""

import re
from collections.abc import Mapping
from pathlib import Path

from ivr.data.reading import Table, bundled
from ivr.domain.hospital import Federal, Hospital
from ivr.domain.hours import Hours
from ivr.domain.identifiers import PhoneNumber


def load_hospital(path: Path | None = None) -> Hospital:
    """The hospital of that file, or the demo hospital. Raises DataError."""
    root = Table.of_file(path or bundled("hospital.toml"))
    adult, child, nurse, phones = (root.table(key) for key in ("adult", "child", "nurse", "phones"))
    places = root.table("sites")
    sites = {key: places.text(key) for key in places.items()}
    found = Hospital(
        name=root.text("name"),
        registry_phone=phones.parsed("registry", _dialled),
        adult_address=adult.text("address"),
        adult_hours=adult.parsed("hours", Hours.parse),
        child_address=child.text("address"),
        child_hours=child.parsed("hours", Hours.parse),
        nurse_hours=nurse.parsed("hours", Hours.parse),
        nurse_room=nurse.text("room"),
        operator_hours=root.table("operators").parsed("hours", Hours.parse),
        home_hours=root.table("home_calls").parsed("hours", Hours.parse),
        duty_hours=root.table("duty").parsed("hours", Hours.parse),
        sites=sites,
        call_centre_phone=phones.parsed("call_centre", _dialled) if phones.optional_text("call_centre") else "",
        federal=_federal(root.optional_table("federal"), sites),
    )
    root.finished()
    return found


def _federal(table: Table, sites: Mapping[str, str]) -> Federal | None:
    if not list(table.items()):
        return None
    units = table.optional_table("units")
    if strange := sorted(set(units.items()) - set(sites)):
        raise units.error(strange[0], f"no such site; known are {', '.join(sorted(sites))}")
    return Federal(
        id=table.text("mo_id"),
        oid=table.parsed("mo_oid", _oid),
        region=table.parsed("region", _two_digits),
        units={site: units.parsed(site, _oid) for site in units.items()},
    )


def _oid(text: str) -> str:
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)+", text):
        raise ValueError("an OID is numbers parted by dots")
    return text


def _two_digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]{2}", text):
        raise ValueError("the code of a region is two digits")
    return text


def _dialled(text: str) -> str:
    """Digits as a Russian caller keys them: 8 and ten more, or a short number such as 122."""
    if re.fullmatch(r"[0-9]{3,6}", text):
        return text
    e164 = PhoneNumber.parse(text).e164
    return "8" + e164[2:] if e164.startswith("+7") else e164[1:]
