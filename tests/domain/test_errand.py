"""What an answer of the regional system settles, and what it does not (X13, X14)."""

from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.errand import (
    GONE,
    PAUSES,
    Cancelled,
    Errand,
    ErrandKind,
    ErrandStatus,
    Made,
    NewErrand,
    NotSent,
    Refused,
    Silent,
    comes_to,
    pause_after,
)

NOW = datetime(2026, 4, 27, tzinfo=UTC)
CODES = st.sampled_from(["SLOT_UNAVAILABLE", "APPOINTMENT_REFUSED", *sorted(GONE), "X"])
NOES = st.one_of(st.builds(Refused, CODES), st.builds(NotSent, st.text()), st.builds(Silent, st.text()))
SENT = st.integers(1, 20)


def an_errand(kind: ErrandKind, sent: int) -> Errand:
    return Errand(1, NewErrand(kind, 1, uuid4()), ErrandStatus.OPEN, NOW, sent)


@given(NOES, st.integers(2, 20))
def test_no_answer_to_a_repeat_is_taken_for_a_no_to_the_first_question(answer, sent):
    assert comes_to(an_errand(ErrandKind.BOOK, sent), answer) is not ErrandStatus.REFUSED


@given(st.builds(Silent, st.text()), SENT, st.sampled_from(ErrandKind))
def test_silence_settles_nothing(answer, sent, kind):
    assert comes_to(an_errand(kind, sent), answer) is ErrandStatus.OPEN


@given(NOES, SENT)
def test_only_a_booking_is_taken_for_one(answer, sent):
    assert comes_to(an_errand(ErrandKind.BOOK, sent), answer) is not ErrandStatus.DONE
    assert comes_to(an_errand(ErrandKind.BOOK, sent), Made("1")) is ErrandStatus.DONE


def test_a_first_question_that_is_refused_or_did_not_leave_has_booked_nothing():
    for answer in (Refused("SLOT_UNAVAILABLE"), NotSent("ConnectionRefusedError")):
        assert comes_to(an_errand(ErrandKind.BOOK, 1), answer) is ErrandStatus.REFUSED


@given(NOES, SENT)
def test_a_cancellation_is_given_up_by_nobody_but_a_person(answer, sent):
    came = comes_to(an_errand(ErrandKind.CANCEL, sent), answer)

    assert came in (ErrandStatus.OPEN, ErrandStatus.PUZZLE) or answer.code in GONE


def test_what_is_gone_when_it_is_cancelled_again_was_cancelled_the_first_time():
    gone = Refused("NO_DATA_FOUND")

    assert comes_to(an_errand(ErrandKind.CANCEL, 2), gone) is ErrandStatus.DONE
    assert comes_to(an_errand(ErrandKind.CANCEL, 1), gone) is ErrandStatus.PUZZLE
    assert comes_to(an_errand(ErrandKind.CANCEL, 1), Cancelled()) is ErrandStatus.DONE


@given(st.integers(0, 100))
def test_pauses_grow_to_the_longest(sent):
    assert pause_after(sent) <= pause_after(sent + 1) <= PAUSES[-1]
