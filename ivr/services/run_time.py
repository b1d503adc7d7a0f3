"""Settings changed while the program runs: read by every process, changed by the administrator."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ivr.services.ports import Work


def stored(work: Work) -> dict[str, Any]:
    """What differs from the settings files."""
    with work.reading():
        return work.run_settings.all()


def change(work: Work, values: Mapping[str, Any], *, who: str, now: datetime) -> None:
    """Keep new values, None for what the files say; the values are checked by whoever asks (domain/run_time)."""
    with work:
        before = work.run_settings.all()
        for key, value in values.items():
            if value is None:
                work.run_settings.remove(key)
            else:
                work.run_settings.set(key, value, who=who, now=now)
        changed = sorted(key for key, value in values.items() if before.get(key) != value)
        detail = {key: {"from": before.get(key), "to": values[key]} for key in changed}
        work.audit.add(who=who, action="settings changed", detail=detail, now=now)
        work.commit()
