"""The waiting list: offered where no time was found or none suits, heard and left later (S2.7, domain 1.5)."""

from ivr.dialogue.call import Call
from ivr.dialogue.contact import ask_contact
from ivr.dialogue.endings import offer_person, promised_until
from ivr.dialogue.identify import identify, unless_strange
from ivr.dialogue.line import Phrase
from ivr.domain.patient import Patient
from ivr.domain.refusals import AlreadyWaiting
from ivr.domain.waiting_list import PartOfDay, WaitingEntry, WaitingReason
from ivr.services import waiting
from ivr.services.search import SlotQuery
from ivr.services.waiting import Wish


async def offer_waiting(call: Call, patient: Patient, query: SlotQuery, reason: WaitingReason) -> None:
    """Offer the list; who does not want it may speak to a person (S2.7)."""
    if not await call.yes("waiting.offer"):
        call.note("waiting.offer", "declined")
        await offer_person(call, "no_time_suits")
        return
    if await _waits_already(call, patient, query.speciality):
        return
    wish = Wish(
        patient_id=patient.id,
        speciality=query.speciality,
        doctor_id=await _doctor(call, query),
        part_of_day=PartOfDay(await call.choose("waiting_part")),
        reason=reason,
        contact=await ask_contact(call),
        # Who leaves the list and enters it again in one call makes a new entry.
        key=f"{call.key}-wait-{call.questions}",
    )
    await _join(call, patient, wish)


async def _doctor(call: Call, query: SlotQuery) -> int | None:
    if query.doctor_id is None:
        return None
    anybody = await call.choose("yes", Phrase("waiting.doctor")) == "yes"
    return None if anybody else query.doctor_id


async def _join(call: Call, patient: Patient, wish: Wish) -> None:
    try:
        entry = await call.do(waiting.join, wish, rules=call.rules, now=call.desk.now())
    except AlreadyWaiting:  # through another channel, while we were asking
        await _waits_already(call, patient, wish.speciality)
    else:
        call.say("waiting.created", spec=entry.speciality, day=call.local(entry.deadline).date())


async def _waits_already(call: Call, patient: Patient, speciality: str) -> bool:
    """One entry per speciality: keep it, or leave the list (1.5)."""
    entries = await call.do(waiting.of_patient, patient.id, rules=call.rules, now=call.desk.now())
    mine = next((entry for entry in entries if entry.speciality == speciality), None)
    if mine is None:
        return False
    await unless_strange(call, patient, "already_waiting")
    if not await call.yes("waiting.already", spec=speciality):
        await _remove(call, patient, mine.id)
    return True


async def my_waiting(call: Call) -> None:
    """Hear each entry, keep it or leave the list."""
    patient = await identify(call)
    call.form.patient_id = patient.id
    call.entered()
    await unless_strange(call, patient, "strange_telephone")
    entries = await call.do(waiting.of_patient, patient.id, rules=call.rules, now=call.desk.now())
    if not entries:
        call.say("waiting.none")
    for entry in entries:
        await _entry(call, patient, entry)


async def _entry(call: Call, patient: Patient, entry: WaitingEntry) -> None:
    call.say("waiting.status", spec=entry.speciality, day=call.local(entry.deadline).date())
    if waiting.is_escalating(entry, rules=call.rules, now=call.desk.now()):
        await _escalate(call, entry)
    if not await call.yes("waiting.already", spec=entry.speciality):
        await _remove(call, patient, entry.id)


async def _remove(call: Call, patient: Patient, entry_id: int) -> None:
    await call.do(waiting.leave, entry_id, patient_id=patient.id, now=call.desk.now())
    call.say("waiting.removed")


async def _escalate(call: Call, entry: WaitingEntry) -> None:
    due = promised_until(call)
    await call.do(
        waiting.escalate,
        entry.id,
        call_key=call.key,
        phone=call.caller,
        due_at=due,
        rules=call.rules,
        now=call.desk.now(),
    )
    if call.local(due).date() == call.today():
        call.say("waiting.escalated")
    else:
        call.say("waiting.escalated_day", day=call.local(due).date())
