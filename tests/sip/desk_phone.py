"""The operator's telephone: registers with its password, rings, answers, talks a little, hangs up. Played by sipp."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import numpy as np

from . import scenario
from .handset import Handset, Pulse
from .sipp import Sipp
from .tap import Sound, Tape, decoded


def tone(seconds: float, hertz: float = 440.0) -> bytes:
    """A plain tone as A-law, 8000 Hz: a voice for a phone that has nobody behind it."""
    wave = 8000 * np.sin(2 * np.pi * hertz * np.arange(int(8000 * seconds)) / 8000)
    levels = decoded(bytes(range(256)), Sound.ALAW)
    order = np.argsort(levels)
    nearest = np.searchsorted(levels[order], wave).clip(0, 255)
    return order[nearest].astype(np.uint8).tobytes()


class DeskPhone:
    """What the operator saw and heard."""

    def __init__(self, sipp: Sipp, handset: Handset) -> None:
        self._sipp, self._handset = sipp, handset

    @property
    def heard(self) -> Tape:
        """The sound that reached the operator."""
        return self._handset.tape

    @property
    def invites(self) -> list[dict[str, str]]:
        """The headers of each INVITE that made the phone ring, names in lower case."""
        return self._sipp.messages("INVITE")

    async def answered(self, within: float = 20.0) -> None:
        """Wait until the operator has somebody on the line."""
        await asyncio.wait_for(self._handset.connected.wait(), within)


@contextlib.asynccontextmanager
async def a_desk_phone(
    server: tuple[str, int],
    login: scenario.Login,
    *,
    ring: float = 0.3,
    talk: float = 2.0,
) -> AsyncIterator[DeskPhone]:
    """A registered phone that rings `ring` s, talks `talk` s and hangs up, a call at a time; leaves with the block."""
    with Handset(Pulse()) as handset:
        handset.say(tone(talk))
        answering = scenario.operator(handset.port, ring_ms=round(ring * 1000), talk_ms=round(talk * 1000))
        registration = scenario.registration(login)
        async with Sipp(registration, [(login.user,)], answering=answering, server=server, trace=True) as sipp:
            try:
                yield DeskPhone(sipp, handset)
            finally:
                sipp.hang_up()
                await sipp.ended(5)
