"""Takes of a living voice: prompts/recordings/<key>.wav, used while the phrase still says what was read."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.speech import audio
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.wording import PROMPTS, BadWording, read_tables

log = logging.getLogger(__name__)
MANIFEST = "manifest.toml"
UNHEARD = "a recording cannot be used, the synthesiser is heard instead"


@dataclass(frozen=True, slots=True)
class Take:
    key: str
    path: Path
    read: str
    """Hash of the text that was read; empty if the manifest does not tell."""
    fault: str | None = None
    """Why it cannot be heard."""


def text_hash(text: str) -> str:
    """As the manifest has it: text = "<hash>"."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def takes(folder: Path = PROMPTS) -> list[Take]:
    """All recordings there are. Raises BadWording for an unreadable manifest."""
    recordings = folder / "recordings"
    manifest = recordings / MANIFEST
    read = read_tables(manifest) if manifest.exists() else {}
    found = sorted(recordings.glob("*.wav"))
    return [Take(path.stem, path, _read_text(read, path.stem, manifest), audio.fault_of(path)) for path in found]


def usable(book: Phrasebook, folder: Path = PROMPTS) -> Mapping[str, Path]:
    """Text of a phrase to its recording. Phrases with slots are never recorded whole; unusable files are logged."""
    hashes = {text_hash(entry.text): entry for entry in book.entries.values() if entry.is_static}
    read = ((take, hashes.get(take.read)) for take in takes(folder))
    fresh = [(take, entry.text) for take, entry in read if entry and entry.key == take.key]
    for take, _ in fresh:
        if take.fault:
            log.error(UNHEARD, extra={"phrase": take.key, "reason": take.fault})
    return {text: take.path for take, text in fresh if not take.fault}


def _read_text(read: Mapping[str, Mapping[str, object]], key: str, manifest: Path) -> str:
    value = read.get(key, {}).get("text", "")
    if not isinstance(value, str):
        raise BadWording(f'{manifest.name}: {key}: text must be the hash that `ivr prompts script` gives, in ""')
    return value
