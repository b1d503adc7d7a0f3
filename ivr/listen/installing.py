"""A model into its folder: fetched or brought along, its checksum compared, unpacked; whole or not at all."""

import json
import shutil
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

from ivr.listen import download
from ivr.listen.download import Progress
from ivr.listen.models import KnownModel, is_installed, md5, write_sums
from ivr.listen.trouble import BadModel

_SPARE = 64 * 1024 * 1024


def install(models: Path, model: KnownModel, progress: Progress, *, archive: Path | None = None) -> Path:
    """Put it into models/<name>, taking the place of an older one. Returns the folder. Raises BadModel."""
    if not model.url:
        raise BadModel(f"{model.name}: comes with the program and is not installed")
    models.mkdir(parents=True, exist_ok=True)
    if archive:
        _compare(archive, model)
        return _unpack(models, model, archive)
    model = with_checksum(model)
    part = models / f".{model.archive}.zip.part"
    _want_room(models, model.size)
    download.fetch(model.url, part, progress)
    try:
        _compare(part, model)
    except BadModel:
        part.unlink()  # going on with it would never end well
        raise
    folder = _unpack(models, model, part)
    part.unlink()
    return folder


def with_checksum(model: KnownModel) -> KnownModel:
    """Size and checksum from the publisher's list where the manifest has none. Raises BadModel."""
    if model.md5:
        return model
    try:
        listed = json.loads(download.text(model.list))
        (entry,) = [one for one in listed if one["name"] == model.archive]
        return replace(model, md5=str(entry["md5"]), size=int(entry["size"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise BadModel(f"{model.list}: says nothing of {model.archive}; install it --from a file") from problem


def _compare(archive: Path, model: KnownModel) -> None:
    """A model without a known checksum that was brought along has only the checks of its archive."""
    if not archive.is_file():
        raise BadModel(f"{archive}: there is no such file")
    if model.md5 and (found := md5(archive)) != model.md5:
        raise BadModel(
            f"{archive}: is not {model.archive} as published: checksum {found}, expected {model.md5}; fetch it again"
        )


def _unpack(models: Path, model: KnownModel, archive: Path) -> Path:
    with tempfile.TemporaryDirectory(prefix=f".{model.name}.", dir=models) as folder:
        unpacked = _unpacked(archive, Path(folder))
        write_sums(unpacked)
        return _put(unpacked, models / model.name, Path(folder) / "old")


def _unpacked(archive: Path, into: Path) -> Path:
    """The one folder of the archive that holds a model."""
    try:
        with zipfile.ZipFile(archive) as packed:
            _want_room(into, sum(item.file_size for item in packed.infolist()))
            packed.extractall(into)  # leads no name out of `into`, compares every checksum
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as problem:
        raise BadModel(f"{archive}: is no whole zip archive ({problem}); fetch it again") from problem
    found = [folder for folder in into.iterdir() if is_installed(folder)]
    if len(found) != 1:
        raise BadModel(f"{archive}: holds no speech model (a folder with am/final.mdl)")
    return found[0]


def _put(new: Path, place: Path, old: Path) -> Path:
    """Nobody sees half a model: the old one is there until the new one is whole."""
    if place.exists():
        place.rename(old)
    new.rename(place)
    return place


def _want_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise BadModel(f"{folder}: {size // 10**6} MB are needed, {free // 10**6} MB are free; make room")
