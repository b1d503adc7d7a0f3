"""The demo hospital and imports on both databases."""

from dataclasses import replace

from sqlalchemy import func, select

from ivr.data import load_calendar, load_hospital, load_specialities
from ivr.demo import load_demo
from ivr.domain.rules import Rules
from ivr.importing.imports import Clinic, Wish, import_patients, import_schedule
from ivr.services.schedule import publish
from ivr.storage import tables
from tests.importing.hospital import NOW, Nobody

PATIENTS = """surname;given_name;sex;birth_date;oms;snils;representative
Замужняя;Анна;F;12.03.1985;6256410854009015;;
Контрольный;Ян;M;02.02.2022;;900-013-091 16;6256410854009015
"""
HOURS = """doctor;opens;closes;since;until
therapist-6;17:00;19:00;;
therapist-6;;;01.12.2026;02.12.2026
"""


def test_a_hospital_is_loaded_published_and_imported_on_either_database(database, tmp_path):
    clinic = Clinic(database.new_work, load_specialities(), load_hospital(), Rules(calendar=load_calendar()), NOW)
    known = {"rules": clinic.rules, "now": NOW}

    assert load_demo(clinic.work(), clinic.catalogue, clinic.hospital, **known)
    assert not load_demo(clinic.work(), clinic.catalogue, clinic.hospital, **known)
    assert publish(clinic.work(), clinic.catalogue.posts, **known) == 0

    outcome = _imported(import_patients, clinic, tmp_path, PATIENTS)
    assert (outcome.added, outcome.updated) == (1, 1)
    again = _imported(import_patients, replace(clinic), tmp_path, PATIENTS)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)
    assert _imported(import_schedule, clinic, tmp_path, HOURS).slots_added > 0
    with clinic.work().reading() as work:
        count = select(func.count()).select_from(tables.representatives)
        assert work.connection.execute(count).scalar_one() == 2


def _imported(importing, clinic, folder, text):
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    outcome = importing(path, clinic, Wish(), Nobody())
    assert outcome.stored, outcome.complaints
    return outcome
