"""A policy number out of keys and scanners (S3.1, 2.5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.domain.identifiers import BadNumber
from ivr.domain.scanned import policy_in
from tests.builders import an_oms

ANNA, BORIS = "6256410854009015", "6268150854009021"


@pytest.mark.parametrize(
    "text",
    [
        ANNA,
        f" {ANNA}\n",
        "6256 4108 5400 9015",
        f"ЕНП:{ANNA}|ТЕСТОВА|АННА|19850312",
        f"{ANNA};{ANNA}",
        f"https://example.ru/?enp={ANNA}&d=20301231",
        f"6256410854009016;{ANNA}",  # only one of them can be
    ],
)
def test_a_text_with_one_policy_number_is_understood(text):
    assert policy_in(text).digits == ANNA


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "OMS_EMPTY"),
        (" \t", "OMS_EMPTY"),
        (ANNA[:-1], "OMS_LENGTH"),
        (ANNA + "5", "OMS_LENGTH"),
        (ANNA[:-1] + "6", "OMS_CHECKSUM"),
        (f"{ANNA}|{BORIS}", "OMS_UNREADABLE"),
        (f"x1{ANNA}", "OMS_UNREADABLE"),  # a longer number is another number
        ("ТЕСТОВА", "OMS_UNREADABLE"),
    ],
)
def test_a_text_with_none_or_several_is_refused(text, code):
    with pytest.raises(BadNumber) as refused:
        policy_in(text)

    assert refused.value.code == code


@given(st.integers(1, 99_999), st.text("АБВ|;:/.,", min_size=1), st.text("АБВ|;:/.,"))
def test_whatever_stands_around_a_number_it_is_the_same(number, before, after):
    assert policy_in(f"{before}{an_oms(number).digits}{after}") == an_oms(number)
