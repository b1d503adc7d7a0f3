"""Small registers that only grow: failed identifications, the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from ivr.domain.identifiers import Caller, PhoneNumber
from ivr.services.audit import Entry, Sought
from ivr.storage.register import Register
from ivr.storage.tables import audit, failed_identifications


class AttemptRegister(Register):
    def lock(self, caller: Caller | None) -> None:
        # SQLite has one writer anyway.
        if self._connection.dialect.name == "postgresql":
            self._run(select(func.pg_advisory_xact_lock(func.hashtextextended(_counted(caller), 0))))

    def add(self, caller: Caller | None, now: datetime) -> None:
        self._run(insert(failed_identifications).values(caller=_counted(caller), at=now))

    def since(self, caller: Caller | None, moment: datetime) -> list[datetime]:
        own = failed_identifications.c
        chosen = select(own.at).where(own.caller == _counted(caller), own.at > moment).order_by(own.at)
        return list(self._run(chosen).scalars())


def _counted(caller: Caller | None) -> str:
    """Withheld numbers are one."""
    match caller:
        case None:
            return ""
        case PhoneNumber():
            return caller.e164
        case _:
            return caller.key


class AuditRegister(Register):
    def add(self, *, who: str, action: str, detail: Mapping[str, Any], now: datetime) -> None:
        self._run(insert(audit).values(who=who, action=action, detail=dict(detail), at=now))

    def find(self, sought: Sought, *, limit: int, skip: int) -> list[Entry]:
        own = audit.c
        wanted = [own.at >= sought.since, own.at < sought.until]
        if sought.who is not None:
            wanted.append(own.who == sought.who)
        if sought.action is not None:
            wanted.append(own.action == sought.action)
        for key, value in (("patient", sought.patient_id), ("booking", sought.booking_id)):
            if value is not None:
                wanted.append(own.detail[key].as_integer() == value)
        chosen = select(audit).where(*wanted).order_by(own.at.desc(), own.id.desc()).limit(limit).offset(skip)
        return [Entry(**row._mapping) for row in self._run(chosen)]

    def actions(self) -> list[str]:
        return list(self._run(select(audit.c.action).distinct().order_by(audit.c.action)).scalars())
