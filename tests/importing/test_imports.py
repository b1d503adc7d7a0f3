"""Whole imports into a database: all or nothing, never a duplicate, nothing lost."""

import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from ivr.importing.csv_file import BadFile
from ivr.importing.imports import Wish, import_doctors, import_patients, import_schedule
from ivr.phone.config import PROJECT
from ivr.storage import tables
from tests.importing.hospital import NOW, Nobody, a_demo_clinic, an_empty_clinic

ROOT = Path(__file__).parents[2]
HEADER = "surname;given_name;sex;birth_date;oms;snils;certificate;phone;district_doctor;representative"
NEW = "Новосёлов;Пётр;M;01.02.1970;6255320854009148;;;;therapist-2;"
ANNA = "Тестова;Анна;F;12.03.1985;6256410854009015;900-001-007 92;;+70000000101;therapist-1;"
BAD = "Ошибкин;Олег;M;31.02.1970;6255320854009148;;;;;"


def luhn(fifteen: str) -> str:
    total = sum(sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(fifteen))
    return fifteen + str(-total % 10)


NEW_OMS = luhn("625532085400914")
NEW, BAD = (row.replace("6255320854009148", NEW_OMS) for row in (NEW, BAD))


@pytest.fixture
def clinic(tmp_path):
    return a_demo_clinic(tmp_path)


def patients_file(folder, *rows, header=HEADER):
    path = folder / "patients.csv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def run(importing, path, clinic, **wish):
    return importing(path, clinic, Wish(**wish), Nobody())


def patients(clinic):
    with clinic.work().reading() as work:
        return [dict(row) for row in work.connection.execute(select(tables.patients)).mappings()]


def one(clinic, oms):
    return next(row for row in patients(clinic) if row["oms"] == oms)


def test_new_people_are_added_and_known_ones_left_alone(clinic, tmp_path):
    outcome = run(import_patients, patients_file(tmp_path, NEW, ANNA), clinic)

    assert (outcome.stored, outcome.added, outcome.updated, outcome.unchanged) == (True, 1, 0, 1)
    assert one(clinic, NEW_OMS)["attached"] is True


def test_importing_the_same_file_twice_changes_nothing(clinic, tmp_path):
    path = patients_file(tmp_path, NEW, ANNA)
    run(import_patients, path, clinic)
    before = patients(clinic)

    outcome = run(import_patients, path, clinic)

    assert (outcome.added, outcome.updated, outcome.unchanged) == (0, 0, 2)
    assert patients(clinic) == before


@pytest.mark.parametrize(
    "row",
    [
        "Замужняя;Анна;F;12.03.1985;6256410854009015;;;;;",
        "Замужняя;Анна;F;12.03.1985;;900-001-007 92;;;;",
    ],
    ids=["by policy", "by SNILS"],
)
def test_a_known_person_is_updated_and_what_the_file_does_not_say_is_kept(clinic, tmp_path, row):
    outcome = run(import_patients, patients_file(tmp_path, row), clinic)

    assert (outcome.added, outcome.updated) == (0, 1)
    anna = one(clinic, "6256410854009015")
    assert (anna["surname"], anna["phone"], anna["patronymic"]) == ("Замужняя", "+70000000101", "Ивановна")


def test_a_person_with_a_certificate_gets_the_policy_that_came_later(clinic, tmp_path):
    row = f"Бумажный;Никита;M;20.02.1990;{NEW_OMS};;900000013;;;"

    outcome = run(import_patients, patients_file(tmp_path, row), clinic)

    assert (outcome.added, outcome.updated) == (0, 1)
    assert one(clinic, NEW_OMS)["certificate"] == "900000013"


def test_one_bad_row_keeps_all_out(clinic, tmp_path):
    before = patients(clinic)

    outcome = run(import_patients, patients_file(tmp_path, NEW.replace(NEW_OMS, luhn("625532085400999")), BAD), clinic)

    assert not outcome.stored
    assert [complaint.line for complaint in outcome.complaints] == [3]
    assert patients(clinic) == before


def test_skip_bad_takes_the_good_rows_and_puts_the_bad_ones_aside(clinic, tmp_path):
    outcome = run(import_patients, patients_file(tmp_path, BAD, NEW), clinic, skip_bad=True)

    assert (outcome.stored, outcome.added) == (True, 1)
    assert outcome.bad_file is not None
    assert outcome.bad_file.read_text("utf-8-sig").splitlines() == [HEADER, BAD]


