"""The pass that lets a guest's browser phone."""

from datetime import UTC, datetime, timedelta

import pytest

from ivr.services.guest_token import BadToken, check, make

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_a_pass_is_good_for_its_time_and_no_longer():
    token = make("secret", NOW, seconds=60)

    assert check("secret", token, NOW + timedelta(seconds=60)) == token.split(".")[1]
    with pytest.raises(BadToken, match="expired"):
        check("secret", token, NOW + timedelta(seconds=62))


def test_no_two_passes_are_the_same():
    assert len({make("secret", NOW) for _ in range(50)}) == 50


@pytest.mark.parametrize("token", ["", "x", "1.2.3", "9" * 40, "١٢٣." + "a" * 24 + "." + "b" * 32])
def test_what_is_no_pass_lets_nobody_in(token):
    with pytest.raises(BadToken):
        check("secret", token, NOW)


def test_a_changed_pass_is_forged():
    expires, nonce, signature = make("secret", NOW).split(".")

    for other in (f"{int(expires) + 1}.{nonce}.{signature}", f"{expires}.{'0' * 24}.{signature}"):
        with pytest.raises(BadToken, match="forged"):
            check("secret", other, NOW)
    with pytest.raises(BadToken, match="forged"):
        check("another", make("secret", NOW), NOW)


def test_without_a_secret_nobody_is_let_in():
    with pytest.raises(BadToken):
        check("", make("", NOW), NOW)


def test_a_pass_cannot_be_made_for_longer_than_it_is_remembered():
    with pytest.raises(ValueError, match="600"):
        make("secret", NOW, seconds=601)
