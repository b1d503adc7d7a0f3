"""A model is here whole or not at all; what was downloaded before is not downloaded again."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.cli import app
from ivr.listen import download
from ivr.listen.installing import install
from ivr.listen.models import KnownModel, damages, is_synthetic, known_model, known_models
from ivr.listen.trouble import BadModel
from ivr.phone.config import PROJECT
from tests.listen.far_publisher import publishing

MODELS = PROJECT / "models"


def packed(files=("am/final.mdl", "conf/mfcc.conf"), folder="vosk-model-x") -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for name in files:
            zipped.writestr(f"{folder}/{name}", f"{name} " * 5000)
    return archive.getvalue()


ARCHIVE = packed()


@pytest.fixture
def publisher():
    with publishing() as web:
        web.files["/x.zip"] = ARCHIVE
        yield web


@pytest.fixture
def model(publisher):
    return KnownModel("x", "a model", "vosk-model-x", f"{publisher.url}/x.zip", md5=hashlib.md5(ARCHIVE).hexdigest())  # noqa: S324


def quiet(done, total):
    pass


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_model_is_fetched_unpacked_and_its_files_are_known_afterwards(model, tmp_path):
    seen = []

    place = install(tmp_path, model, lambda done, total: seen.append((done, total)))

    assert place == tmp_path / "x"
    assert damages(place) == []
    assert left(tmp_path) == ["x"]
    assert seen[0] == (0, len(ARCHIVE))
    assert seen[-1] == (len(ARCHIVE), len(ARCHIVE))


def test_a_connection_that_ends_early_is_taken_up_where_it_ended(publisher, model, tmp_path):
    publisher.cut_after = [100, 50]

    install(tmp_path, model, quiet)

    assert publisher.asked == ["", "bytes=100-", "bytes=150-"]


def test_a_download_that_was_given_up_goes_on_the_next_time(publisher, model, tmp_path, monkeypatch):
    publisher.cut_after = [100, *[0] * download.TRIES]
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    with pytest.raises(BadModel, match="goes on where it ended"):
        install(tmp_path, model, quiet)
    assert left(tmp_path) == [".vosk-model-x.zip.part"]

    install(tmp_path, model, quiet)

    assert publisher.asked[-1] == "bytes=100-"
    assert left(tmp_path) == ["x"]


def test_a_file_that_is_here_whole_is_not_fetched_again(publisher, model, tmp_path):
    (tmp_path / ".vosk-model-x.zip.part").write_bytes(ARCHIVE)

    install(tmp_path, model, quiet)

    assert publisher.asked == [f"bytes={len(ARCHIVE)}-"]
    assert left(tmp_path) == ["x"]


def test_a_part_longer_than_the_file_is_begun_anew(publisher, model, tmp_path):
    (tmp_path / ".vosk-model-x.zip.part").write_bytes(ARCHIVE + b"more")

    install(tmp_path, model, quiet)

    assert left(tmp_path) == ["x"]


def test_a_publisher_without_ranges_is_asked_for_all_of_it(publisher, model, tmp_path):
    publisher.knows_ranges = False
    publisher.cut_after = [100]

    install(tmp_path, model, quiet)

    assert left(tmp_path) == ["x"]


def test_a_publisher_that_is_busy_is_asked_again(publisher, model, tmp_path, monkeypatch):
    publisher.busy = 2
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)

    install(tmp_path, model, quiet)

    assert left(tmp_path) == ["x"]


def test_a_model_that_is_not_published_any_more_is_told(publisher, model, tmp_path):
    publisher.files.clear()

    with pytest.raises(BadModel, match=r"404.*--from"):
        install(tmp_path, model, quiet)


def test_an_archive_with_another_checksum_is_thrown_away(publisher, model, tmp_path):
    publisher.files["/x.zip"] = packed(folder="something-else")

    with pytest.raises(BadModel, match="checksum"):
        install(tmp_path, model, quiet)

    assert left(tmp_path) == []


def test_a_checksum_that_is_not_known_here_comes_from_the_publishers_list(publisher, model, tmp_path):
    entry = {"name": "vosk-model-x", "md5": model.md5, "size": len(ARCHIVE)}
    publisher.files["/list.json"] = json.dumps([{"name": "other"}, entry]).encode()
    unknown = KnownModel("x", "a model", "vosk-model-x", model.url, list=f"{publisher.url}/list.json")
    install(tmp_path, unknown, quiet)
    publisher.files["/x.zip"] = packed(folder="something-else")

    with pytest.raises(BadModel, match="checksum"):
        install(tmp_path, unknown, quiet)

    assert damages(tmp_path / "x") == []


def test_an_archive_that_was_brought_along_needs_no_internet(publisher, model, tmp_path):
    brought = tmp_path / "brought.zip"
    brought.write_bytes(ARCHIVE)

    install(tmp_path / "models", model, quiet, archive=brought)

    assert publisher.asked == []
    assert left(tmp_path / "models") == ["x"]
    assert brought.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"no archive", "zip"),
        (ARCHIVE[:-200], "zip"),
        (packed(["README"]), "holds no speech model"),
        (ARCHIVE.replace(b"am/final.mdl am", b"am/fjnal.mdl am", 1), "zip"),
    ],
    # Not by their bytes: these hold the time, and two workers must have the same names.
    ids=["no archive", "cut off", "without a model", "changed"],
)
def test_an_archive_that_holds_no_model_leaves_the_old_one_in_place(model, tmp_path, data, told):
    brought = tmp_path / "brought.zip"
    brought.write_bytes(ARCHIVE)
    install(tmp_path / "models", model, quiet, archive=brought)
    brought.write_bytes(data)
    unknown = KnownModel("x", "a model", "vosk-model-x", model.url)

    with pytest.raises(BadModel, match=told):
        install(tmp_path / "models", unknown, quiet, archive=brought)

    assert damages(tmp_path / "models/x") == []
    assert left(tmp_path / "models") == ["x"]


def test_names_that_lead_out_of_the_archive_stay_inside(model, tmp_path):
    brought = tmp_path / "brought.zip"
    brought.write_bytes(packed(["am/final.mdl", "conf/mfcc.conf", "../../../escaped"]))

    install(tmp_path / "models", KnownModel("x", "", "vosk-model-x", model.url), quiet, archive=brought)

    assert not list(tmp_path.parent.rglob("escaped*")) or list((tmp_path / "models/x").rglob("escaped"))
    assert sorted(left(tmp_path)) == ["brought.zip", "models"]


def test_a_disk_without_room_is_told_before_the_download(publisher, model, tmp_path):
    huge = KnownModel("x", "", "vosk-model-x", model.url, size=10**18, md5=model.md5)

    with pytest.raises(BadModel, match="make room"):
        install(tmp_path, huge, quiet)

    assert publisher.asked == []


def test_a_file_that_was_changed_or_lost_is_named(model, tmp_path):
    place = install(tmp_path, model, quiet)
    (place / "am/final.mdl").write_bytes(b"")
    (place / "conf/mfcc.conf").unlink()

    assert damages(place) == ["am/final.mdl was changed", "conf/mfcc.conf is missing"]


def test_the_models_of_the_manifest_can_be_installed_and_the_tiny_one_is_whole():
    known = known_models(MODELS)

    assert set(known) == {"tiny", "small", "big"}
    assert all(model.url.startswith("https://") for name, model in known.items() if name != "tiny")
    assert all(model.md5 or model.list for name, model in known.items() if name != "tiny")
    assert damages(MODELS / "tiny") == []


def test_it_is_known_that_the_tiny_model_is_no_model_for_people():
    assert is_synthetic(MODELS / "tiny")
    assert not is_synthetic(MODELS / "small")
    assert "not people" in known_model(MODELS, "tiny").about


def test_the_command_lists_them_and_compares_their_files():
    listed = CliRunner().invoke(app, ["models", "list"], env={"COLUMNS": "200"})
    compared = CliRunner().invoke(app, ["models", "verify"])

    assert "synthetic voices only" in listed.output
    assert "tiny: whole" in compared.output
    assert (listed.exit_code, compared.exit_code) == (0, 0)


def test_the_command_says_of_a_damaged_model_what_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "manifest.toml").write_bytes((MODELS / "manifest.toml").read_bytes())
    (tmp_path / "tiny").mkdir()
    for folder in ("am", "conf"):
        (tmp_path / "tiny" / folder).mkdir()
    for name in ("am/final.mdl", "conf/mfcc.conf"):
        (tmp_path / "tiny" / name).write_text("x")
    (tmp_path / "tiny/SHA256SUMS").write_text("0  am/final.mdl\n")
    monkeypatch.setenv("IVR_FOLDERS__MODELS", str(tmp_path))

    done = CliRunner().invoke(app, ["models", "verify"])

    assert done.exit_code == 2
    assert "am/final.mdl was changed" in done.output


def test_the_command_installs_from_a_file(tmp_path, monkeypatch, publisher):
    manifest = f'[x]\nabout = "a model"\narchive = "vosk-model-x"\nurl = "{publisher.url}/x.zip"\n'
    (tmp_path / "manifest.toml").write_text(manifest)
    (tmp_path / "brought.zip").write_bytes(ARCHIVE)
    monkeypatch.setenv("IVR_FOLDERS__MODELS", str(tmp_path))

    done = CliRunner().invoke(app, ["models", "install", "x", "--from", str(tmp_path / "brought.zip")])

    assert done.exit_code == 0, done.output
    assert "listen.model" in done.output
    assert damages(tmp_path / "x") == []
