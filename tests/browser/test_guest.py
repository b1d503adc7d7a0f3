"""A guest's browser phones the IVR: it hears, reads and keys."""

import asyncio
from datetime import UTC, datetime

import pytest

from ivr.dialogue.line import Keypad, Keys, Utterance
from ivr.phone.guest_door import GuestDoor
from ivr.services import guest_token

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ASK = Utterance("ask", "Наберите, пожалуйста, четыре цифры.")


async def test_a_guest_hears_and_reads_the_prompt_and_his_keys_arrive(
    answer_calls, phone, asterisk, voice, a_softphone
):
    keyed = asyncio.get_running_loop().create_future()
    voice.seconds = 3

    async def story(line, caller, key):
        keyed.set_result(await line.ask([ASK], Keypad(longest=4, first=10)))
        await line.hang_up()

    await answer_calls(story, guests=GuestDoor("s", lambda: NOW))
    guest = await a_softphone(asterisk)
    await guest.do(f"phone.call('ivr', {{ token: '{guest_token.make('s', NOW)}' }})")
    await guest.until("state.call?.stage === 'talking'")
    await guest.until(f"told.captions[0] === '{ASK.text}'")
    await guest.hears()
    await guest.until(
        "told.levels.some(level => level.heard > 0.01) && told.levels.some(level => level.spoken > 0.001)"
    )
    await guest.do("[...'1905'].forEach(key => phone.digit(key))")

    assert await asyncio.wait_for(keyed, 10) == Keys("1905")
    await guest.until("state.call === null && state.problem === null")


async def test_a_guest_without_a_pass_is_told_that_he_was_declined(answer_calls, phone, asterisk, a_softphone):
    guest = await a_softphone(asterisk)
    await guest.do("phone.call('ivr', { token: 'x' })")

    await guest.until("state.call === null && state.problem === 'declined'")


async def test_a_refused_microphone_is_told_as_such(phone, asterisk, a_softphone):
    guest = await a_softphone(asterisk, microphone=False)
    await guest.do("phone.call('ivr', { token: 'x' })")

    await guest.until("state.call === null && state.problem === 'microphone_refused'")
