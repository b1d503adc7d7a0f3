"""A slot is held as long as the talk about it lives, and no longer (D-14)."""

import asyncio
from datetime import timedelta

from sqlalchemy import select

from ivr.dialogue.tape import TapeLine
from ivr.domain.identifiers import PhoneNumber
from ivr.storage import tables

KNOWN = ["1", "1", "2", "1", "6256410854009015#", "1", "12031985#", "1", "1"]
CALLER = PhoneNumber("+70000000101")


def held(world):
    with world.engine.connect() as connection:
        return connection.execute(select(tables.slots).where(tables.slots.c.held_by.is_not(None))).all()


class SlowLine(TapeLine):
    """The caller thinks for a while before every answer."""

    def __init__(self, keyed, world, seconds):
        super().__init__(keyed)
        self.world, self.seconds, self.seen = world, seconds, []

    async def ask(self, utterances, keypad, hearing=None):
        await asyncio.sleep(0.05)  # the journal writes behind the caller's back
        self.world.clock += timedelta(seconds=self.seconds)
        self.seen.append([row.held_until - self.world.clock for row in held(self.world)])
        return await super().ask(utterances, keypad, hearing)


async def test_a_caller_who_thinks_long_keeps_the_slot_he_is_asked_about(new_world):
    with new_world() as world:
        line = SlowLine([*KNOWN, "1", "*", "*", "*", "1", "2", "2", "2"], world, seconds=100)

        assert await world.converse(line, CALLER) == "goodbye"

    spans = [span for seen in line.seen for span in seen]
    assert len(spans) == 4
    assert min(spans) > timedelta(seconds=60)


async def test_9_at_the_confirmation_lets_the_slot_go_and_asks_again(new_world):
    with new_world() as world:
        line = SlowLine([*KNOWN, "1", "9", "1", "1", "1", "2", "2", "2"], world, seconds=1)

        assert await world.converse(line, CALLER) == "goodbye"

    talk = [spoken.split()[1] for spoken in line.talk if spoken.startswith(">>")]
    assert talk.count("doctor.own") == 2
    assert "booking.done" in talk


async def test_9_at_the_nearest_time_goes_back_to_the_doctor_not_to_the_main_menu(new_world):
    with new_world() as world:
        line = TapeLine([*KNOWN, "9"])
        await world.converse(line, CALLER)

    asked = [spoken.split()[1] for spoken in line.talk if spoken.startswith(">>")]
    assert asked[-1] == "doctor.own"


async def test_9_after_the_booking_skips_the_rest_and_books_nothing_more(new_world):
    with new_world() as world:
        outcome = await world.converse(TapeLine([*KNOWN, "1", "1", "9", "2"]), CALLER)

        with world.engine.connect() as connection:
            mine = select(tables.bookings.c.status).where(tables.bookings.c.patient_id == 1)
            assert connection.execute(mine).scalars().all() == ["BOOKED"]
        assert outcome == "goodbye"
        assert held(world) == []


async def test_a_slot_booked_cancelled_and_booked_again_in_one_call_is_booked(new_world):
    book = ["1", "1", "9", "1"]  # the nearest time, confirm, skip the talon, main menu
    cancel = ["2", "6256410854009015#", "1", "12031985#", "1", "2", "1", "1"]
    with new_world() as world:
        line = TapeLine([*KNOWN, *book, *cancel, *KNOWN, "1", "1", "9", "2"])
        await world.converse(line, CALLER)

        with world.engine.connect() as connection:
            mine = select(tables.bookings.c.status).where(tables.bookings.c.patient_id == 1)
            assert connection.execute(mine).scalars().all() == ["CANCELLED_BY_PATIENT", "BOOKED"]
