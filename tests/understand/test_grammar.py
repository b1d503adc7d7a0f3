"""The grammar as a whole: it never breaks, understands what our own voice says, and the tiny model knows its words."""

import random
from datetime import date, time, timedelta
from time import monotonic as time_now

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ivr.domain import identifiers
from ivr.listen.engine import Engine
from ivr.phone.config import PROJECT
from ivr.speech.verbalise import dates, times
from ivr.speech.verbalise.digits import digits as said_digits
from ivr.speech.verbalise.names import full_name
from ivr.speech.verbalise.numbers import cardinal
from ivr.understand import birth, digits
from ivr.understand.clock import Clock
from ivr.understand.days import Days
from ivr.understand.grammar import QUESTIONS, UnknownQuestion
from tests.understand.reading import TODAY, grammar

UNPRONOUNCED = {"гастроэнтерологом"}
"""The synthesiser that the tiny model learnt from reads it with a sound that was not in its lessons."""


@pytest.fixture(scope="module")
def own():
    return grammar()


@pytest.fixture(scope="module")
def engine():
    return Engine(PROJECT / "models/tiny")


def plain(text):
    return text.replace(",", "").replace("-", " ").lower()


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_tiny_model_knows_every_word_of_every_question(own, engine, question):
    assert engine.unknown(own.vocabulary(question, today=TODAY)) <= UNPRONOUNCED


@pytest.mark.parametrize("question", QUESTIONS)
def test_words_in_any_order_break_nothing(own, question):
    words = [word for phrase in own.vocabulary(question, today=TODAY) for word in phrase.split()]
    dice = random.Random(question)  # noqa: S311
    for _ in range(300):
        own.hear(question, " ".join(dice.choices([*words, "[unk]"], k=dice.randint(0, 8))), today=TODAY)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_text_of_any_kind_breaks_nothing(text):
    for question in QUESTIONS:
        OWN.hear(question, text, today=TODAY)
    digits.readings(text)
    birth.readings(text, today=TODAY)


OWN = grammar()


def test_an_answer_without_end_is_read_in_no_time(own):
    began = time_now()
    for question in QUESTIONS:
        own.hear(question, "сорок пять " * 5000, today=TODAY)
    digits.readings("сорок пять " * 5000, frozenset({11}))
    birth.readings("первого " * 5000, today=TODAY)

    assert time_now() - began < 5


def test_a_question_that_is_none_is_refused(own):
    with pytest.raises(UnknownQuestion):
        own.vocabulary("weather", today=TODAY)


@pytest.mark.parametrize("minutes", range(0, 24 * 60, 5))
def test_every_time_that_our_voice_says_is_understood(own, minutes):
    at = time(minutes // 60, minutes % 60)

    said = own.hear("time", plain(times.clock(at)), today=TODAY).values["time"]

    assert isinstance(said, Clock)
    assert at in said.times


@pytest.mark.parametrize("ahead", range(30))
def test_every_day_that_our_voice_says_is_understood(own, ahead):
    day = TODAY + timedelta(days=ahead)

    for case in "ng":
        said = own.hear("day", plain(dates.day_and_month(day, case)), today=TODAY).values["day"]
        assert said == Days(day, day)


@given(st.dates(min_value=date(1910, 1, 1), max_value=TODAY))
@settings(deadline=None)
def test_every_birth_date_that_our_voice_says_is_understood(born):
    readings = birth.readings(plain(dates.with_year(born, "n")), today=TODAY)

    assert identifiers.birth_date(readings[0], today=TODAY) == born


@given(st.text("0123456789", min_size=1, max_size=16))
@settings(deadline=None)
def test_digits_said_one_by_one_are_those_digits(number):
    assert digits.readings(plain(said_digits(number)), frozenset({len(number)})) == [number]


@given(st.lists(st.integers(0, 999), min_size=1, max_size=6))
@settings(deadline=None)
def test_digits_said_in_groups_are_among_the_readings(groups):
    text = " ".join(map(cardinal, groups))
    number = "".join(map(str, groups))
    assume(len(number) <= digits.LONGEST)

    assert number in digits.readings(text, frozenset({len(number)}))


@pytest.mark.parametrize("case", "ngdai")
def test_a_doctor_is_known_by_the_surname_in_every_case(own, case):
    said = full_name("Градусова", "Елена", "Аркадьевна", "F", case).split()[0]

    assert own.hear("doctor", plain(said), today=TODAY).values["doctor"] == "Градусова"
