"""`ivr consents export`: a file for a regulator, which nobody else reads, and which is known to have been made."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from ivr.commands.consents import consents_app
from ivr.domain.consent import WORDINGS, ConsentPurpose
from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.slot import Channel
from ivr.services import consent
from ivr.services.consent import Agreement
from ivr.storage.tables import audit
from tests.importing.hospital import NOW, a_demo_clinic
from tests.web.test_reports import sheets

ANNA, BORIS = 1, 2
ANNAS_OMS = "6256410854009015"
MONTH = timedelta(days=31)


@pytest.fixture
def clinic(tmp_path):
    clinic = a_demo_clinic(tmp_path)
    rows = [agree(clinic, ANNA, NOW - 3 * MONTH), agree(clinic, BORIS, NOW - 2 * MONTH)]
    told = {"channel": Channel.REG, "proof": "desk:paper", "who": "user:1", "now": NOW - MONTH}
    consent.withdraw(clinic.work(), rows[0], patient_id=ANNA, **told)
    return clinic


def agree(clinic, patient_id, now):
    phone = PhoneNumber("+79000000101")
    agreed = Agreement(ConsentPurpose.NOTICE, Method.SMS, phone, None, None, "desk:oral")
    return consent.give(clinic.work(), patient_id, agreed, channel=Channel.REG, call_key=None, who="user:1", now=now)


def export(clinic, out, *options, typed=None):
    return CliRunner().invoke(consents_app, ["export", "--out", str(out), *options], obj=clinic, input=typed)


def people(clinic, out, *options, typed=None):
    done = export(clinic, out, *options, typed=typed)
    assert done.exit_code == 0, done.output
    return [one["surname"] for one in json.loads(out.read_text())["consents"]]


def test_the_file_says_who_agreed_to_which_words_when_by_what_proof_and_when_he_took_it_back(clinic, tmp_path):
    out = tmp_path / "all.json"

    people(clinic, out)

    told = json.loads(out.read_text())
    anna = told["consents"][0]
    words = WORDINGS[ConsentPurpose.NOTICE]
    assert (anna["surname"], anna["birth_date"], anna["oms"]) == ("Тестова", "1985-03-12", ANNAS_OMS)
    assert (anna["purpose"], anna["wording"], anna["words"]) == ("NOTICE", words.version, words.text)
    assert (anna["said_at"], anna["channel"], anna["proof"]) == (local(clinic, NOW - 3 * MONTH), "REG", "desk:oral")
    assert (anna["withdrawn_at"], anna["withdrawn_proof"]) == (local(clinic, NOW - MONTH), "desk:paper")
    assert (anna["withdrawn_noted_by"], anna["state"]) == ("user:1", "WITHDRAWN")
    assert told["wordings"] == [{"version": words.version, "purpose": "NOTICE", "text": words.text}]


def local(clinic, moment):
    return moment.astimezone(clinic.rules.zone).isoformat()


def test_the_same_is_in_a_table_for_people(clinic, tmp_path):
    assert export(clinic, tmp_path / "all.csv").exit_code == 0
    assert export(clinic, tmp_path / "all.xlsx").exit_code == 0

    text = (tmp_path / "all.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    book = sheets((tmp_path / "all.xlsx").read_bytes())
    sheet = book["Согласия"]
    assert [row["Фамилия"] for row in rows] == ["Тестова", rows[1]["Фамилия"]]
    assert (rows[0]["Состояние"], rows[0]["Чем подтверждён отзыв"]) == ("отозвано", "подписал бланк")
    assert sheet[0] == list(rows[0])
    assert [row[1] for row in sheet[1:]] == [row["Фамилия"] for row in rows]
    assert book["Формулировки"][1][2] == WORDINGS[ConsentPurpose.NOTICE].text


def test_the_file_is_closed_to_others_and_the_audit_log_knows_of_it(clinic, tmp_path):
    out = tmp_path / "all.csv"
    export(clinic, out)

    assert out.stat().st_mode & 0o777 == 0o600
    with clinic.work().reading() as work:
        (row,) = work.connection.execute(select(audit).where(audit.c.action == "consents exported"))
    assert row.detail == {"lines": 2, "patient": None}
    assert row.who


def test_days_choose_what_was_said_or_taken_back_on_them(clinic, tmp_path):
    def between(first, last):
        days = ("--from", f"{NOW - first:%Y-%m-%d}", "--to", f"{NOW - last:%d.%m.%Y}")
        return len(people(clinic, tmp_path / f"{first.days}-{last.days}.json", *days))

    day = timedelta(days=1)
    assert between(3 * MONTH, 2 * MONTH) == 2
    assert between(3 * MONTH, 2 * MONTH + day) == 1
    assert between(MONTH, MONTH) == 1
    assert between(MONTH - day, day) == 0


def test_one_patient_is_named_on_stdin_alone(clinic, tmp_path):
    assert people(clinic, tmp_path / "one.json", "--patient", typed="6256 4108 5400 9015\n") == ["Тестова"]
    assert export(clinic, tmp_path / "no.json", "--patient", ANNAS_OMS).exit_code == 2


REFUSED = (
    (("--patient",), "123\n", "sixteen digits"),
    (("--patient",), "6256410854009016\n", "check digit"),
    (("--patient",), "6256410854009999\n", "no patient of the register"),
    (("--from", "2026-02-01", "--to", "2026-01-01"), None, "before --from"),
    (("--from", "soon"), None, "a day is written"),
)


@pytest.mark.parametrize(("options", "typed", "message"), REFUSED)
def test_what_cannot_be_is_refused_and_leaves_no_file(clinic, tmp_path, options, typed, message):
    out = tmp_path / "none.csv"

    done = export(clinic, out, *options, typed=typed)

    assert done.exit_code == 2
    assert message in " ".join(done.output.split())
    assert not out.exists()


def test_no_file_is_written_over_and_only_known_forms_are_made(clinic, tmp_path):
    out = tmp_path / "kept.csv"
    out.write_text("kept")

    assert "is there already" in export(clinic, out).output
    assert out.read_text() == "kept"
    assert export(clinic, tmp_path / "all.pdf").exit_code == 2
    assert "cannot be written" in export(clinic, tmp_path / "no" / "such.csv").output
