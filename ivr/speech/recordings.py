"""Takes of a living voice: prompts/recordings/<key>.wav, used while the phrase still says what was read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.speech.phrasebook import Phrasebook
from ivr.speech.wording import PROMPTS, BadWording, read_tables

MANIFEST = "manifest.toml"


@dataclass(frozen=True, slots=True)
class Take:
    key: str
    path: Path
    read: str
    """Hash of the text that was read; empty if the manifest does not tell."""


def text_hash(text: str) -> str:
    """As the manifest has it: text = "<hash>"."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def takes(folder: Path = PROMPTS) -> list[Take]:
    """All recordings there are. Raises BadWording for an unreadable manifest."""
    recordings = folder / "recordings"
    manifest = recordings / MANIFEST
    read = read_tables(manifest) if manifest.exists() else {}
    found = sorted(recordings.glob("*.wav"))
    return [Take(path.stem, path, _read_text(read, path.stem, manifest)) for path in found]


def usable(book: Phrasebook, folder: Path = PROMPTS) -> Mapping[str, Path]:
    """Text of a phrase to its recording. Phrases with slots are never recorded whole."""
    hashes = {text_hash(entry.text): entry for entry in book.entries.values() if entry.is_static}
    fresh = ((take, hashes.get(take.read)) for take in takes(folder))
    return {entry.text: take.path for take, entry in fresh if entry and entry.key == take.key}


def _read_text(read: Mapping[str, Mapping[str, object]], key: str, manifest: Path) -> str:
    value = read.get(key, {}).get("text", "")
    if not isinstance(value, str):
        raise BadWording(f'{manifest.name}: {key}: text must be the hash that `ivr prompts script` gives, in ""')
    return value
