"""What `ivr phone` does every hour about recordings."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from ivr.bootstrap import House
from ivr.commands.recordings import RecordingKeeper
from ivr.settings import Database, Folders, Settings
from ivr.storage.migrate import migrate

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def house(tmp_path):
    url = f"sqlite:///{tmp_path}/ivr.db"
    migrate(url)
    house = House(Settings(folders=Folders(var=tmp_path), database=Database(url=url)), clock=lambda: NOW)
    yield house
    house.close()


def a_file(folder, name, ended):
    path = folder / name
    path.write_bytes(bytes(16_044))
    os.utime(path, (ended.timestamp(), ended.timestamp()))
    return path


async def test_old_recordings_go_with_their_files_and_others_stay(house, tmp_path):
    keeper = RecordingKeeper(house, tmp_path, days=90)
    old = a_file(tmp_path, "call-1-5.wav", NOW - timedelta(days=91))
    new = a_file(tmp_path, "call-2-6.wav", NOW - timedelta(days=89))
    running = a_file(tmp_path, "call-3-7.wav", NOW)
    await keeper.begin("call-3", 7, "op1")

    await keeper.tidy()

    assert [path.exists() for path in (old, new, running)] == [False, True, True]
    with house.new_work().reading() as work:
        [removed] = work.recordings.of_call("call-1")
        [kept] = work.recordings.of_call("call-2")
        [noted] = work.recordings.of_call("call-3")
    assert (removed.removed_at, kept.removed_at, kept.seconds) == (NOW, None, 1)
    assert (noted.phone, noted.seconds) == ("op1", None)


async def test_without_a_folder_there_is_nothing_to_tidy(house, tmp_path):
    await RecordingKeeper(house, tmp_path / "none", days=90).tidy()
