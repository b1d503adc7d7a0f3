"""Personal data on a screen: names as initials, numbers by their last four."""


def initials(*names: str | None) -> str:
    """«Т. А. И.»"""
    return " ".join(f"{name[0]}." for name in names if name)


def last_four(number: str | None) -> str | None:
    """«…9015»; a short number is not shown at all."""
    if not number:
        return None
    return f"…{number[-4:]}" if len(number) > 4 else "…"