def test_a_dry_run_counts_and_stores_nothing(clinic, tmp_path):
    before = patients(clinic)

    outcome = run(import_patients, patients_file(tmp_path, NEW), clinic, dry_run=True)

    assert (outcome.stored, outcome.added) == (False, 1)
    assert patients(clinic) == before


def test_numbers_of_two_different_patients_in_one_row_are_refused(clinic, tmp_path):
    row = "Тестова;Анна;F;12.03.1985;6256410854009015;900-002-014 95;;;;"

    outcome = run(import_patients, patients_file(tmp_path, row), clinic)

    assert [str(each) for each in outcome.complaints] == [
        "line 2, column oms and snils: belong to different patients of the database"
    ]


def test_two_rows_that_name_one_patient_by_different_numbers_are_refused(clinic, tmp_path):
    by_snils = "Тестова;Анна;F;12.03.1985;;900-001-007 92;;;;"

    outcome = run(import_patients, patients_file(tmp_path, ANNA.replace("900-001-007 92", ""), by_snils), clinic)

    assert [str(each) for each in outcome.complaints] == ["line 3, column -: is the same patient as line 2"]


def test_unknown_doctors_and_representatives_are_named(clinic, tmp_path):
    row = NEW.replace("therapist-2;", f"witch-1;{luhn('625532085400977')}")

    outcome = run(import_patients, patients_file(tmp_path, row), clinic)

    assert [str(each) for each in outcome.complaints] == [
        "line 2, column district_doctor: there is no doctor with this code; import the doctors first",
        "line 2, column representative: nobody in the database or in a good row has this OMS number",
    ]


def test_a_child_whose_representative_is_refused_is_refused_too_and_the_others_are_stored(clinic, tmp_path):
    guardian = NEW.replace("therapist-2;", "witch-1;")
    child = f"Новосёлова;Ия;F;01.02.2020;{luhn('625532085400955')};;;;;{NEW_OMS}"
    other = f"Третьякова;Ада;F;01.02.1980;{luhn('625532085400966')};;;;;"

    outcome = run(import_patients, patients_file(tmp_path, child, guardian, other), clinic, skip_bad=True)

    assert [complaint.line for complaint in outcome.complaints] == [2, 3]
    assert (outcome.stored, outcome.added) == (True, 1)


def test_a_row_does_not_turn_a_patient_into_another(clinic, tmp_path):
    before = one(clinic, "6256410854009015")
    married = "Замужняя;Анна;F;12.03.1985;6256410854009015;;;;;"
    misprint = "Тестова;Анна;F;21.03.1985;6256410854009015;;;;;"
    another = "Другая;Мария;F;05.05.2001;6256410854009015;;;;;"

    outcome = run(import_patients, patients_file(tmp_path, another), clinic)

    assert "belongs to a patient of another name and birth date" in str(outcome.complaints[0])
    assert one(clinic, "6256410854009015") == before
    for row in (married, misprint):
        assert run(import_patients, patients_file(tmp_path, row), clinic, dry_run=True).updated == 1


def test_a_child_gets_the_representative_of_the_same_file(clinic, tmp_path):
    child = f"Новосёлова;Ия;F;01.02.2020;{luhn('625532085400955')};;;;;{NEW_OMS}"

    run(import_patients, patients_file(tmp_path, child, NEW), clinic)

    with clinic.work().reading() as work:
        pairs = work.connection.execute(select(tables.representatives)).all()
    assert (one(clinic, luhn("625532085400955"))["id"], one(clinic, NEW_OMS)["id"]) in [tuple(pair) for pair in pairs]


def test_an_import_that_is_interrupted_leaves_nothing(clinic, tmp_path):
    class Cut(Nobody):
        def stage(self, name, rows):
            self.storing = name == "storing"

        def step(self, rows=1):
            if self.storing:
                raise KeyboardInterrupt

    before = patients(clinic)

    with pytest.raises(KeyboardInterrupt):
        import_patients(patients_file(tmp_path, NEW), clinic, Wish(), Cut())

    assert patients(clinic) == before


KILLED = """
import sys
from pathlib import Path
from ivr.importing.imports import Wish, import_patients
from tests.importing.hospital import Nobody, clinic_in

class Waits(Nobody):
    def stage(self, name, rows):
        self.storing = name == "storing"

    def step(self, rows=1):
        if self.storing:
            print("half way", flush=True)
            sys.stdin.read()

import_patients(Path(sys.argv[1]), clinic_in(Path(sys.argv[2])), Wish(), Waits())
"""


