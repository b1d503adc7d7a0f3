"""Small registers that only grow: consents, failed identifications, the audit log."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from ivr.domain.identifiers import PhoneNumber
from ivr.services.audit import Entry, Sought
from ivr.services.ports import Consent
from ivr.storage.register import Register, e164, phone
from ivr.storage.tables import audit, consents, failed_identifications


class ConsentRegister(Register):
    def add(self, consent: Consent) -> None:
        values = {
            "patient_id": consent.patient_id,
            "booking_id": consent.booking_id,
            "purpose": consent.purpose,
            "given": consent.given,
            "method": consent.method,
            "phone": e164(consent.phone),
            "wording": consent.wording,
            "call_key": consent.call_key,
            "at": consent.at,
            "email": consent.email,
            "channel": consent.channel,
            "proof": consent.proof,
        }
        self._run(insert(consents).values(values))

    def latest(self, patient_id: int, booking_id: int, purpose: str) -> Consent | None:
        own = consents.c
        visit = (own.patient_id == patient_id, own.booking_id == booking_id)
        chosen = select(consents).where(*visit, own.purpose == purpose)
        row = self._run(chosen.order_by(own.at.desc(), own.id.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        return Consent(
            patient_id=row.patient_id,
            booking_id=row.booking_id,
            purpose=row.purpose,
            given=row.given,
            method=row.method,
            phone=phone(row.phone),
            wording=row.wording,
            call_key=row.call_key,
            at=row.at,
            email=row.email,
            channel=row.channel,
            proof=row.proof,
        )


class AttemptRegister(Register):
    def lock(self, caller: PhoneNumber | None) -> None:
        # SQLite has one writer anyway.
        if self._connection.dialect.name == "postgresql":
            self._run(select(func.pg_advisory_xact_lock(func.hashtextextended(_counted(caller), 0))))

    def add(self, caller: PhoneNumber | None, now: datetime) -> None:
        self._run(insert(failed_identifications).values(caller=_counted(caller), at=now))

    def since(self, caller: PhoneNumber | None, moment: datetime) -> list[datetime]:
        own = failed_identifications.c
        chosen = select(own.at).where(own.caller == _counted(caller), own.at > moment).order_by(own.at)
        return list(self._run(chosen).scalars())


def _counted(caller: PhoneNumber | None) -> str:
    """Withheld numbers are one."""
    return "" if caller is None else caller.e164


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
