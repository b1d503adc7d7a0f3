"""Vosk, as far as a question needs it; every way in which it crashes a process is closed here."""

import json
import math
from collections.abc import Iterable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import vosk

from ivr.listen.answer import Reading
from ivr.listen.models import takes_words
from ivr.listen.question import UNKNOWN, Question
from ivr.listen.trouble import BadModel

RATE = 8000


class Deaf(Exception):
    """No answer to a question could be heard: ask it by keys."""


class Engine:
    """One model in memory."""

    def __init__(self, folder: Path) -> None:
        """Load it; a big one takes a minute. Raises BadModel."""
        if not (folder / "am/final.mdl").is_file():
            raise BadModel(f"{folder}: there is no speech model; `ivr models install small` brings one")
        vosk.SetLogLevel(-2)  # its warnings name words of the vocabulary; we count them ourselves
        try:
            self._model = vosk.Model(str(folder))
        except Exception as problem:  # Vosk raises nothing narrower
            raise BadModel(f"{folder}: Vosk cannot load it; `ivr models verify` compares its files") from problem
        self._takes_words = takes_words(folder)  # Vosk ignores the words it is given where it cannot use them

    def knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def unknown(self, phrases: Iterable[str]) -> set[str]:
        """Words that the model cannot hear."""
        return {word for phrase in phrases for word in phrase.lower().split() if not self._spelling(word)}

    def _spelling(self, word: str) -> str:
        """As the model writes it, with ё or without; empty if it does not know the word."""
        return next((form for form in (word, word.replace("ё", "е")) if self.knows(form)), "")

    def recogniser(self, question: Question) -> "Recogniser":
        """A new one for every question: it costs a millisecond and leaks nothing. Raises Deaf."""
        grammar = self._grammar(question.phrases) if question.phrases and self._takes_words else None
        words = (grammar,) if grammar else ()
        return Recogniser(vosk.KaldiRecognizer(self._model, RATE, *words), question.best)

    def _grammar(self, phrases: Sequence[str]) -> str:
        """Never empty, and letters as they are: Vosk dies of the one and is deaf to the other."""
        known = [" ".join(filter(None, map(self._spelling, phrase.lower().split()))) for phrase in phrases]
        if not any(known):
            raise Deaf("the model knows no word of this question; `ivr check` lists unknown words")
        return json.dumps([*filter(None, known), UNKNOWN], ensure_ascii=False)


class Recogniser:
    """Audio of one answer to its words. Belongs to one thread."""

    def __init__(self, vosk_recogniser: Any, best: int) -> None:
        self._vosk = vosk_recogniser
        self._best = best
        self._segments: list[list[Reading]] = []
        if best > 1:
            self._vosk.SetMaxAlternatives(best)
        else:
            self._vosk.SetWords(True)

    def accept(self, audio: bytes) -> None:
        """Vosk ends a segment at every pause; the answer goes on."""
        if self._vosk.AcceptWaveform(audio):
            self._add(self._vosk.Result())

    def text_so_far(self) -> str:
        """May still change."""
        # Between two segments Vosk says `alternatives` instead, where it was asked for some.
        partial = json.loads(self._vosk.PartialResult()).get("partial", "")
        return " ".join(filter(None, [*(segment[0][0] for segment in self._segments), partial]))

    def finish(self) -> list[Reading]:
        """The readings of everything heard, the best one first; at least one, maybe empty."""
        self._add(self._vosk.FinalResult())
        return _joined(self._segments, self._best)

    def _add(self, result: str) -> None:
        if readings := _readings(json.loads(result)):
            self._segments.append(readings)


def _readings(result: dict[str, Any]) -> list[Reading]:
    if "alternatives" in result:
        return _alternatives(result["alternatives"])
    if not result["text"]:
        return []
    words = result.get("result", [])
    return [(result["text"], round(100 * sum(word["conf"] for word in words) / max(len(words), 1)))]


def _alternatives(found: list[dict[str, Any]]) -> list[Reading]:
    """Scores of paths become shares of one hundred."""
    found = [one for one in found if one["text"].strip()]
    if not found:
        return []
    best = max(one["confidence"] for one in found)
    weights = [math.exp(max(one["confidence"] - best, -700.0)) for one in found]
    return [(one["text"].strip(), round(100 * w / sum(weights))) for one, w in zip(found, weights, strict=True)]


def _joined(segments: list[list[Reading]], best: int) -> list[Reading]:
    """Every reading of one segment with every one of the next, the likeliest first."""
    if not segments:
        return [("", 0)]
    if len(segments) > 4:  # a caller who dictates digit by digit: too many ways
        segments = [segment[:1] for segment in segments]
    ways = [
        (" ".join(text for text, _ in way), round(100 * math.prod(score / 100 for _, score in way)))
        for way in product(*segments)
    ]
    distinct = dict(sorted(ways, key=lambda way: way[1]))
    return sorted(distinct.items(), key=lambda way: -way[1])[:best]
