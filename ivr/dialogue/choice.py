"""To whom: the own district doctor first, then a speciality and a doctor, within the rules (1.6, D-08, D-11)."""

from dataclasses import replace

from ivr.dialogue.call import Call, NotThere, TryAgain
from ivr.dialogue.endings import offer_person, to_person
from ivr.dialogue.identify import unless_strange
from ivr.dialogue.line import Phrase
from ivr.dialogue.numbers import ask_number
from ivr.dialogue.turns import GoBack, ToOperator
from ivr.domain.booking import Booking
from ivr.domain.patient import Patient
from ivr.domain.purpose import Purpose
from ivr.domain.refusals import (
    AlreadyBooked,
    NoSlots,
    NotAdmitted,
    ReferralNeeded,
    ReferralNotFound,
    TooLate,
)
from ivr.domain.slot import Doctor, SlotKind
from ivr.services import booking, choice, search
from ivr.services.search import SlotQuery
from ivr.understand.grammar import Heard

ADULT = 18
OTHERS = "others"
OTHERS_A_PAGE = 4
DOCTORS_A_MENU = 2

KIND = {
    Purpose.REPEAT: SlotKind.REPEAT,
    Purpose.DISP: SlotKind.PREVENTIVE,
    Purpose.VACC: SlotKind.VACCINATION,
}
"""What is not here is a first visit."""
GOES_TO = {Purpose.DISP: "prevention", Purpose.VACC: "vaccination"}


class Kept(Exception):
    """The caller keeps the booking there is."""


def slot_query(call: Call, patient: Patient) -> SlotQuery:
    """What the form says about the slot being looked for."""
    form = call.form
    assert form.purpose and form.speciality  # noqa: S101 - earlier steps of the story
    return SlotQuery(
        speciality=form.speciality,
        patient_id=patient.id,
        kind=KIND.get(form.purpose, SlotKind.PRIMARY),
        doctor_id=form.doctor_id,
        moves=form.moves,
    )


async def choose_speciality(call: Call, patient: Patient) -> None:
    """Settle speciality, and doctor where the own doctor is taken."""
    form = call.form
    if form.speciality is not None:
        return
    match form.purpose:
        case Purpose.REPEAT:
            await _opened_by_doctor(call, patient)
        case Purpose.REFERRAL:
            await _by_referral(call, patient)
        case Purpose.DISP | Purpose.VACC:
            await _admitted(call, patient, GOES_TO[form.purpose])
        case Purpose.ILLNESS:
            if not await _as_asked(call, patient):
                await _own_doctor_or_another(call, patient)
        case _:
            raise ToOperator("purpose_unknown")
    call.entered()


async def _as_asked(call: Call, patient: Patient) -> bool:
    """The doctor or speciality asked for in passing, where the patient may go there."""
    form = call.form
    wanted, surname = form.wanted, form.wanted_doctor
    form.forget("wanted", "wanted_doctor")
    if surname is not None:
        doctors = await call.do(choice.doctors_named, surname)
        wanted = wanted or next((doctor.speciality for doctor in doctors), None)
        doctors = [doctor for doctor in doctors if doctor.speciality == wanted]
        form.doctor_id = doctors[0].id if len(doctors) == 1 else None
    if wanted is None or not await _works_here(call, wanted):
        return False
    own = await call.do(choice.own_doctor, patient)
    if form.doctor_id is None and own is not None and own.speciality == wanted:
        return False  # the district doctor is offered by name
    return await _admitted(call, patient, wanted)


async def _works_here(call: Call, key: str) -> bool:
    """By voice any speciality can be named, also one that nobody has here."""
    if await call.do(choice.is_staffed, key):
        return True
    call.say("speciality.not_admitted")
    return False


async def _own_doctor_or_another(call: Call, patient: Patient) -> None:
    """9 in the menu of specialities leads back to the own doctor, where he was offered."""
    while True:
        before = call.questions
        if await _own_doctor(call, patient):
            return None
        offered = call.questions > before
        try:
            return await _from_menu(call, patient)
        except GoBack:
            if not offered:
                raise


async def _own_doctor(call: Call, patient: Patient) -> bool:
    """Offer the district doctor, or the feldsher of the village (N07)."""
    doctor = await call.do(choice.own_doctor, patient)
    if doctor is None:
        return False
    if doctor.speciality == "feldsher":
        wanted = await call.choose("village") == "feldsher"
    else:
        wanted = await call.offer("own", "doctor.own", doctor=doctor)
    if not wanted or not await _admitted(call, patient, doctor.speciality):
        return False
    if call.form.speciality == doctor.speciality:
        call.form.doctor_id = doctor.id
    return True


