"""What `ivr phone` does every hour about recordings, and with what is kept for a while only."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from ivr.bootstrap import House
from ivr.commands.phone import _forget
from ivr.commands.recordings import RecordingKeeper
from ivr.services import infomat, kiosks
from ivr.settings import Database, Folders, Settings
from ivr.storage.migrate import migrate
from tests.builders import Clinic

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


class Writes:
    """Rows that each transaction writes."""

    def __init__(self, engine) -> None:
        self.rows: list[int] = []
        event.listen(engine, "begin", lambda _: self.rows.append(0))
        event.listen(engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, context, many) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            self.rows[-1] += statement.count("?") if " IN " in statement else 1


async def test_recordings_that_are_known_are_not_written_again(house, tmp_path):
    for number in range(3):
        a_file(tmp_path, f"call-{number}-5.wav", NOW - timedelta(days=2))
    keeper = RecordingKeeper(house, tmp_path, days=90)
    await keeper.tidy()

    writes = Writes(house.new_work._engine)
    await keeper.tidy()

    assert sum(writes.rows) == 0


async def test_callers_never_wait_until_many_recordings_are_noted_or_removed(house, tmp_path):
    old = [a_file(tmp_path, f"call-{number}-5.wav", NOW - timedelta(days=91)) for number in range(450)]
    writes = Writes(house.new_work._engine)

    await RecordingKeeper(house, tmp_path, days=90).tidy()

    assert max(writes.rows) <= 401
    assert not any(path.exists() for path in old)
    with house.new_work().reading() as work:
        assert work.recordings.kept_before(NOW) == []


async def test_a_file_that_cannot_be_looked_at_harms_no_other(house, tmp_path):
    (tmp_path / "call-0-5.wav").symlink_to(tmp_path / "nowhere.wav")
    old = a_file(tmp_path, "call-1-5.wav", NOW - timedelta(days=91))

    await RecordingKeeper(house, tmp_path, days=90).tidy()

    assert not old.exists()


async def test_who_went_from_a_kiosk_is_forgotten_though_nobody_comes_there_again(house):
    patient = Clinic(house.new_work).patient()
    typed = kiosks.make_pass(house.new_work(), "hall", who="test", now=NOW)
    kiosk, _ = kiosks.admit(house.new_work(), typed, now=NOW)
    infomat.begin(house.new_work(), kiosk, patient.oms, now=NOW - timedelta(hours=2))

    await _forget(house)

    assert Clinic(house.new_work).rows("kiosk_visits") == []
