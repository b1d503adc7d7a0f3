"""One pyttsx3 engine, guarded against what it is known to do: lose errors, return too early, speak another voice."""

import ctypes
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyttsx3  # type: ignore[import-untyped]

from ivr.speech.voice import rhvoice_driver
from ivr.speech.voice.settings import LONGEST, Choice

_WORDS_PER_MINUTE = {"rhvoice": rhvoice_driver.NORMAL_RATE, "espeak": 165}
_LOST = 1.0
"""Seconds to wait for the engine to say that it has finished."""
_TRIES = 3
_WAV_HEADER = 100
"""Bytes; a file no longer than this holds no speech."""


class EngineError(RuntimeError):
    """The engine cannot start, or cannot speak this text."""


class Engine:
    """Writes phrases into WAV files. Lives in the worker process only, in one thread."""

    def __init__(self, choice: Choice, folder: Path) -> None:
        self._choice = choice
        self._done = threading.Event()
        self._problems: list[str] = []
        if choice.engine == "rhvoice":
            rhvoice_driver.install(choice.library, choice.data, _config(folder))
        self._engine: Any = pyttsx3.init(choice.engine)
        self._engine.connect("finished-utterance", lambda **_: self._done.set())
        self._engine.connect("error", lambda exception=None, **_: self._problems.append(str(exception)))
        self._engine.setProperty("voice", choice.voice)
        # The first file of a new espeak engine is announced before it exists: let it be one nobody needs.
        self.save("Готов.", 1.0, folder / "prime.wav")

    @property
    def version(self) -> str:
        return f"{self._choice.engine} {_version(self._engine, self._choice)} pyttsx3 {version('pyttsx3')}"

    def save(self, text: str, rate: float, path: Path) -> None:
        """Speak into a WAV file. Raises EngineError."""
        if len(text) > LONGEST:
            raise EngineError(f"{len(text)} characters; {LONGEST} at most, longer texts kill espeak")
        self._engine.setProperty("rate", round(_WORDS_PER_MINUTE[self._choice.engine] * rate))
        self._synchronise()  # espeak takes a rate over in its own time: now and then after the text that it is for
        # espeak now and then writes a file without sound, most often the first ones: the next try has it.
        for _ in range(_TRIES):
            self._attempt(text, path)
            if _has_sound(path):
                return
        raise EngineError("the engine wrote no sound")

    def _attempt(self, text: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._done.clear()
        self._problems.clear()
        self._engine.save_to_file(text, str(path))
        self._engine.runAndWait()
        self._settle()
        if self._problems:
            raise EngineError("; ".join(self._problems))

    def _settle(self) -> None:
        """Wait until nothing is left to write: a late file would come under the name of the next text."""
        self._synchronise()
        self._done.wait(_LOST)

    def _synchronise(self) -> None:
        if self._choice.engine == "espeak":
            _espeak().espeak_Synchronize()


def _has_sound(path: Path) -> bool:
    return path.exists() and path.stat().st_size > _WAV_HEADER


def _espeak() -> ctypes.CDLL:
    """The library that pyttsx3 has loaded."""
    return ctypes.CDLL("libespeak-ng.so.1")


def _config(folder: Path) -> Path:
    """RHVoice reads + before a vowel as stress only when told so."""
    (folder / "RHVoice.conf").write_text("languages.russian.stress_marker=+\n", encoding="utf-8")
    return folder


def _version(engine: Any, choice: Choice) -> str:
    if choice.engine == "rhvoice":
        return str(engine.getProperty("version"))
    info = _espeak().espeak_Info
    info.restype = ctypes.c_char_p
    return bytes(info(None)).decode()
