"""The ledger of consents: rows are added, never changed, and the triggers of the database see to it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from ivr.domain.consent import Consent, ConsentPurpose, Wording
from ivr.storage.register import Register, e164, phone, upsert
from ivr.storage.tables import consent_wordings, consents


class ConsentRegister(Register):
    def add(self, consent: Consent, words: str | None = None) -> int:
        values: dict[str, Any] = {
            "patient_id": consent.patient_id,
            "booking_id": consent.booking_id,
            "purpose": str(consent.purpose),
            "given": consent.given,
            "method": str(consent.method),
            "phone": e164(consent.phone),
            "wording": consent.wording,
            "call_key": consent.call_key,
            "at": consent.at,
            "email": consent.email,
            "channel": str(consent.channel),
            "proof": consent.proof,
            "noted_by": consent.noted_by,
            "withdraws": consent.withdraws,
        }
        if words is not None:
            self._keep(consent, words)
        return self._insert(consents, **values)

    def _keep(self, consent: Consent, words: str) -> None:
        row = {"version": consent.wording, "purpose": str(consent.purpose), "text": words, "since": consent.at}
        self._run(upsert(self._connection, consent_wordings).values(row).on_conflict_do_nothing())

    def latest(self, patient_id: int, visits: Sequence[int], purpose: str) -> Consent | None:
        own = consents.c
        about = own.booking_id.in_(visits) | own.booking_id.is_(None)
        chosen = select(consents).where(own.patient_id == patient_id, about, own.purpose == purpose)
        row = self._run(chosen.order_by(own.at.desc(), own.id.desc()).limit(1)).one_or_none()
        return None if row is None else _consent(row)

    def of_patient(self, patient_id: int) -> list[Consent]:
        own = consents.c
        chosen = select(consents).where(own.patient_id == patient_id).order_by(own.at, own.id)
        return [_consent(row) for row in self._run(chosen)]

    def of_people(self, since: datetime, before: datetime, patient_id: int | None) -> Iterator[Consent]:
        own = consents.c
        then = select(own.patient_id).where(own.at >= since, own.at < before)
        if patient_id is not None:
            then = then.where(own.patient_id == patient_id)
        chosen = select(consents).where(own.patient_id.in_(then)).order_by(own.patient_id, own.at, own.id)
        return (_consent(row) for row in self._run(chosen))

    def wordings(self) -> list[Wording]:
        rows = self._run(select(consent_wordings).order_by(consent_wordings.c.since, consent_wordings.c.version))
        return [Wording(ConsentPurpose(row.purpose), row.text, row.version) for row in rows]


def _consent(row: Row[Any]) -> Consent:
    return Consent(**{**row._mapping, "phone": phone(row.phone)})
