"""The audit log: who looked at personal data, or changed what only a person may change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ivr.services.ports import Work


def record(work: Work, *, who: str, action: str, detail: Mapping[str, Any], now: datetime) -> None:
    """Keep one line; `detail` holds no personal value."""
    with work:
        work.audit.add(who=who, action=action, detail=detail, now=now)
        work.commit()
