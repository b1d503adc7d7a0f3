"""Local days as people type them."""

from datetime import date, datetime

import typer

YEARS = range(1900, 2200)


def a_day(text: str) -> date:
    """2026-12-31 or 31.12.2026. Raises BadParameter."""
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a local day, no moment
        except ValueError:
            continue
        if day.year in YEARS:
            return day
    raise typer.BadParameter(f"a day is written 2026-12-31 or 31.12.2026, from {YEARS[0]} to {YEARS[-1]}")
