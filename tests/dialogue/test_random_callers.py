"""Whatever a caller keys: no dead end, no hang, no slot twice booked, no hold left behind."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ivr.dialogue.tape import HANGS_UP, SILENT, TapeLine
from ivr.domain.identifiers import PhoneNumber
from ivr.storage import tables
from tests.dialogue.people import BIRTHS, NUMBERS
from tests.understand.reading import phrases

keys = st.one_of(
    st.sampled_from("1111222334456789"),
    st.sampled_from(["0", "*", "#", SILENT, HANGS_UP, "(неясно)", '"да"', '"назад"', '"абракадабра"']),
    st.sampled_from([f"{number}#" for number in NUMBERS]),
    st.sampled_from([f"{born}#" for born in BIRTHS]),
    st.text("0123456789*#", min_size=1, max_size=20),
)
sensible = st.sampled_from(["1", "1", "2", "1"])
callers = st.sampled_from([None, PhoneNumber("+70000000101"), PhoneNumber("+70000000909")])

SPOKEN = Path(__file__).parents[1] / "understand"
ENDINGS = {"goodbye", "operator", "callback", "hangup"}


@given(st.lists(keys, min_size=1, max_size=40), st.booleans(), callers)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_stream_of_keys_ends_with_a_goodbye_a_person_or_a_hang_up(new_world, typed, endless, caller):
    with new_world() as world:
        line = TapeLine(typed * 200 if endless else typed)

        outcome = await world.converse(line, caller)

        assert outcome in ENDINGS
        assert line.ended is not None
        assert_nothing_is_left_over(world, may_hold=outcome == "operator")


@given(st.integers(0, 5), st.lists(keys, min_size=3, max_size=25))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_caller_who_gets_through_leaves_a_whole_booking_or_none(new_world, person, typed):
    known = ["1", "1", "2", "1", f"{NUMBERS[person]}#", "1", f"{BIRTHS[person]}#", "1"]
    with new_world() as world:
        line = TapeLine(known + typed)

        outcome = await world.converse(line, PhoneNumber("+70000000101"))

        assert outcome in ENDINGS
        assert_nothing_is_left_over(world, may_hold=outcome == "operator")


def assert_nothing_is_left_over(world, *, may_hold):
    with world.engine.connect() as connection:
        active = tables.bookings.c.status == "BOOKED"
        twice = (
            select(tables.bookings.c.slot_id).where(active).group_by(tables.bookings.c.slot_id).having(func.count() > 1)
        )
        held = select(func.count()).select_from(tables.slots).where(tables.slots.c.held_by.is_not(None))
        assert connection.execute(twice).all() == []
        assert may_hold or connection.execute(held).scalar() == 0


SAID = sorted({phrase.words for name in ("phrases", "phrases_held_out") for phrase in phrases(SPOKEN / f"{name}.txt")})
POLICY = '"шестьдесят два пятьдесят шесть сорок один ноль восемь пятьдесят четыре ноль ноль девяносто пятнадцать"'
BORN = '"двенадцатое марта тысяча девятьсот восемьдесят пятого года"'
answers = st.one_of(
    st.sampled_from(['"да"', '"нет"', '"да"', '"заболела"', '"себя"', POLICY, BORN]),
    st.sampled_from(SAID).map(lambda words: f'"{words}"'),
    st.sampled_from(["(неясно)", "(сбой речи)", "(молчит)"]),
    keys,
)


@given(st.lists(answers, min_size=1, max_size=40), callers)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_talk_of_words_and_keys_ends_with_a_goodbye_a_person_or_a_hang_up(new_world, said, caller):
    with new_world() as world:
        line = TapeLine(said)

        outcome = await world.converse(line, caller)

        assert outcome in ENDINGS
        assert_nothing_is_left_over(world, may_hold=outcome == "operator")


@given(st.lists(answers, min_size=3, max_size=25))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_known_caller_may_say_anything_after_he_is_identified(new_world, said):
    known = ['"записаться"', '"заболела"', '"нет"', '"себя"', POLICY, '"да"', BORN, '"да"']
    with new_world() as world:
        line = TapeLine([*known, *said])

        assert await world.converse(line, PhoneNumber("+70000000101")) in ENDINGS
