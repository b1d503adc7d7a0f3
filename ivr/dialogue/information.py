"""What needs no booking: addresses, hours, a doctor at home."""

from ivr.dialogue.call import Call
from ivr.dialogue.turns import ToOperator


async def information(call: Call) -> None:
    """Addresses, hours and the other ways to book."""
    facts = call.hospital
    call.say("info.adult", address=facts.adult_address, hours=facts.adult_hours)
    call.say("info.child", address=facts.child_address, hours=facts.child_hours)
    call.say("info.phone", phone=facts.registry_phone)
    call.say("info.holidays", hours=facts.duty_hours)
    call.say("info.other_channels")


async def doctor_at_home(call: Call) -> None:
    """Red flags first, then a person; no triage by a machine."""
    call.say("home.red_flags")
    call.say("home.operator", hours=call.hospital.home_hours)
    raise ToOperator("home_visit")
