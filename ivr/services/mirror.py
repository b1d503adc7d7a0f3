"""The picture of the regional system's schedule, looked at again for each patient who searches when it has grown old.

It is asked for one patient, and may show more or less to another one: a search finds what was shown to its patient, and
what was not stays open for others. Everything else works on the picture as on a schedule of our own: holds, the grid.
What the picture gets wrong is found out when the slot is asked for: somebody else had it (S1.6).
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from ivr.domain.rules import Rules
from ivr.domain.slot import REMOTE, Doctor, SlotKind
from ivr.domain.speciality import Speciality
from ivr.services.offers import window
from ivr.services.ports import Work
from ivr.services.region import FarDoctor, FarSlot, Pictured, RegionDown, Unsettled

log = logging.getLogger(__name__)

SITE = "adult"
"""Where a doctor sees patients of whom the regional system tells us first."""
REMEMBERED = timedelta(minutes=10)
"""At least so long a slot stays open after the regional system has shown it to anybody."""
MINUTE = timedelta(minutes=1)


def freshen(work: Work, speciality_key: str, patient_id: int, *, rules: Rules, now: datetime) -> bool:
    """Look at the speciality there if it was not shown to the patient just now. True: he is offered what was shown to
    him; False: all that is free, since the schedule is our own or what was shown to others has to do.

    Raises RegionDown where the regional system does not answer and the picture is too old to be used; NotAttached,
    ReferralNeeded or RegionRefused where it shows nothing to this patient.
    """
    region = work.region
    if region is None:
        return False
    with work.reading():
        speciality, patient = work.staff.speciality(speciality_key), work.patients.get(patient_id)
        shown_at, looked_at = work.mirror.looked_at(speciality_key, patient_id), work.mirror.looked_at(speciality_key)
    post = speciality.post_code
    if post is None:  # the regional system knows no such doctors
        return False
    if _is_within(region.fresh_for, shown_at, now):
        return True
    first, last = rules.today(now), rules.last_day(rules.today(now), speciality.horizon_days)
    try:
        found = region.hurry(partial(region.doctors, patient, post, first, last))
    except (RegionDown, Unsettled):
        if not _is_within(region.usable_for, looked_at, now):
            raise RegionDown("its schedule cannot be asked for") from None
        log.warning("the regional system does not answer; an older picture of its schedule is used")
        return False
    open_for = max(REMEMBERED, timedelta(seconds=region.fresh_for))
    _keep(work, speciality, patient_id, found, open_for, rules, now)
    return True


def _is_within(seconds: float, looked_at: datetime | None, now: datetime) -> bool:
    return looked_at is not None and (now - looked_at).total_seconds() < seconds


def _keep(
    work: Work,
    speciality: Speciality,
    patient_id: int,
    found: Sequence[FarDoctor],
    open_for: timedelta,
    rules: Rules,
    now: datetime,
) -> None:
    _, until = window(speciality, rules, now)
    with work:
        work.mirror.lock(speciality.key)
        shown: list[int] = []
        for far in found:
            doctor = _doctor(work, far, speciality)
            shown += work.mirror.picture(
                doctor.id, speciality.key, _pictured(far.slots, doctor, speciality, until), now, until
            )
        work.mirror.show(speciality.key, patient_id, shown, now)
        work.mirror.close_unshown(speciality.key, now, until, shown_before=now - open_for)
        work.commit()


def _doctor(work: Work, far: FarDoctor, speciality: Speciality) -> Doctor:
    """Our doctor of that SNILS and speciality, or of that name where we know none; or a new one."""
    own = [doctor for doctor in work.staff.doctors() if doctor.speciality == speciality.key]
    for doctor in own:
        if doctor.snils == far.snils:
            return doctor
    names = (far.surname, far.given_name, far.patronymic)
    for doctor in own:
        if doctor.snils is None and (doctor.surname, doctor.given_name, doctor.patronymic) == names:
            work.staff.save_doctor(replace(doctor, snils=far.snils))
            return doctor
    return work.staff.doctor(work.staff.add_doctor(_new(far, speciality)))


def _new(far: FarDoctor, speciality: Speciality) -> Doctor:
    room = far.slots[0].room if far.slots else None
    sex = "F" if (far.patronymic or far.surname).endswith("а") else "M"  # Ивановна, Кузьминична; Иванова
    names = (far.surname, far.given_name, far.patronymic, sex)
    return Doctor(0, *names, speciality.key, room or "", SITE, snils=far.snils)


def _pictured(far: Sequence[FarSlot], doctor: Doctor, speciality: Speciality, until: datetime) -> list[Pictured]:
    """In the order of time; a slot is as long as the speciality's, or until the next one."""
    slots = sorted((slot for slot in far if slot.starts_at < until), key=lambda slot: slot.starts_at)
    usual = timedelta(minutes=speciality.minutes)
    ends = [min(usual, after.starts_at - slot.starts_at) for slot, after in pairwise(slots)]
    lengths = [*ends, usual][: len(slots)]
    return [
        Pictured(slot, length // MINUTE, slot.room or doctor.room, SlotKind.PRIMARY, REMOTE)
        for slot, length in zip(slots, lengths, strict=True)
        if length >= MINUTE  # two at one moment: a patient needs one of them
    ]
