"""hospital.toml: what callers hear about the hospital."""

from pathlib import Path

from ivr.data.reading import Table, bundled
from ivr.domain.hospital import Hospital
from ivr.domain.hours import Hours
from ivr.domain.identifiers import PhoneNumber


def load_hospital(path: Path | None = None) -> Hospital:
    """The hospital of that file, or the demo hospital. Raises DataError."""
    root = Table.of_file(path or bundled("hospital.toml"))
    adult, child, nurse, phones = (root.table(key) for key in ("adult", "child", "nurse", "phones"))
    sites = root.table("sites")
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
        sites={key: sites.text(key) for key in sites.items()},
    )
    root.finished()
    return found


def _dialled(text: str) -> str:
    """Digits as a Russian caller keys them: 8 and ten more."""
    e164 = PhoneNumber.parse(text).e164
    return "8" + e164[2:] if e164.startswith("+7") else e164[1:]
