"""One answer, from its first sound to its end: when to stop the prompt, when the caller has finished.

Loudness decides where a line is quiet enough, the recogniser's words where it is not, the clock where no audio comes.
"""

from collections.abc import Callable
from typing import Protocol

from ivr.listen.aeap import BYTES_PER_SECOND
from ivr.listen.answer import Barge, Heard, Reading
from ivr.listen.question import UNKNOWN, Question
from ivr.listen.voicing import FRAME_BYTES, Voicing

ONSET = 0.26
"""Loud so long, the caller is speaking: shorter is a click or a cough."""
_VOICE = 0.08
"""Of it with a pitch: a rustle has none."""
_WORD = 0.08
"""The shortest answer has so much voice."""
_ENOUGH_SILENCE = 0.3
"""Quiet after a complete answer."""
_STEADY = 0.6
"""Where noise hides the quiet, words must stand still for so much longer: Vosk speaks that late."""
_LOOK = 0.1
"""How often the words so far are looked at."""
_WORDLESS = 4.0
"""A caller who stopped the prompt by noise is not kept waiting longer."""


class Recogniser(Protocol):
    """engine.Recogniser, or a twin in tests."""

    def accept(self, audio: bytes) -> None: ...
    def text_so_far(self) -> str: ...
    def finish(self) -> list[Reading]: ...


class Ear:
    """Listens to one answer. `now` is any clock in seconds that only goes forward."""

    def __init__(self, new_recogniser: Callable[[], Recogniser], question: Question, now: float) -> None:
        self.done = False
        self._new = new_recogniser
        self._question = question
        self._voicing = Voicing()
        self._barged_at: float | None = None
        self._time = 0.0
        self._began: float | None = None
        self._audio_at = self._loud_at = now
        self._text = ""
        self._looked_at = self._changed_at = 0.0
        self._recogniser = new_recogniser()

    def hear(self, audio: bytes, now: float) -> list[Barge | Heard]:
        """Take audio of any length."""
        self._audio_at = now
        events: list[Barge | Heard] = []
        audio = audio[: len(audio) & ~1]  # half a sample is none
        for begin in range(0, len(audio), FRAME_BYTES):
            if not self.done:
                events += self._frame(audio[begin : begin + FRAME_BYTES], now)
        return events

    def wait(self, now: float) -> list[Barge | Heard]:
        """Time passes without audio: a telephone that sends nothing while its owner is silent."""
        idle = now - self._audio_at
        answered = self._voicing.spoken >= _WORD or self._barged_at is not None
        if self.done or not answered or idle < self._question.silence - self._voicing.quiet:
            return []
        return self._finish(now)

    def _frame(self, frame: bytes, now: float) -> list[Barge | Heard]:
        self._time += len(frame) / BYTES_PER_SECOND
        if self._question.echo and self._during_prompt:
            return []
        if self._voicing.hear(frame):
            self._loud_at = now
            self._began = self._time if self._began is None else self._began
        self._recogniser.accept(frame)
        self._look()
        if self._is_over():
            return self._finish(now)
        return self._onset()

    @property
    def _during_prompt(self) -> bool:
        """While a prompt plays that may not be interrupted."""
        return self._time < self._question.prompt

    def _onset(self) -> list[Barge | Heard]:
        speaks = self._voicing.burst >= ONSET and self._voicing.voiced >= _VOICE
        if self._question.barge and self._barged_at is None and speaks and not self._during_prompt:
            self._barged_at = self._time
            return [Barge()]
        return []

    def _look(self) -> None:
        if self._time - self._looked_at < _LOOK:
            return
        self._looked_at = self._time
        if (text := self._recogniser.text_so_far()) != self._text:
            self._text, self._changed_at = text, self._time

    def _is_over(self) -> bool:
        silence, quiet = self._question.silence, self._voicing.quiet
        if self._question.enough and len(self._text.split()) >= self._question.enough:
            silence = min(silence, _ENOUGH_SILENCE)
        if self._voicing.spoken >= _WORD and quiet >= silence:
            return True
        if self._text and self._time - self._changed_at >= silence + _STEADY:
            return True
        if self._barged_at is not None and not self._text and self._time - self._barged_at >= _WORDLESS:
            return True
        return self._began is not None and self._time - self._began >= self._question.longest

    def _finish(self, now: float) -> list[Barge | Heard]:
        readings = self._recogniser.finish()
        if self._voicing.spoken and not self._voicing.voiced:
            readings = [("", 0)]  # with few phrases to choose from, Vosk hears words in a rustle
        if self._barged_at is None and self._is_noise(readings):
            self._voicing.forget()
            self._listen_anew()
            return []
        self.done = True
        return [Heard(readings, now - self._loud_at)]

    def _is_noise(self, readings: list[Reading]) -> bool:
        """Nothing said, and no prompt lost by it: go on listening."""
        text = readings[0][0]
        if self._during_prompt and not set(text.split()) - {UNKNOWN}:
            return True
        return not text or (text == UNKNOWN and self._voicing.spoken < ONSET)

    def _listen_anew(self) -> None:
        self._recogniser = self._new()
        self._text = ""
        self._changed_at = self._looked_at = self._time
        self._began = None
