"""Which engine and which voice speak."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ivr.speech.voice.rhvoice_library import LIBRARY

LONGEST = 1000
"""Characters in one text."""
FREE_VOICES = ("anna", "irina", "aleksandr", "elena", "aleksandr-hq")
"""Voices of RHVoice that a hospital may use; the licences of all others forbid commercial use."""
ESPEAK_VOICE = "ru"
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib")


class BadVoice(ValueError):
    """The settings ask for a voice that may not or cannot speak."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and its voice."""

    engine: Literal["rhvoice", "espeak"]
    voice: str
    library: Path = Path(LIBRARY)
    data: Path = Path("/usr/share/RHVoice")

    def as_json(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}

    @classmethod
    def of_json(cls, values: dict[str, str]) -> "Choice":
        engine: Literal["rhvoice", "espeak"] = "rhvoice" if values["engine"] == "rhvoice" else "espeak"
        return cls(engine, values["voice"], Path(values["library"]), Path(values["data"]))


def choices(*, rhvoice: Path | None, voice: str = "anna") -> list[Choice]:
    """Engines in the order of preference: RHVoice if it is below `rhvoice` (/ for the system), then espeak-ng."""
    if voice not in FREE_VOICES:
        raise BadVoice(f"voice {voice!r} may not be used; choose one of {', '.join(FREE_VOICES)}")
    espeak = Choice("espeak", ESPEAK_VOICE)
    library = _library(rhvoice) if rhvoice else None
    if rhvoice is None or library is None:
        return [espeak]
    return [Choice("rhvoice", voice, library, rhvoice / "usr/share/RHVoice"), espeak]


def _library(root: Path) -> Path | None:
    found = (root / folder / LIBRARY for folder in _LIBRARIES)
    return next((path for path in found if path.exists()), None)