async def _from_menu(call: Call, patient: Patient) -> None:
    while True:
        key = call.overheard.pop("speciality", OTHERS)
        if key == OTHERS:  # «к другому» instead of the own doctor
            key = await call.choose("speciality", meant=_named)
        if key == OTHERS:
            try:
                key = await _others(call, patient)
            except GoBack:
                continue
        if await _works_here(call, key) and await _admitted(call, patient, key):
            assert call.form.speciality  # noqa: S101 - set by _admitted
            if call.form.moves or await _confirmed(call, call.form.speciality):
                return
            call.form.forget("speciality")


def _named(heard: Heard) -> str | None:
    """Any speciality can be named, not only those read out."""
    said: str | None = heard.values.get("speciality")
    return said


async def _confirmed(call: Call, key: str) -> bool:
    try:
        return await call.yes("speciality.confirm", spec=key)
    except GoBack:
        return False


async def _others(call: Call, patient: Patient) -> str:
    """The specialities that are not in the menu, page by page."""
    in_menu = set(call.menus["speciality"].keys.values())
    known = await call.do(choice.specialities_for, patient, rules=call.rules, now=call.desk.now())
    others = [speciality.key for speciality in known if speciality.key not in in_menu]
    if not others:
        call.say("speciality.not_admitted")
        raise GoBack
    page = 0
    while True:
        shown = others[page * OTHERS_A_PAGE : (page + 1) * OTHERS_A_PAGE]
        picked = await pick(call, "speciality.others", shown, more=len(others) > OTHERS_A_PAGE, more_key="8")
        if picked is not None:
            return picked
        page = (page + 1) % -(-len(others) // OTHERS_A_PAGE)


async def _admitted(call: Call, patient: Patient, key: str) -> bool:
    """Check the choice; say why not and offer what fits instead. True when the form has a speciality.

    Raises NotAttached, for which nothing stands in.
    """
    try:
        await call.do(
            choice.check_choice, patient, key, referral=call.form.referral, rules=call.rules, now=call.desk.now()
        )
    except NotAdmitted:
        return await _instead(call, patient, key)
    except ReferralNeeded as refusal:
        return await _for_a_referral(call, patient, key, refusal)
    except AlreadyBooked as already:
        await unless_strange(call, patient, "already_booked")
        await _unless_begun(call, await _visit(call, patient, already.booking_id))
        if not await call.yes("booking.already", spec=key):
            call.say("mine.kept")
            raise Kept from None
        call.form.moves = already.booking_id
    call.form.speciality = key
    return True


async def _visit(call: Call, patient: Patient, booking_id: int) -> Booking:
    """One that may be told: not what somebody else booked with a sensitive speciality (4.2)."""
    for visit in await call.do(booking.upcoming, patient.id, now=call.desk.now()):
        if visit.id == booking_id:
            return visit
    call.say("error.operator")
    raise ToOperator("already_booked")


async def _unless_begun(call: Call, visit: Booking) -> None:
    try:
        visit.must_not_have_begun(call.desk.now())
    except TooLate:
        call.say("cancel.too_late")
        await offer_person(call, "too_late")
        raise Kept from None


async def _instead(call: Call, patient: Patient, key: str) -> bool:
    """Paediatrician for an adult, therapist for a child: offer the other one; else a neutral no (1.6)."""
    grown = patient.age(call.today()) >= ADULT
    if key == "paediatrician" and grown:
        return await call.yes("speciality.adult", spec="therapist") and await _admitted(call, patient, "therapist")
    if key == "therapist" and not grown:
        return await call.yes("speciality.child") and await _admitted(call, patient, "paediatrician")
    call.say("speciality.not_admitted")
    if call.form.purpose is not Purpose.ILLNESS:
        raise ToOperator("not_admitted")
    return False


async def _for_a_referral(call: Call, patient: Patient, wanted: str, refusal: ReferralNeeded) -> bool:
    """Offer whoever writes referrals, unless he is the one whom the regional system does not open without one."""
    grown = patient.age(call.today()) >= ADULT
    offer, key = (
        ("referral.offer_therapist", "therapist") if grown else ("referral.offer_paediatrician", "paediatrician")
    )
    if wanted == key:
        to_person(call, refusal)
    call.say("referral.needed")
    return await call.yes(offer) and await _admitted(call, patient, key)


async def _admitted_where_sent(call: Call, patient: Patient, key: str) -> None:
    """Where a doctor sent the patient nobody else can stand in: a person clears up why he does not fit."""
    if not await _admitted(call, patient, key) or call.form.speciality != key:
        call.form.forget("speciality")
        raise ToOperator("not_admitted")


async def _opened_by_doctor(call: Call, patient: Patient) -> None:
    """A repeat visit only where the doctor opened a slot for this patient (S4.2)."""
    try:
        slot = await call.do(search.opened_for, patient.id, rules=call.rules, now=call.desk.now())
    except NoSlots:
        call.say("repeat.by_doctor")
        raise ToOperator("repeat_visit") from None
    await _admitted_where_sent(call, patient, slot.speciality)
    call.form.doctor_id = slot.doctor_id


async def _by_referral(call: Call, patient: Patient) -> None:
    """The referral's number names the speciality."""

    def number(digits: str) -> str:
        if not digits:
            raise TryAgain("referral.unknown")
        return digits

    for _ in range(3):
        digits = await ask_number(call, "referral", "referral.ask", longest=16, accept=number)
        try:
            referral = await call.do(choice.find_referral, patient.id, digits, rules=call.rules, now=call.desk.now())
        except ReferralNotFound:
            call.say("referral.unknown")
            continue
        call.form.referral = digits
        await _admitted_where_sent(call, patient, referral.speciality)
        call.form.doctor_id = referral.doctor_id
        return
    raise ToOperator("referral_unknown")


async def choose_doctor(call: Call, patient: Patient) -> None:
    """A doctor, or any: asked only where there is a choice."""
    form = call.form
    moved_to_any = form.moves is not None and form.doctor_id is None
    if form.any_doctor or moved_to_any or form.purpose is Purpose.REPEAT:
        return
    query = replace(slot_query(call, patient), doctor_id=None)
    doctors = await call.do(search.doctors_of, query, rules=call.rules, now=call.desk.now())
    if not doctors:
        return
    if form.doctor_id in {doctor.id for doctor in doctors}:
        await _sooner_elsewhere(call, query)
        return
    if form.doctor_id is not None:
        call.say("doctor.absent", doctor=await call.do(choice.doctor, form.doctor_id))
        form.doctor_id = None
    if len(doctors) > 1:
        form.doctor_id = await _pick_doctor(call, doctors)
    form.any_doctor = form.doctor_id is None
    call.entered()


async def _sooner_elsewhere(call: Call, query: SlotQuery) -> None:
    """A district doctor sees a patient within 24 hours: where the own one cannot, another may (D-02)."""
    form = call.form
    if form.purpose is not Purpose.ILLNESS or form.moves:
        return
    late = [await _is_late(call, each) for each in (replace(query, doctor_id=form.doctor_id), query)]
    if late == [True, False] and await call.yes("doctor.sooner"):
        form.doctor_id, form.any_doctor = None, True
        call.entered()


async def _is_late(call: Call, query: SlotQuery) -> bool:
    nearest = await call.do(search.nearest, query, rules=call.rules, now=call.desk.now())
    return await call.do(search.breaches_24h, query, nearest, rules=call.rules, now=call.desk.now())


async def _pick_doctor(call: Call, doctors: list[Doctor]) -> int | None:
    """Two at a time, nearest first; 3 is any doctor, 4 further ones. By voice all of them can be named."""

    def meant(heard: Heard) -> str | None:
        said = heard.values.get("doctor")
        if said in (None, "any"):
            return said
        named = [str(doctor.id) for doctor in doctors if doctor.surname == said]
        if not named:
            raise NotThere("doctor.not_here")
        return named[0]

    page = 0
    pages = -(-len(doctors) // DOCTORS_A_MENU)
    while True:
        shown = doctors[page * DOCTORS_A_MENU : (page + 1) * DOCTORS_A_MENU]
        keys = {str(n): str(doctor.id) for n, doctor in enumerate(shown, 1)} | {"3": "any"}
        phrases = [Phrase("doctor.menu", {"options": shown}), Phrase("doctor.any")]
        if pages > 1:
            keys["4"] = "more"
            phrases.append(Phrase("doctor.more"))
        match await call.choose("options", *phrases, keys=keys, question="doctor", meant=meant, own=("doctor",)):
            case "any":
                return None
            case "more":
                page = (page + 1) % pages
            case picked:
                return int(picked)


async def pick(call: Call, key: str, items: list[str], *, more: bool, more_key: str) -> str | None:
    """One of a few, read out with their keys; None asks for the next page."""
    keys = {str(n): item for n, item in enumerate(items, 1)}
    phrases = [Phrase(key, {"options": items})]
    if more:
        keys[more_key] = "more"
        phrases.append(Phrase(f"{key}_more"))
    chosen = await call.choose(
        "options", *phrases, keys=keys, question="others", meant=_speciality, own=("speciality",)
    )
    return None if chosen == "more" else chosen


def _speciality(heard: Heard) -> str | None:
    said = heard.values.get("speciality")
    return "more" if said == OTHERS else said
