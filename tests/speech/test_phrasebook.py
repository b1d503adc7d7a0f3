"""Every phrase of the hospital, filled with its example, says exactly what its author expects."""

from datetime import date, time
from pathlib import Path

import pytest

from ivr.data.specialities import load_specialities
from ivr.dialogue.line import Phrase
from ivr.speech.examples import example_of
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.verbalise.specialities import read_specialities
from ivr.speech.wording import PHRASES, PROMPTS, SPECIALITIES, BadWording

BOOK = Phrasebook.load()
WITH_SLOTS = [entry for entry in BOOK.entries.values() if not entry.is_static]


@pytest.mark.parametrize("entry", WITH_SLOTS, ids=lambda entry: entry.key)
def test_a_phrase_says_what_its_author_expects(entry):
    assert BOOK.utterance(example_of(entry)).text == entry.expect


def test_three_days_are_offered_as_in_the_list_of_the_hospital():
    days = [date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27)]

    said = BOOK.utterance(Phrase("day.menu", {"options": days})).text

    assert said == (
        "Выберите день. Двадцать пятого ноября — один, двадцать шестого ноября — два, двадцать седьмого ноября — три."
    )


def test_a_menu_of_one_time_offers_one_key():
    assert BOOK.utterance(Phrase("time.menu", {"options": [time(9, 30)]})).text == "Время: девять тридцать — один."


def test_a_near_day_has_its_own_name_when_the_story_tells_what_today_is():
    values = {"day": date(2026, 11, 24), "time": time(9), "today": date(2026, 11, 23)}

    said = BOOK.utterance(Phrase("slot.nearest", values)).text

    assert said == "Ближайшее время: завтра, в девять ноль-ноль. Подходит — один, другое — два."


def test_an_unknown_phrase_is_a_key_error():
    with pytest.raises(KeyError, match=r"no phrase 'oms\.aks'"):
        BOOK.utterance(Phrase("oms.aks"))


def test_an_unfilled_slot_is_a_key_error_that_names_it():
    with pytest.raises(KeyError, match=r"phrase end\.until: slot day has no value"):
        BOOK.utterance(Phrase("end.until"))


@pytest.mark.parametrize("value", ["завтра", 5, None, [date(2026, 1, 1)]])
def test_a_value_of_another_type_is_a_key_error(value):
    with pytest.raises(KeyError, match=r"end\.until: slot day"):
        BOOK.utterance(Phrase("end.until", {"day": value}))


def test_an_unknown_speciality_is_a_key_error_that_says_where_to_add_it():
    with pytest.raises(KeyError, match=r"add its words there"):
        BOOK.utterance(Phrase("speciality.adult", {"spec": "homeopath"}))


def test_patients_numbers_and_births_are_marked_as_personal():
    personal = {entry.key for entry in BOOK.entries.values() if entry.personal}

    assert personal >= {"number.confirm", "birth.confirm", "talon.number"}


def test_every_speciality_of_the_hospital_can_be_said():
    spoken = read_specialities(PROMPTS / SPECIALITIES)

    assert list(spoken) == list(load_specialities().specialities)
    assert len(spoken) == 42


def copy_of_prompts(folder: Path, phrases: str) -> Path:
    (folder / PHRASES).write_text(phrases, encoding="utf-8")
    (folder / SPECIALITIES).write_text((PROMPTS / SPECIALITIES).read_text(encoding="utf-8"), encoding="utf-8")
    return folder


ENTRY = '["a.b"]\nid = "P1"\nuse = "somewhere"\n'
BROKEN = {
    "not toml": ('["a.b"', "phrases.ru.toml"),
    "no text": (ENTRY, r"a\.b: text is missing"),
    "misspelt name": (f'{ENTRY}txt = "Да."\ntext = "Да."', r"a\.b: txt means nothing here"),
    "raw placeholder": (f'{ENTRY}text = "До {{date}}."', r"a\.b: a slot is written"),
    "unknown filter": (f'{ENTRY}text = "До {{day:dat_e}}."', r"a\.b: a slot is written"),
    "no such filter": (f'{ENTRY}text = "До {{day:dates}}."', r"a\.b: slot day: no filter 'dates'"),
    "example is no table": (f'{ENTRY}text = "Да."\nexample = 5', r"a\.b: example must be a table"),
}


@pytest.mark.parametrize(("phrases", "complaint"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_its_place(tmp_path, phrases, complaint):
    with pytest.raises(BadWording, match=complaint):
        Phrasebook.load(copy_of_prompts(tmp_path, phrases))


def test_the_version_of_the_wording_changes_with_a_letter(tmp_path):
    first = Phrasebook.load(copy_of_prompts(tmp_path, f'{ENTRY}text = "Да."')).wording
    second = Phrasebook.load(copy_of_prompts(tmp_path, f'{ENTRY}text = "Нет."')).wording

    assert first != second
