"""`ivr check` says who keeps the schedule, and whether anything of the regional system's can be offered."""

import pytest

from ivr.commands.far_schedule import told
from ivr.settings import Database, Folders, Schedule, Settings
from tests.builders import Clinic
from tests.regional.far_end import MO_OID


@pytest.fixture
def clinic(sqlite_database):
    clinic = Clinic(sqlite_database.new_work)
    clinic.speciality("therapist", post_code="110")
    clinic.speciality("midwife")
    return clinic


@pytest.fixture
def settings(tmp_path, sqlite_database, far):
    region = Schedule(provider="fer", url=far.url, mo_oid=MO_OID, seconds=1)
    return Settings(folders=Folders(var=tmp_path), database=Database(url=sqlite_database.url), schedule=region)


def test_a_schedule_of_our_own_is_well(settings):
    assert told(settings.model_copy(update={"schedule": Schedule()})) == "kept here"


def test_specialities_of_known_doctors_that_the_region_knows_are_counted(settings, clinic):
    clinic.doctor("therapist")
    clinic.doctor("midwife")

    assert told(settings) == "the regional system answers; 1 specialities are looked for there"


def test_a_hospital_without_doctors_offers_nothing_and_is_told_so(settings, clinic):
    clinic.doctor("midwife")

    with pytest.raises(RuntimeError, match="ivr import doctors"):
        told(settings)


def test_a_region_that_is_away_is_named(settings, clinic, far):
    clinic.doctor("therapist")
    far.stop()

    with pytest.raises(RuntimeError, match=f"{far.url} does not answer"):
        told(settings)
