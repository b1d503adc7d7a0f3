"""The instruments of the SIP tests, tried on known sounds and over real sockets."""

import asyncio

import numpy as np
import pytest

from .desk_phone import tone
from .handset import Handset, Pulse
from .tap import FRAME, Packet, Sound, Tape, Way, decoded, parsed


def heard(at: float, sound: bytes, number: int = 0) -> Packet:
    return Packet(at, Way.HEARD, Sound.ALAW.value, number, 0, False, sound)


LOUD, QUIET = tone(FRAME), b"\xd5" * 160


@pytest.mark.parametrize(
    ("sound", "code", "level"),
    [
        (Sound.ALAW, 0xD5, 8),
        (Sound.ALAW, 0x55, -8),
        (Sound.ALAW, 0xAA, 32256),
        (Sound.ALAW, 0x2A, -32256),
        (Sound.ULAW, 0xFF, 0),
        (Sound.ULAW, 0x80, 32124),
        (Sound.ULAW, 0x00, -32124),
    ],
)
def test_g711_is_decoded_as_the_standard_says(sound: Sound, code: int, level: int) -> None:
    assert decoded(bytes([code]), sound).tolist() == [level]


def test_a_tone_keeps_its_level_through_a_law() -> None:
    samples = decoded(tone(1.0)).astype(float)

    assert np.sqrt(np.mean(samples**2)) == pytest.approx(8000 / np.sqrt(2), rel=0.02)


def test_silence_is_not_heard_and_a_gap_lies_between_two_sounds() -> None:
    tape = Tape()
    for number, sound in enumerate([LOUD] * 10 + [QUIET] * 25 + [LOUD] * 10):
        tape.add(heard(100 + number * FRAME, sound, number))

    assert tape.heard_seconds() == pytest.approx(0.4)
    (gap,) = tape.gaps(longer_than=0.3)
    assert gap.seconds == pytest.approx(0.52)


def test_the_sound_after_a_key_is_the_first_that_can_be_heard() -> None:
    tape = Tape()
    for number, sound in enumerate([LOUD, QUIET, QUIET, LOUD]):
        tape.add(heard(100 + number * FRAME, sound, number))

    assert (found := tape.first_after(100.0)) and found.at == pytest.approx(100.06)
    assert (found := tape.first_after(100.0, audible=False)) and found.at == pytest.approx(100.02)


def test_lost_packets_are_counted_over_the_end_of_the_numbers() -> None:
    tape = Tape()
    for number in (65533, 65534, 1, 2):
        tape.add(heard(100.0, LOUD, number))

    assert tape.lost() == 2


@pytest.mark.parametrize("junk", [b"", b"\x80\x08", b"INVITE sip:100", b"\x00" * 40])
def test_what_is_not_rtp_is_left_out(junk: bytes) -> None:
    assert parsed(junk, 0.0, Way.HEARD) is None


async def test_one_handset_hears_the_keys_and_the_voice_of_another() -> None:
    pulse = Pulse()
    with Handset(pulse) as caller, Handset(pulse) as other:
        caller.connect("127.0.0.1", other.port)
        caller.say(LOUD)
        await asyncio.wait_for(other.sound_came.wait(), 2)
        presses = [await press for press in caller.press("0*#9")]
        await asyncio.wait_for(caller.press("5")[0], 2)  # by now the end of the fourth has arrived

        assert [press.key for press in presses] == ["0", "*", "#", "9"]
        assert [press.key for press in caller.tape.presses()][:4] == ["0", "*", "#", "9"]
        events = [p for p in other.tape.packets if p.way is Way.HEARD and not p.is_sound and p.payload[1] & 0x80]
        assert [event.payload[0] for event in events][:12:3] == [0, 10, 11, 9]
        assert {int.from_bytes(event.payload[2:], "big") for event in events} == {800}
        assert other.tape.heard_seconds() == pytest.approx(FRAME)
        assert other.tape.lost() == 0
