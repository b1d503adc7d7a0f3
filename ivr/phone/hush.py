"""Silence to be played: Asterisk listens to speech only while it plays, and its pauses are exact only then."""

from pathlib import Path

from ivr.phone.sound_files import BadSound

_NOTHING = b"\xd5"
"""A sample of silence in A-law, of which there are eight thousand a second."""


class Hush:
    """Files of silence in a folder that Asterisk sees too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def lasting(self, seconds: float) -> Path:
        """One of this length, without extension; made when it is first wanted. Raises BadSound."""
        name = f"hush-{round(seconds * 1000)}"
        if not (self._folder / f"{name}.alaw").exists():
            self._make(name, max(1, round(seconds * 8000)))
        return self._folder / name

    def _make(self, name: str, samples: int) -> None:
        path, part = self._folder / f"{name}.alaw", self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part.write_bytes(_NOTHING * samples)
            part.replace(path)
        except OSError as problem:
            raise BadSound(f"silence cannot be kept in {self._folder} ({problem.strerror})") from problem
