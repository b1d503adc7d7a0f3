"""The ledger of consents for a regulator: who agreed to which words, when, by what proof, and when he took it back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from ivr.domain.consent import Consent, Line, Wording, ledger
from ivr.domain.patient import Patient
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Exported:
    """A line of the ledger with whose it is."""

    patient: Patient
    line: Line
    ticket: str | None
    """Of the visit that it is about; None: of all visits."""


@dataclass(frozen=True, slots=True)
class Ledger:
    lines: list[Exported]
    wordings: list[Wording]
    users: dict[str, str]
    """Names by what `noted_by` calls them."""


def export(work: Work, since: datetime, before: datetime, *, patient_id: int | None, who: str, now: datetime) -> Ledger:
    """What was said or taken back then; that it was taken out is in the audit log, or nothing is given out."""
    with work:
        lines = list(_lines(work, since, before, patient_id))
        users = {f"user:{one.id}": one.name for one in work.users.all()}
        detail = {"lines": len(lines), "patient": patient_id}
        work.audit.add(who=who, action="consents exported", detail=detail, now=now)
        told = Ledger(lines, work.consents.wordings(), users)
        work.commit()
    return told


def _lines(work: Work, since: datetime, before: datetime, patient_id: int | None) -> Iterator[Exported]:
    people = groupby(_said(work, since, before, patient_id), key=lambda said: said.patient_id)
    for one, said in people:
        patient = work.patients.get(one)
        for line in ledger(list(said)):
            if any(since <= each.at < before for each in (line.said, line.ended) if each is not None):
                yield Exported(patient, line, _ticket(work, line.said))


def _said(work: Work, since: datetime, before: datetime, patient_id: int | None) -> Iterable[Consent]:
    # All of it before the next question to the database: one connection has one open answer.
    return list(work.consents.of_people(since, before, patient_id))


def _ticket(work: Work, said: Consent) -> str | None:
    return None if said.booking_id is None else work.bookings.get(said.booking_id).ticket
