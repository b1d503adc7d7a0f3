"""Who is calling about whom: a number and a birth date that match one record (S2.1, D-05, D-06, 4.2)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from itertools import product

from ivr.domain.identifiers import BadNumber, Caller, Certificate, Claim, OmsNumber, PhoneNumber
from ivr.domain.patient import OWN_CONSENT_AGE, Patient
from ivr.domain.refusals import CallerLocked, CertificateExpired, NotIdentified
from ivr.domain.rules import Rules
from ivr.services.ports import Work

WITHHELD = 4
"""So many times the failures of one telephone are let pass from all withheld numbers, or one terminal (D-06)."""


def identify(work: Work, claim: Claim, born: date, *, caller: Caller | None, rules: Rules, now: datetime) -> Patient:
    """The patient whose number and birth date both match.

    Raises NotIdentified, whichever of the two is wrong, and counts it against the caller's telephone;
    CertificateExpired; CallerLocked.
    """
    with work:
        work.attempts.lock(caller)
        _unless_locked(work, caller, rules, now)
        patient = work.patients.matching(claim, born)
        if patient is None:
            work.attempts.add(caller, now)
            work.commit()
            raise NotIdentified
    _unless_expired(claim, patient, rules.today(now))
    return patient


def misheard(work: Work, digits: str, *, caller: PhoneNumber | None, rules: Rules, now: datetime) -> OmsNumber | None:
    """The one policy number of the register that differs from these sixteen digits in one of them; else None.

    Counted as a failure of that telephone: who tries numbers would learn by it which are known. Raises CallerLocked.
    """
    with work:
        work.attempts.lock(caller)
        _unless_locked(work, caller, rules, now)
        known = work.patients.known(list(_one_off(digits)))
        work.attempts.add(caller, now)
        work.commit()
    return known[0] if len(known) == 1 else None


def confirm(
    work: Work, patient_id: int, born: date, *, caller: PhoneNumber | None, rules: Rules, now: datetime
) -> None:
    """Whoever goes on with a call that was cut off is who began it. Raises NotIdentified, counted, and CallerLocked."""
    with work:
        work.attempts.lock(caller)
        _unless_locked(work, caller, rules, now)
        if work.patients.get(patient_id).birth_date != born:
            work.attempts.add(caller, now)
            work.commit()
            raise NotIdentified


def count(work: Work, caller: Caller, *, now: datetime) -> None:
    """One more failure (D-06)."""
    with work:
        work.attempts.add(caller, now)
        work.commit()


def refuse_locked(work: Work, caller: Caller | None, *, rules: Rules, now: datetime) -> None:
    """Raise CallerLocked after five failures in 24 hours, for 30 minutes from the last one (D-06)."""
    with work.reading():
        _unless_locked(work, caller, rules, now)


def patient_of(work: Work, patient_id: int) -> Patient:
    """Raises NotFound."""
    with work.reading():
        return work.patients.get(patient_id)


def may_hear_bookings(
    work: Work,
    patient: Patient,
    *,
    caller: PhoneNumber | None,
    ticket: str | None = None,
    rules: Rules,
    now: datetime,
) -> bool:
    """Whether existing bookings may be told (4.2): a known telephone, or a ticket of the patient, is needed.

    The telephone a visit was booked from proves nothing: anybody may book for another.
    """
    with work.reading():
        return (
            (caller is not None and caller == patient.phone)
            or _represents(work, caller, patient, rules.today(now))
            or _has_ticket(work, patient, ticket)
        )


def represents(work: Work, caller: PhoneNumber | None, child: Patient, *, rules: Rules, now: datetime) -> bool:
    """Whether the telephone is that of a registered representative of a child under 15 (4.2)."""
    with work.reading():
        return _represents(work, caller, child, rules.today(now))


def _one_off(digits: str) -> Iterator[OmsNumber]:
    """Numbers with a right check digit that differ in one digit."""
    for place, digit in product(range(len(digits)), "0123456789"):
        if digits[place] != digit:
            with suppress(BadNumber):
                yield OmsNumber(digits[:place] + digit + digits[place + 1 :])


def _represents(work: Work, caller: PhoneNumber | None, child: Patient, today: date) -> bool:
    if caller is None or child.age(today) >= OWN_CONSENT_AGE or not child.representatives:
        return False
    return caller in work.patients.phones(child.representatives)


def _has_ticket(work: Work, patient: Patient, ticket: str | None) -> bool:
    booking = work.bookings.of_ticket(ticket) if ticket else None
    return booking is not None and booking.patient_id == patient.id


def _unless_locked(work: Work, caller: Caller | None, rules: Rules, now: datetime) -> None:
    """Callers who withhold their number, or share a terminal, cannot be told apart: counted together, and patiently."""
    alone = isinstance(caller, PhoneNumber) or (caller is not None and not caller.shared)
    allowed = rules.lock_after if alone else rules.lock_after * WITHHELD
    failures = work.attempts.since(caller, now - rules.lock_window)
    if len(failures) >= allowed and now < failures[-1] + rules.lock_for:
        raise CallerLocked


def _unless_expired(claim: Claim, patient: Patient, today: date) -> None:
    until = patient.certificate_until
    if isinstance(claim, Certificate) and until is not None and until < today:
        raise CertificateExpired
