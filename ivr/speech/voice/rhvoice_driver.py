"""RHVoice as a driver of pyttsx3: synchronous, so a file is there when save_to_file returns."""

import os
import sys
import wave
from pathlib import Path
from typing import Any

from pyttsx3.voice import Voice  # type: ignore[import-untyped]

from ivr.speech.voice.rhvoice_library import RHVoice, RHVoiceError

NORMAL_RATE = 200
NORMAL_PITCH = 50
_place: list[Path] = []


def install(library: Path, data: Path, config: Path) -> None:
    """After this pyttsx3.init("rhvoice") speaks with the library given."""
    _place[:] = [library, data, config]
    sys.modules["pyttsx3.drivers.rhvoice"] = sys.modules[__name__]


def buildDriver(proxy: Any) -> "RHVoiceDriver":
    return RHVoiceDriver(proxy)


class RHVoiceDriver:
    """The duties of a pyttsx3 driver that writes files and owns no sound card."""

    def __init__(self, proxy: Any) -> None:
        self._proxy = proxy
        self._engine = RHVoice(*_place)
        self._properties: dict[str, Any] = {"voice": "anna", "rate": NORMAL_RATE, "volume": 1.0, "pitch": NORMAL_PITCH}

    def getProperty(self, name: str) -> Any:
        if name == "voices":
            return [Voice(voice, voice, ["ru"]) for voice in self._engine.voices()]
        return self._engine.version if name == "version" else self._properties[name]

    def setProperty(self, name: str, value: Any) -> None:
        if name == "voice" and value.lower() not in self._engine.voices():
            raise ValueError(f"RHVoice has no voice {value!r}; it has {', '.join(self._engine.voices())}")
        self._properties[name] = value

    def save_to_file(self, text: str, filename: str) -> None:
        self._proxy.notify("started-utterance")
        self._write(text, Path(filename))
        self._proxy.notify("finished-utterance", completed=True)

    def say(self, text: str) -> None:
        raise RHVoiceError("this driver writes files: use save_to_file")

    def stop(self) -> None:
        """Nothing runs between two calls."""

    def destroy(self) -> None:
        """The library goes with the process."""

    def startLoop(self) -> None:
        self._proxy.setBusy(False)  # runs all that is queued, the end of the loop last

    def endLoop(self) -> None:
        """The loop ended when the queue did."""

    def iterate(self) -> Any:
        self._proxy.setBusy(False)
        yield

    def _write(self, text: str, path: Path) -> None:
        asked = self._properties
        rate, pitch = asked["rate"] / NORMAL_RATE, asked["pitch"] / NORMAL_PITCH
        hertz, samples = self._engine.speak(text, asked["voice"], rate=rate, pitch=pitch)
        beside = path.with_name(f"{path.name}.{os.getpid()}.part")
        with wave.open(str(beside), "wb") as file:
            file.setparams((1, 2, hertz, 0, "NONE", ""))
            file.writeframes(samples)
        beside.replace(path)
