"""What is said to a guest's browser is sent to it as text, over the call itself."""

import asyncio
from datetime import UTC, datetime

import pytest

from ivr.dialogue.line import Keypad, Utterance
from ivr.phone.captions import LONGEST, captions_of
from ivr.phone.guest_door import GuestDoor
from ivr.services import guest_token
from tests.phone.browser_phone import BrowserPhone

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HELLO = Utterance("hello", "Здравствуйте! Вы сказали: «да»?")
ASK = Utterance("ask", "Наберите дату, например ноль три.")


async def talks(line, caller, key):
    await line.play([HELLO])
    await line.ask([HELLO, ASK], Keypad(first=0.1))
    await line.hang_up()


async def test_a_guest_is_sent_the_words_before_he_hears_them(answer_calls, phone, asterisk):
    await answer_calls(talks, guests=GuestDoor("s", lambda: NOW))
    async with BrowserPhone.connected(asterisk, "webguest") as guest:
        _, leg = await guest.call("ivr", X_Call_Token=guest_token.make("s", NOW))
        async with asyncio.timeout(5):
            shown = [await leg.texts.get() for _ in range(2)]
            await leg.over.wait()

    assert shown == [HELLO.text, f"{HELLO.text} {ASK.text}"]


async def test_a_telephone_that_shows_no_text_hears_all_of_it(answer_calls, phone, asterisk):
    server = await answer_calls(talks, guests=GuestDoor("s", lambda: NOW))
    async with BrowserPhone.connected(asterisk, "webguest") as guest:
        guest.shows_text = False
        _, leg = await guest.call("ivr", X_Call_Token=guest_token.make("s", NOW))
        async with asyncio.timeout(5):
            await leg.over.wait()

    assert (server.health().served, server.health().failed) == (1, 0)


async def test_other_telephones_are_sent_none(answer_calls, phone, asterisk):
    await answer_calls(talks)
    await phone.call()

    await phone.reaches("ivr-inbound Hangup")
    assert "SEND TEXT" not in (asterisk.config.folder / "log" / "trace").read_text()


@pytest.mark.parametrize("words", [1, 300, 5000])
def test_a_long_prompt_is_cut_between_words_and_nothing_is_lost(words):
    text = " ".join(f"слово{number}" for number in range(words))

    shown = list(captions_of([Utterance("long", text)]))

    assert " ".join(shown) == text
    assert all(len(part.encode()) <= LONGEST for part in shown)


def test_marks_of_stress_are_for_the_voice_alone():
    assert list(captions_of([Utterance("name", "к врачу Ив+анову")])) == ["к врачу Иванову"]


def test_silence_has_no_caption():
    assert list(captions_of([])) == []
