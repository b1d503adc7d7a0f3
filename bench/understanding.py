"""How often an answer is understood at the first try, question by question: synthetic callers on a telephone line.

The voices, speeds and pitches are not those that the tiny model was trained on; the figures say nothing about people.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt

from bench.measure import Result
from ivr.dialogue.ears import load_hearings
from ivr.listen.answer import Heard
from ivr.listen.ear import Ear
from ivr.listen.engine import Engine
from ivr.listen.models import is_installed, known_models
from ivr.listen.question import Question
from ivr.phone.config import PROJECT
from ivr.speech.audio import alaw
from ivr.understand.grammar import Grammar
from tests.speaking import spoken
from tests.understand.reading import TODAY, Phrase, grammar, phrases, read

VOICES = [f"ru+{name}" for name in "m7 m8 f5 klatt4 Michael steph Pablo victor travis Alicia sandro".split()]
SPEEDS, PITCHES = (125, 145, 165), (31, 41, 51, 61, 71)
BAND = butter(4, (300, 3400), "band", fs=8000, output="sos")
SNR = (15.0, 30.0)
LEVEL = 3000.0
QUESTION = {
    "yes": "yes",
    "number": "number",
    "born": "birth",
    "day": "day",
    "time": "time",
    "speciality": "speciality",
    "doctor": "doctor",
    "everywhere": "yes",
    "request": "main",
}
"""The grammar in which a kind of phrase is heard; a menu has its own."""
PHRASES = PROJECT / "tests" / "understand"


@dataclass
class Score:
    """One kind of question."""

    said: int = 0
    words: int = 0
    wrong_words: int = 0
    understood: int = 0
    misunderstood: int = 0
    missed: list[str] = field(default_factory=list)


def measure(*, quick: bool) -> list[Result]:
    """Every model that is here; `quick` speaks a fifth of the phrases."""
    here = [PROJECT / "models" / name for name in known_models(PROJECT / "models")]
    return [one for model in here if is_installed(model) for one in _results(model, 1 if not quick else 5)]


def _results(model: Path, every: int) -> Iterator[Result]:
    for kind, score in scores(model, every).items():
        rate = 100 * score.wrong_words / max(score.words, 1)
        right = 100 * score.understood / score.said
        yield Result(
            "understanding",
            f"{model.name}: {kind}",
            score.said,
            right,
            rate,
            unit="%",
            note=f"p50: right at the first try; p99: word error rate; taken for something else {score.misunderstood}",
        )


def scores(model: Path, every: int = 1) -> dict[str, Score]:
    """Each hand-checked phrase that has a meaning, spoken once by some voice."""
    own, engine = grammar(), Engine(model)
    listener = Listener(engine, own)
    found: dict[str, Score] = {}
    dice = random.Random(7)  # noqa: S311 - the same callers every time
    for number, phrase in enumerate(_sayable()):
        if number % every == 0:
            _try(listener, own, phrase, found.setdefault(phrase.kind.split(" ")[0], Score()), dice)
    return found


def _sayable() -> Iterator[Phrase]:
    for name in ("phrases", "phrases_held_out"):
        for phrase in phrases(PHRASES / f"{name}.txt"):
            if phrase.value != "-" and "[unk]" not in phrase.words:
                yield phrase


def _try(listener: "Listener", own: Grammar, phrase: Phrase, score: Score, dice: random.Random) -> None:
    kind, _, menu = phrase.kind.partition(" ")
    audio = on_a_line(spoken(phrase.words, dice.choice(VOICES), dice.choice(SPEEDS), dice.choice(PITCHES)), dice)
    texts = listener.hears(menu if kind == "menu" else QUESTION[kind], audio)
    readings = [read(own, Phrase(phrase.kind, text, phrase.value)) for text in texts]
    first = next((reading for reading in readings if reading != "-"), "-")
    wanted, heard = _plain(phrase.words), _plain(texts[0])
    score.said += 1
    score.words += len(wanted)
    score.wrong_words += errors(wanted, heard)
    score.understood += first == phrase.value
    score.misunderstood += first not in (phrase.value, "-")
    if first != phrase.value:
        score.missed.append(f"{phrase} -> {texts[0]} = {first}")


class Listener:
    """A recogniser with the ear that `ivr listen` has."""

    def __init__(self, engine: Engine, own: Grammar) -> None:
        self._engine, self._own = engine, own
        self._hearings = load_hearings(PROJECT / "prompts" / "voice.ru.toml")

    def hears(self, name: str, audio: bytes) -> Sequence[str]:
        """The readings of one answer."""
        hearing = self._hearings[name]
        question = Question(
            self._own.vocabulary(name, today=TODAY),
            silence=hearing.silence,
            enough=hearing.enough,
            best=hearing.best,
        )
        ear, now = Ear(lambda: self._engine.recogniser(question), question, 0.0), 0.0
        for begin in range(0, len(audio), 320):
            now += 0.02
            for event in ear.hear(audio[begin : begin + 320], now):
                if isinstance(event, Heard):
                    return [text for text, _ in event.readings]
        return [""]


def on_a_line(samples: bytes, dice: random.Random) -> bytes:
    """As a telephone brings it: 300 to 3400 Hz, noise, A-law, a second of nothing before and two behind."""
    said = np.frombuffer(samples, "<i2").astype(np.float64)
    wave = np.concatenate([np.zeros(8000), said, np.zeros(20_000)])
    wave = sosfilt(BAND, wave)
    loud = wave[np.abs(wave) > 0.05 * np.abs(wave).max()]
    wave *= LEVEL / np.sqrt(np.mean(loud**2))
    hiss = sosfilt(BAND, np.random.default_rng(dice.randrange(1 << 30)).standard_normal(len(wave)))
    wave += hiss / hiss.std() * LEVEL * 10 ** (-dice.uniform(*SNR) / 20)
    levels = wave.clip(-32768, 32767).astype("<i2")
    return _linear(alaw(levels))


def _linear(coded: bytes) -> bytes:
    """A-law back to 16 bit (G.711)."""
    table = []
    for byte in range(256):
        value = byte ^ 0x55
        size, step = (value & 0x0F) << 4, (value & 0x70) >> 4
        size = size + 8 if step == 0 else (size + 0x108) << (step - 1)
        table.append(size if value & 0x80 else -size)
    return np.array(table, "<i2")[np.frombuffer(coded, np.uint8)].tobytes()


def _plain(text: str) -> list[str]:
    return [word for word in text.replace("ё", "е").split() if word != "[unk]"]


def errors(wanted: Sequence[str], heard: Sequence[str]) -> int:
    """Words put in, left out or exchanged."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]
