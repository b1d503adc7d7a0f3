"""Speech models: which there are, which are here, whether their files are whole."""

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.listen.trouble import BadModel

SUMS = "SHA256SUMS"
"""In the model's folder, written when it was installed; `sha256sum -c` reads it too."""
NEEDED = ("am/final.mdl", "conf/mfcc.conf")
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of the manifest."""

    name: str
    about: str
    archive: str = ""
    url: str = ""
    size: int = 0
    md5: str = ""
    list: str = ""
    """The publisher's list, where size and checksum stand if not here."""
    synthetic: bool = False
    """Understands synthetic voices only, not people."""


def known_models(models: Path) -> dict[str, KnownModel]:
    """The manifest. Raises BadModel."""
    path = models / "manifest.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: KnownModel(name, **fields) for name, fields in values.items()}
    except (OSError, ValueError, TypeError) as problem:
        raise BadModel(f"{path}: cannot be read ({problem}); bring the file of the program back") from problem


def known_model(models: Path, name: str) -> KnownModel:
    """By its name. Raises BadModel."""
    known = known_models(models)
    if name not in known:
        raise BadModel(f"there is no model {name!r}; there are {', '.join(known)}")
    return known[name]


def is_installed(folder: Path) -> bool:
    return all((folder / name).is_file() for name in NEEDED)


def takes_words(folder: Path) -> bool:
    """Whether it can be told which words a question expects: a fixed search graph cannot."""
    return (folder / "graph/HCLr.fst").is_file()


def is_synthetic(folder: Path) -> bool:
    """Whether this model was made of synthetic voices: then say so wherever it is used."""
    try:
        return known_model(folder.parent, folder.name).synthetic
    except BadModel:  # a model from elsewhere
        return False


def size_of(folder: Path) -> int:
    """Bytes of its files."""
    return sum(path.stat().st_size for path in _files(folder))


def write_sums(folder: Path) -> None:
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def damages(folder: Path) -> list[str]:
    """What differs from the day it was installed; empty if nothing. Raises BadModel if that cannot be known."""
    if not folder.is_dir():
        raise BadModel(f"{folder}: there is no model; `ivr models install` brings one")
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise BadModel(f"{folder}: {SUMS} is missing; install the model again") from problem
    return [told for line in lines if (told := _damage(folder, *line.split("  ", 1)))]


def _damage(folder: Path, wanted: str, name: str) -> str:
    path = folder / name
    if not path.is_file():
        return f"{name} is missing"
    return "" if sha256(path) == wanted else f"{name} was changed"


def sha256(path: Path) -> str:
    return _digest(path, "sha256")


def md5(path: Path) -> str:
    """What the publisher gives: good against accidents, and all there is."""
    return _digest(path, "md5")


def _digest(path: Path, kind: str) -> str:
    digest = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """The model's own, in a steady order; recipe and sums are not read by Vosk."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != SUMS and "recipe" not in path.relative_to(folder).parts:
            yield path
