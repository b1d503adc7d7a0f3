"""The state portal (EPGU): who comes, for whom, and whether this channel is his (S1.1 to S1.4)."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from ivr.domain.identifiers import Claim, Snils
from ivr.domain.patient import Patient, Sex
from ivr.domain.referral import Referral
from ivr.domain.refusals import NotAttached, NotIdentified, SessionOver
from ivr.domain.rules import Rules
from ivr.services.choice import find_referral
from ivr.services.people import plain
from ivr.services.portal_ports import PortalSession
from ivr.services.ports import Work

WHO = "epgu"
"""In the audit log."""


@dataclass(frozen=True, slots=True, repr=False)
class Named:
    """Whom the portal names: checked or typed there by an applicant whom ESIA knows (S1.3)."""

    surname: str
    given_name: str
    patronymic: str | None
    born: date
    sex: Sex
    claims: tuple[Claim, ...]
    """Numbers, all of one person; without any his name and birth date must be enough (D-05)."""

    def __repr__(self) -> str:
        return "Named(…)"

    def fits(self, patient: Patient) -> bool:
        """A patronymic is compared where both sides have one (D-07)."""
        names = [(self.surname, patient.surname), (self.given_name, patient.given_name)]
        if self.patronymic and patient.patronymic:
            names.append((self.patronymic, patient.patronymic))
        numbers = all(_known(patient, claim) in (None, claim) for claim in self.claims)
        same = self.sex is patient.sex and self.born == patient.birth_date
        return numbers and same and all(plain(one) == plain(other) for one, other in names)


def open_session(work: Work, session: PortalSession, named: Named, *, now: datetime) -> Patient:
    """Identify the patient and keep the session (its patient_id is not looked at), until its own end.

    Raises NotIdentified, whatever does not fit (4.2). Raises NotAttached for a patient of another organisation (S1.2):
    then the session is open all the same, for what he has booked before he may still cancel.
    """
    with work:
        found = _matching(work, named)
        by = type(named.claims[0]).__name__ if named.claims else "name"
        work.audit.add(who=WHO, action="search", detail={"by": by, "found": [one.id for one in found]}, now=now)
        if len(found) == 1:
            work.portal.open(replace(session, patient_id=found[0].id), now)
        work.commit()
    if len(found) != 1:
        raise NotIdentified
    return unless_detached(found[0])


def end_session(work: Work, session_id: str) -> None:
    """Nobody is known under that id. To repeat it does no harm."""
    with work:
        work.portal.end(session_id)
        work.commit()


def session_of(work: Work, session_id: str, *, now: datetime) -> PortalSession:
    """Raises SessionOver for one that has ended or never was."""
    with work.reading():
        session = work.portal.get(session_id)
    if session is None or now >= session.until:
        raise SessionOver
    return session


def patient_of(work: Work, session: PortalSession) -> Patient:
    """The patient, while this channel is his: not the applicant is asked for attachment (S1.2). Raises NotAttached."""
    with work.reading():
        return unless_detached(work.patients.get(session.patient_id))


def unless_detached(patient: Patient) -> Patient:
    if not patient.attached:
        raise NotAttached
    return patient


def referrals_of(work: Work, session: PortalSession, *, rules: Rules, now: datetime) -> list[Referral]:
    """Those that can be booked with."""
    with work.reading():
        return work.referrals.open_of(session.patient_id, rules.today(now))


def referral_numbered(work: Work, session: PortalSession, number: str, *, rules: Rules, now: datetime) -> Referral:
    """Raises ReferralNotFound."""
    return find_referral(work, session.patient_id, number, rules=rules, now=now)


def _matching(work: Work, named: Named) -> list[Patient]:
    if named.claims:
        patient = work.patients.matching(named.claims[0], named.born)
        return [patient] if patient is not None and named.fits(patient) else []
    return [one for one in work.patients.born(named.born) if named.fits(one)]


def _known(patient: Patient, claim: Claim) -> Claim | None:
    return patient.snils if isinstance(claim, Snils) else patient.oms
