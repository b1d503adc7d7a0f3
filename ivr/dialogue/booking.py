"""Booking a visit, from the purpose to the talon (domain 5.4, happy path)."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, time

from ivr.dialogue.call import Call
from ivr.dialogue.choice import Kept, choose_doctor, choose_speciality, slot_query
from ivr.dialogue.contact import ask_contact
from ivr.dialogue.endings import to_person
from ivr.dialogue.form import Form
from ivr.dialogue.identify import identify
from ivr.dialogue.purpose import NoBooking, ask_purpose, ask_subject
from ivr.dialogue.request import take_up
from ivr.dialogue.time import Refused, choose_time
from ivr.dialogue.turns import GoBack, ToOperator
from ivr.dialogue.waiting import offer_waiting
from ivr.domain.booking import Booking
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.patient import Patient, Subject
from ivr.domain.refusals import (
    AlreadyBooked,
    NoSlots,
    NotAttached,
    Overlaps,
    ReferralNeeded,
    Refusal,
    RegionRefused,
    SlotTaken,
    TooManyBookings,
)
from ivr.domain.slot import Slot
from ivr.domain.waiting_list import WaitingReason
from ivr.services import booking, consent, identification
from ivr.services.booking import BookingCommand
from ivr.services.ports import StorageDown

POLLS = 15
"""Seconds for which an unknown result of a commit is looked for (X13)."""


async def book_a_visit(call: Call) -> None:
    """The whole story; what the form knows already is not asked again."""
    with suppress(NoBooking, Kept), _saying_why_not(call):
        await _step_by_step(call)


async def move_a_visit(call: Call, patient: Patient, visit: Booking) -> None:
    """Another time for a booking; the old slot is freed only with the new commit (5.4)."""
    await _the_same_again(call, patient, visit, moves=visit.id)


async def book_again(call: Call, patient: Patient, visit: Booking) -> None:
    """A new visit like one that is over or cancelled."""
    await _the_same_again(call, patient, visit, moves=None)


async def _the_same_again(call: Call, patient: Patient, visit: Booking, *, moves: int | None) -> None:
    call.form = Form(
        purpose=visit.purpose,
        subject=visit.subject,
        patient_id=patient.id,
        speciality=visit.slot.speciality,
        any_doctor=True,
        referral=visit.referral_number,
        moves=moves,
    )
    call.entered()
    with _saying_why_not(call):
        await _find_and_book(call, patient)


@contextmanager
def _saying_why_not(call: Call) -> Iterator[None]:
    """Where the regional system keeps the schedule, any search may be refused to the patient."""
    try:
        yield
    except (NotAttached, ReferralNeeded, RegionRefused) as refusal:
        to_person(call, refusal)


async def go_on(call: Call, cut_off: str) -> None:
    """The visit of a call that was cut off; one that was booked before its caller could hear of it is told (X13)."""
    assert call.form.patient_id  # noqa: S101 - only such calls are taken up again
    booked = await call.do(booking.made_in, cut_off, call.form.patient_id)
    if booked is None:
        await book_a_visit(call)
    else:
        await _booked(call, await _patient(call), booked)


async def _step_by_step(call: Call) -> None:
    """Ask for what is missing, then book; 9 returns to the question before."""
    people: list[Patient] = []

    async def who() -> None:
        people.append(await _patient(call))

    steps: tuple[tuple[Callable[[], Awaitable[None]], tuple[str, ...]], ...] = (
        (lambda: ask_purpose(call), ("purpose",)),
        (lambda: ask_subject(call), ("subject",)),
        (who, ("patient_id",)),
        (
            lambda: choose_speciality(call, people[-1]),
            ("speciality", "doctor_id", "referral", "moves", "wanted", "wanted_doctor"),
        ),
        (lambda: choose_doctor(call, people[-1]), ("doctor_id", "any_doctor")),
        (lambda: _find_and_book(call, people[-1]), ("refusals", "window")),
    )
    asked: list[int] = []
    at = 0
    while at < len(steps):
        await take_up(call)
        before = call.questions
        try:
            await steps[at][0]()
        except GoBack:
            if not asked:
                raise
            at = asked.pop()
            for _, fields in steps[at:]:
                call.form.forget(*fields)
            continue
        if call.questions > before:
            asked.append(at)
        at += 1


async def _patient(call: Call) -> Patient:
    if call.form.patient_id is not None:
        return await call.do(identification.patient_of, call.form.patient_id)
    patient = await identify(call)
    call.form.patient_id = patient.id
    call.entered()
    return patient


async def _find_and_book(call: Call, patient: Patient) -> None:
    query = slot_query(call, patient)
    try:
        while True:
            slot = await choose_time(call, query)
            if await _confirmed(call, slot) and await _commit(call, patient, slot):
                return
            await _let_go(call)
    except GoBack:
        await _let_go(call)
        raise
    except NoSlots:
        call.say("slots.none", days=call.rules.horizon_days, spec=query.speciality)
        await offer_waiting(
            call, patient, query, WaitingReason.REFERRAL if call.form.referral else WaitingReason.NO_SLOTS
        )
    except Refused:
        call.form.forget("refusals")
        await offer_waiting(call, patient, query, WaitingReason.NO_SUITABLE_TIME)


async def _let_go(call: Call) -> None:
    """The slot held so far is free for others again."""
    await call.do(booking.release, call.key)
    call.form.forget("slot_id", "refusals")
    call.entered()


async def _confirmed(call: Call, slot: Slot) -> bool:
    day, at = _when(call, slot)
    return await call.yes("booking.confirm", spec=slot.speciality, day=day, time=at)


async def _commit(call: Call, patient: Patient, slot: Slot) -> bool:
    """Book and read the talon; False, with the reason said, where another time must be chosen."""
    form = call.form
    assert form.purpose  # noqa: S101 - asked before
    command = BookingCommand(
        # One key for one "yes": a commit looked up again has the same, another booking of this call has not.
        key=f"{call.key}-{call.questions}",
        slot_id=slot.id,
        patient_id=patient.id,
        purpose=form.purpose,
        call_key=call.key,
        subject=form.subject or Subject.SELF,
        referral_number=form.referral,
        moves=form.moves,
        contact=call.caller,
    )
    try:
        booked = await _book(call, command)
    except SlotTaken:
        call.say("slot.taken")
        return False
    except Overlaps:
        call.say("booking.overlap")
        return False
    except (AlreadyBooked, TooManyBookings) as refusal:
        raise ToOperator(refusal.code) from refusal
    except Refusal as refusal:
        to_person(call, refusal)
    await _booked(call, patient, booked)
    return True


async def _booked(call: Call, patient: Patient, booked: Booking) -> None:
    call.booked = booked
    call.form = Form()
    call.entered()
    # The visit is booked: 9 has nothing to go back to, it skips the rest.
    with suppress(GoBack):
        await (_talon if booked.replaces_id is None else _moved)(call, patient, booked)


async def _book(call: Call, command: BookingCommand) -> Booking:
    """Commit once. Where the result is unknown, look it up by its key; never book twice (X13, X12, X14)."""
    try:
        return await call.do(booking.book, command, rules=call.rules, now=call.desk.now())
    except StorageDown:
        call.say("commit.checking")
        await call.heard()
    answered = False
    for _ in range(POLLS):
        await call.desk.pause(1)
        try:
            found = await call.do(booking.result_of, command.key)
        except StorageDown:
            continue
        if found is not None:
            return found
        answered = True  # not there, or not there yet: what was overdue may still be done
    call.say("error.commit_failed" if answered else "commit.unknown")
    raise ToOperator("commit_failed" if answered else "commit_unknown")


async def _moved(call: Call, patient: Patient, booked: Booking) -> None:
    day, at = _when(call, booked.slot)
    call.say("move.done", day=day, time=at)


async def _talon(call: Call, patient: Patient, booked: Booking) -> None:
    """The talon by voice, then the consents (S3.4, S3.5)."""
    day, at = _when(call, booked.slot)
    call.say("booking.done")
    doctor = await call.do(booking.doctor_of, booked)
    call.say("talon.visit", spec=booked.slot.speciality, doctor=doctor, room=booked.slot.room, day=day, time=at)
    call.say("talon.address", address=call.hospital.sites[doctor.site])
    call.say("talon.bring")
    sms = await _asked(call, "SMS_TALON", "talon.number", ticket=booked.ticket)
    reminder = await _asked(call, "REMINDER", "consent.reminder")
    contact = await ask_contact(call) if sms.given or reminder.given else None
    for said in (sms, reminder):
        await _keep(call, booked, said, contact)
    if not reminder.given:
        call.say("consent.none")
    call.say("booking.if_plans_change")


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer to a question of consent, and how it was given."""

    purpose: str
    question: str
    given: bool
    proof: str


async def _asked(call: Call, purpose: str, question: str, **values: object) -> _Said:
    given = await call.yes(question, **values)
    return _Said(purpose, question, given, f"{'voice' if call.by_voice else 'key'}:{question}")


async def _keep(call: Call, booked: Booking, said: _Said, contact: PhoneNumber | None) -> None:
    await call.do(
        consent.record,
        patient_id=booked.patient_id,
        booking_id=booked.id,
        purpose=said.purpose,
        given=said.given,
        method="SMS" if said.purpose == "SMS_TALON" else "CALL",
        phone=contact,
        wording=call.wording,
        words=call.words(said.question),
        proof=said.proof,
        call_key=call.key,
        now=call.desk.now(),
    )


def _when(call: Call, slot: Slot) -> tuple[date, time]:
    local = call.local(slot.starts_at)
    return local.date(), local.time()