def test_a_killed_import_leaves_nothing_and_the_next_one_works(clinic, tmp_path):
    before = patients(clinic)
    path = patients_file(tmp_path, NEW)
    command = [sys.executable, "-c", KILLED, str(path), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout.readline() == "half way\n"
        process.kill()

    assert patients(clinic) == before
    assert run(import_patients, path, clinic).added == 1


def test_bad_rows_that_cannot_be_put_aside_keep_the_good_ones_out_too(clinic, tmp_path):
    before = patients(clinic)
    longest = patients_file(tmp_path, BAD, NEW).rename(tmp_path / f"{'a' * 250}.csv")

    with pytest.raises(BadFile, match="the bad rows cannot be written"):
        run(import_patients, longest, clinic, skip_bad=True)

    assert patients(clinic) == before


def test_an_empty_hospital_is_filled_from_three_files(tmp_path):
    clinic = an_empty_clinic(tmp_path)
    doctors, hours = tmp_path / "doctors.csv", tmp_path / "schedule.csv"
    doctors.write_text("code,surname,given_name,sex,speciality,room,site\nx1,Врачева,Ада,F,therapist,7,adult\n")
    hours.write_text("doctor,opens,closes\nx1,08:00,12:00\n")

    assert run(import_doctors, doctors, clinic).added == 1
    outcome = run(import_schedule, hours, clinic)

    assert outcome.stored
    # Today, fourteen days of the horizon and a spare one hold twelve working days.
    assert outcome.slots_added == pytest.approx(12 * 16, abs=12)


def test_a_doctor_is_updated_by_code_yet_never_changes_speciality(clinic, tmp_path):
    path = tmp_path / "doctors.csv"
    header = "code;surname;given_name;sex;speciality;room;site"
    path.write_text(f"{header}\ntherapist-1;Градусова;Елена;F;therapist;99;adult\n", encoding="utf-8")
    assert run(import_doctors, path, clinic).updated == 1

    path.write_text(f"{header}\ntherapist-1;Градусова;Елена;F;surgeon;99;adult\n", encoding="utf-8")
    assert "give the doctor a new code" in str(run(import_doctors, path, clinic).complaints[0])


def test_a_new_room_is_the_room_of_all_visits_to_come(clinic, tmp_path):
    path = tmp_path / "doctors.csv"
    row = "therapist-1;Градусова;Елена;F;therapist;99;adult"
    path.write_text(f"code;surname;given_name;sex;speciality;room;site\n{row}\n", encoding="utf-8")

    run(import_doctors, path, clinic)

    assert {slot.room for slot in slots_of(clinic, "therapist-1") if slot.starts_at > NOW} == {"99"}


def test_a_file_that_does_not_say_who_works_dismisses_and_recalls_nobody(clinic, tmp_path):
    path = tmp_path / "doctors.csv"
    header, row = "code;surname;given_name;sex;speciality;room;site", "therapist-1;Градусова;Елена;F;therapist;21;adult"

    def works():
        with clinic.work().reading() as work:
            own = tables.doctors.c
            return work.connection.execute(select(own.active).where(own.code == "therapist-1")).scalar_one()

    path.write_text(f"{header};active\n{row};нет\n", encoding="utf-8")
    run(import_doctors, path, clinic)
    assert not works()

    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    run(import_doctors, path, clinic)
    assert not works()


def slots_of(clinic, code):
    owned = select(tables.doctors.c.id).where(tables.doctors.c.code == code).scalar_subquery()
    with clinic.work().reading() as work:
        return list(work.connection.execute(select(tables.slots).where(tables.slots.c.doctor_id == owned)))


def a_schedule(folder, *rows):
    path = folder / "schedule.csv"
    path.write_text("\n".join(("doctor;opens;closes;since;until", *rows)), encoding="utf-8")
    return path


def test_a_new_schedule_moves_free_slots_and_keeps_booked_ones(clinic, tmp_path):
    booked = [slot for slot in slots_of(clinic, "therapist-6") if slot.state == "BOOKED"]
    assert booked

    run(import_schedule, a_schedule(tmp_path, "therapist-6;17:00;19:00;;"), clinic)

    future = [slot for slot in slots_of(clinic, "therapist-6") if slot.starts_at > NOW]
    free = [slot for slot in future if slot.state == "FREE"]
    assert [slot.id for slot in future if slot.state == "BOOKED"] == [slot.id for slot in booked]
    assert {slot.starts_at.astimezone(clinic.rules.zone).hour for slot in free} == {17, 18}


def test_a_slot_of_a_cancelled_booking_is_closed_when_the_hours_move(clinic, tmp_path):
    slot = next(slot for slot in slots_of(clinic, "therapist-6") if slot.state == "BOOKED")
    with clinic.work() as work:
        work.connection.execute(update(tables.bookings).values(status="CANCELLED_BY_PATIENT"))
        work.slots.free(slot.id)
        work.commit()

    run(import_schedule, a_schedule(tmp_path, "therapist-6;17:00;19:00;;"), clinic)

    with clinic.work().reading() as work:
        state = work.connection.execute(select(tables.slots.c.state).where(tables.slots.c.id == slot.id)).scalar()
    assert state == "CLOSED"


def test_an_absence_takes_the_free_slots_of_its_days_away(clinic, tmp_path):
    leave = "therapist-2;;;24.11.2026;30.11.2026"

    run(import_schedule, a_schedule(tmp_path, "therapist-2;08:00;12:00;;", leave), clinic)

    days = {slot.starts_at.astimezone(clinic.rules.zone).date() for slot in slots_of(clinic, "therapist-2")}
    assert not {day for day in days if date(2026, 11, 24) <= day <= date(2026, 11, 30)}
    assert date(2026, 12, 1) in days


def test_the_same_schedule_again_leaves_the_same_slots(clinic, tmp_path):
    path = a_schedule(tmp_path, "therapist-3;08:00;12:00;;")
    run(import_schedule, path, clinic)
    before = slots_of(clinic, "therapist-3")

    assert run(import_schedule, path, clinic).slots_added == 0

    assert slots_of(clinic, "therapist-3") == before


def test_the_time_of_a_cancelled_booking_is_offered_again_whatever_is_imported(clinic, tmp_path):
    cancelled = next(slot for slot in slots_of(clinic, "therapist-6") if slot.state == "BOOKED")
    with clinic.work() as work:
        work.connection.execute(update(tables.bookings).values(status="CANCELLED_BY_PATIENT"))
        work.slots.free(cancelled.id)
        work.commit()

    def state():
        return next(slot.state for slot in slots_of(clinic, "therapist-6") if slot.id == cancelled.id)

    run(import_schedule, PROJECT / "ivr/data/schedule.csv", clinic)
    assert state() == "FREE"
    run(import_schedule, a_schedule(tmp_path, "therapist-6;17:00;19:00;;"), clinic)
    assert state() == "CLOSED"
    run(import_schedule, PROJECT / "ivr/data/schedule.csv", clinic)
    assert state() == "FREE"


def test_an_absence_alone_would_take_every_hour_away_and_is_refused(clinic, tmp_path):
    before = slots_of(clinic, "therapist-3")
    path = a_schedule(tmp_path, "therapist-3;;;24.11.2026;25.12.2026", "therapist-2;08:00;12:00;;")

    outcome = run(import_schedule, path, clinic)

    assert [str(each) for each in outcome.complaints] == [
        "line 2, column opens: an absence without hours; give the doctor's hours, too, "
        "for the file replaces all of them"
    ]
    assert not outcome.stored
    assert outcome.added == 1
    assert slots_of(clinic, "therapist-3") == before


OVERLAPPING = {
    "therapist-1;10:07;16:00;1-5;;;": True,
    "therapist-1;14:00;16:00;1-5;;;": False,
    "therapist-2;08:00;14:00;1-5;;;": False,
    "therapist-1;08:00;14:00;6;;;": False,
    "therapist-1;10:00;16:00;1-5;even;;": False,
    "therapist-1;10:00;16:00;1-5;odd;01.12.2026;": True,
    "therapist-1;10:00;16:00;1-5;odd;25.11.2026;25.11.2026": False,
    "therapist-1;10:00;16:00;1-5;odd;01.12.2020;31.12.2020": False,
}


@pytest.mark.parametrize("row", OVERLAPPING)
def test_hours_in_which_the_doctor_sees_others_already_are_refused_by_both_lines(clinic, tmp_path, row):
    path = tmp_path / "schedule.csv"
    path.write_text(f"doctor;opens;closes;weekdays;parity;since;until\ntherapist-1;08:00;14:00;1-5;odd;;\n{row}\n")

    outcome = run(import_schedule, path, clinic)

    reason = "line 3, column opens: the doctor sees other patients in these hours, see line 2"
    assert [str(each) for each in outcome.complaints] == ([reason] if OVERLAPPING[row] else [])


def test_hours_into_which_no_visit_fits_are_refused(clinic, tmp_path):
    before = slots_of(clinic, "therapist-3")

    outcome = run(import_schedule, a_schedule(tmp_path, "therapist-3;08:00;08:03;;"), clinic)

    reason = "no visit fits into these hours: the shortest takes 11 minutes"
    assert [str(each) for each in outcome.complaints] == [f"line 2, column closes: {reason}"]
    assert slots_of(clinic, "therapist-3") == before


def test_hours_that_are_past_are_imported_with_a_warning(clinic, tmp_path):
    free = [slot for slot in slots_of(clinic, "therapist-3") if slot.state == "FREE" and slot.starts_at > NOW]

    outcome = run(import_schedule, a_schedule(tmp_path, "therapist-3;08:00;12:00;01.01.2026;31.01.2026"), clinic)

    assert outcome.slots_withdrawn == len(free)
    assert outcome.notes == ["therapist-3 has no visits up to the horizon: the hours are past, later, or on days off"]


def test_a_doctor_with_a_bad_row_keeps_the_hours_there_are(clinic, tmp_path):
    before = slots_of(clinic, "therapist-3")
    rows = ("therapist-3;08:00;12:00;;", "therapist-2;08:00;12:00;;", "therapist-3;13:00;25:00;;")

    outcome = run(import_schedule, a_schedule(tmp_path, *rows), clinic, skip_bad=True)

    assert (outcome.stored, outcome.added) == (True, 1)
    assert outcome.bad_file.read_text("utf-8-sig").splitlines()[1:] == [rows[0], rows[2]]
    assert slots_of(clinic, "therapist-3") == before


def test_a_dry_run_of_a_schedule_tells_what_it_would_do_and_does_nothing(clinic, tmp_path):
    before = slots_of(clinic, "therapist-6")
    booked = next(slot for slot in before if slot.state == "BOOKED").starts_at.astimezone(clinic.rules.zone)
    path = a_schedule(tmp_path, "therapist-6;17:00;19:00;;")

    tried = run(import_schedule, path, clinic, dry_run=True)

    assert not tried.stored
    assert slots_of(clinic, "therapist-6") == before
    assert tried.notes == [f"therapist-6: the visit booked for {booked:%d.%m.%Y %H:%M} stays, outside the new hours"]
    done = run(import_schedule, path, clinic)
    assert (done.slots_added, done.slots_withdrawn) == (tried.slots_added, tried.slots_withdrawn)
    assert min(done.slots_added, done.slots_withdrawn) > 0
    assert done.notes == tried.notes


def test_a_schedule_is_not_made_for_other_centuries(clinic, tmp_path):
    path = a_schedule(tmp_path, "therapist-3;08:00;12:00;;31.12.9999", "therapist-3;08:00;12:00;01.01.0001;")

    outcome = run(import_schedule, path, clinic)

    assert [each.column for each in outcome.complaints] == ["until", "since"]
    assert "for the years 2000 to 2100" in str(outcome.complaints[0])


def test_names_are_read_as_macs_and_word_processors_write_them(clinic, tmp_path):
    decomposed = unicodedata.normalize("NFD", NEW.split(";")[0]) + "ё\u0301"
    row = ";".join([decomposed, *NEW.split(";")[1:]])

    outcome = run(import_patients, patients_file(tmp_path, row), clinic)

    assert outcome.stored, outcome.complaints
    assert one(clinic, NEW_OMS)["surname"] == NEW.split(";")[0] + "ё"


def test_held_and_personal_slots_outlive_a_new_schedule(clinic, tmp_path):
    free = [slot for slot in slots_of(clinic, "therapist-3") if slot.state == "FREE" and slot.starts_at > NOW]
    held, personal = free[0].id, free[1].id
    own = tables.slots.c
    with clinic.work() as work:
        values = {"held_by": "call-1", "held_until": NOW + timedelta(minutes=3)}
        work.connection.execute(update(tables.slots).where(own.id == held).values(values))
        work.connection.execute(update(tables.slots).where(own.id == personal).values(for_patient_id=1))
        work.commit()

    run(import_schedule, a_schedule(tmp_path, "therapist-3;17:00;19:00;;"), clinic)

    left = {slot.id for slot in slots_of(clinic, "therapist-3") if slot.starts_at > NOW and slot.state == "FREE"}
    assert {held, personal} <= left


def test_the_horizon_moves_with_every_publication(clinic):
    from ivr.services.schedule import publish

    def count() -> int:
        with clinic.work().reading() as work:
            return work.connection.execute(select(func.count()).select_from(tables.slots)).scalar_one()

    before = count()
    tomorrow = replace(clinic, now=datetime(2026, 11, 24, 9, tzinfo=UTC) + timedelta(days=0))

    assert publish(clinic.work(), clinic.catalogue.posts, rules=clinic.rules, now=NOW) == 0
    added = publish(clinic.work(), clinic.catalogue.posts, rules=clinic.rules, now=tomorrow.now)

    assert added > 300
    assert count() == before + added
