"""Referrals of other hospitals, shown on paper at the window: from then on every channel finds them (1.3, D-11)."""

from dataclasses import replace
from datetime import datetime

from ivr.domain.referral import Referral
from ivr.domain.refusals import ReferralTaken
from ivr.domain.rules import Rules
from ivr.services.ports import Work


def enter(work: Work, shown: Referral, *, who: str, rules: Rules, now: datetime) -> Referral:
    """Keep what the patient has shown (its id is not looked at); the same paper a second time changes nothing.

    Raises NotFound, NotAdmitted for his age or sex, ReferralTaken where the number is known for something else.
    """
    with work:
        work.patients.lock(shown.patient_id)
        work.staff.speciality(shown.speciality).admit(work.patients.get(shown.patient_id), rules.today(now))
        known = work.referrals.find(shown.patient_id, shown.number)
        if known is not None:
            if replace(known, id=shown.id, used_by=None) != shown:
                raise ReferralTaken(shown.number)
            return known
        kept = replace(shown, id=work.referrals.add(shown))
        detail = {"patient": kept.patient_id, "referral": kept.number, "speciality": kept.speciality}
        work.audit.add(who=who, action="referral.entered", detail=detail, now=now)
        work.commit()
    return kept


def open_of(work: Work, patient_id: int, *, rules: Rules, now: datetime) -> list[Referral]:
    """Not used and still valid, the first to end first."""
    with work.reading():
        return work.referrals.open_of(patient_id, rules.today(now))
