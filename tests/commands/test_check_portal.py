"""`ivr check` says whether the state portal can be served, and whom it will not see."""

import re

import pytest

from ivr.commands.check import portal
from ivr.data import bundled
from ivr.domain.identifiers import Snils
from ivr.settings import BadSettings, Database, Fer, Folders, HospitalFiles, Settings, Web
from tests.builders import Clinic

OPEN = Fer(enabled=True, addresses="192.0.2.7")


@pytest.fixture
def settings(tmp_path, sqlite_database):
    clinic = Clinic(sqlite_database.new_work)
    clinic.speciality("therapist", post_code="110")
    clinic.speciality("midwife")
    clinic.doctor("therapist", snils=Snils("90001000187"))
    clinic.doctor("midwife")

    def with_fer(fer, **sections):
        return Settings(folders=Folders(var=tmp_path), database=Database(url=sqlite_database.url), fer=fer, **sections)

    return with_fer


async def test_a_hospital_that_does_not_offer_it_is_well(settings):
    assert await portal(settings(Fer())) == "not offered: fer.enabled is false"


async def test_doctors_whom_the_portal_does_not_see_are_counted(settings):
    told = await portal(settings(OPEN))

    assert told == "1 doctors; 1 without a SNILS are not shown; 1 of 2 specialities have a federal code"


async def test_a_hospital_without_federal_numbers_cannot_offer_it(settings, tmp_path):
    facts = bundled("hospital.toml").read_text(encoding="utf-8")
    (tmp_path / "hospital.toml").write_text(re.sub(r"(?m)^\[federal[^\[]*", "", facts), encoding="utf-8")

    with pytest.raises(BadSettings, match="mo_oid"):
        await portal(settings(OPEN, hospital=HospitalFiles(facts=tmp_path / "hospital.toml")))


async def test_certificates_that_nobody_would_check_are_refused(settings):
    fer = Fer(enabled=True, clients="ku-fer", ca="authority.pem")

    with pytest.raises(BadSettings, match=r"web\.certificate"):
        await portal(settings(fer, web=Web()))


@pytest.mark.parametrize(
    "wrong",
    [{}, {"clients": "ku-fer"}, {"addresses": "ku-fer.example"}, {"addresses": "127.0.0.1", "header": "X Name"}],
    ids=["open to nobody", "certificates that nobody checks", "a name for an address", "no header"],
)
def test_settings_that_would_let_in_anybody_or_nobody_are_refused(wrong):
    with pytest.raises(ValueError, match=r"enabled needs|clients needs|write addresses|pattern"):
        Fer(enabled=True, **wrong)
