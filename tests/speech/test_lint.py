"""Each rule of the lint finds the fault it is there for, and the shipped words have none."""

import shutil
import wave
from array import array

import pytest

from ivr.speech.lexicon import Lexicon
from ivr.speech.lint import lint, lint_folder, missing_sounds
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.recordings import UNHEARD, takes, text_hash, usable
from ivr.speech.usage import MENUS, Use, uses_in_stories
from ivr.speech.wording import LEXICON, PHRASES, PROMPTS, SPECIALITIES, BadWording


def test_the_shipped_words_have_no_errors():
    assert [str(finding) for finding in lint_folder() if finding.level == "error"] == []


def a_book(folder, text, *more):
    entry = [
        '["a.b"]',
        'id = "P1"',
        'use = "test"',
        f'text = "{text}"',
        *more,
    ]
    (folder / PHRASES).write_text("\n".join(entry), encoding="utf-8")
    for name in (SPECIALITIES, LEXICON):
        (folder / name).write_text((PROMPTS / name).read_text(encoding="utf-8"), encoding="utf-8")
    return Phrasebook.load(folder)


SAID = (Use("a.b", "x.py:1"),)


def rules(book, uses=SAID, recorded=()):
    return {finding.rule for finding in lint(book, Lexicon.load(), uses, recorded)}


DAY = "example = { day = 2026-11-25 }"
FAULTS = {
    "foreign digits": ("foreign", ["Звоните сто 3."]),
    "foreign letters": ("foreign", ["Пришлём SMS."]),
    "abbreviation": ("abbreviation", ["Адрес: ул. Ленина."]),
    "capitals without a reading": ("abbreviation", ["Нужен ЖКХ."]),
    "yo": ("yo", ["Прием окончен."]),
    "no example": ("no-example", ["До {day:date(g)}."]),
    "no expectation": ("no-example", ["До {day:date(g)}.", DAY]),
    "example lacks a value": ("bad-example", ["До {till:date(g)}.", DAY, 'expect = "До."']),
    "expect differs": ("expect", ["До {day:date(g)}.", DAY, 'expect = "До среды."']),
    "too long": ("too-long", ["Да, " * 42 + "да."]),
}


@pytest.mark.parametrize(("rule", "phrase"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(tmp_path, rule, phrase):
    assert rule in rules(a_book(tmp_path, *phrase))


def test_a_good_phrase_has_no_findings(tmp_path):
    good = a_book(tmp_path, "До {day:date(g)}.", DAY, 'expect = "До двадцать пятого ноября."')

    assert rules(good) == set()


def test_a_key_without_words_and_words_without_a_key_are_found(tmp_path):
    assert rules(a_book(tmp_path, "Да."), [Use("a.c", "story.py:7")]) == {"no-words", "unused"}


def test_a_slot_that_no_story_fills_is_found(tmp_path):
    book = a_book(tmp_path, "До {day:date(g)}.", DAY, 'expect = "До двадцать пятого ноября."')

    assert rules(book, [Use("a.b", "story.py:7", frozenset({"date"}))]) == {"unknown-slot"}


def test_the_stories_are_read_for_keys_and_values(tmp_path):
    (tmp_path / "story.py").write_text('call.say("a.b", day=1)\nPhrase("a.c", {"time": 2})\nx = "menus.toml"\n')

    assert uses_in_stories(tmp_path) == [
        Use("a.b", "story.py:1", frozenset({"day"})),
        Use("a.c", "story.py:2", frozenset({"time"})),
    ]


def test_a_recording_counts_only_while_the_text_is_what_was_read(tmp_path):
    book = a_book(tmp_path, "Да.")
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    a_take(recordings / "a.b.wav")
    manifest = recordings / "manifest.toml"

    manifest.write_text(f'["a.b"]\ntext = "{text_hash("Да.")}"')
    assert rules(book, recorded=takes(tmp_path)) == set()
    assert usable(book, tmp_path) == {"Да.": recordings / "a.b.wav"}

    manifest.write_text(f'["a.b"]\ntext = "{text_hash("Ну да.")}"')
    assert rules(book, recorded=takes(tmp_path)) == {"stale-take"}
    assert usable(book, tmp_path) == {}


def a_take(path, frames=16000):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(array("h", [8000, -8000] * (frames // 2)).tobytes())


BAD_TAKES = {
    "empty": lambda path: path.write_bytes(b""),
    "no sound file": lambda path: path.write_bytes(b"not a sound"),
    "half copied": lambda path: path.write_bytes(path.read_bytes()[:20001]),
    "silent": lambda path: path.write_bytes(path.read_bytes()[:44] + bytes(32000)),
}


@pytest.mark.parametrize("spoil", BAD_TAKES.values(), ids=BAD_TAKES)
def test_a_recording_that_cannot_be_heard_is_an_error_and_is_not_used(tmp_path, spoil, caplog):
    book = a_book(tmp_path, "Да.")
    take = tmp_path / "recordings" / "a.b.wav"
    take.parent.mkdir()
    a_take(take)
    (take.parent / "manifest.toml").write_text(f'["a.b"]\ntext = "{text_hash("Да.")}"')
    assert rules(book, recorded=takes(tmp_path)) == set()

    spoil(take)

    assert rules(book, recorded=takes(tmp_path)) == {"bad-take"}
    assert usable(book, tmp_path) == {}
    assert [record.message for record in caplog.records] == [UNHEARD]


@pytest.fixture
def prompts(tmp_path):
    """A hospital's own folder, a copy of the shipped one."""
    for name in (PHRASES, SPECIALITIES, LEXICON, MENUS):
        shutil.copy(PROMPTS / name, tmp_path)
    return tmp_path


def test_a_menu_that_offers_a_speciality_nobody_has_is_an_error(prompts):
    menus = prompts / MENUS
    menus.write_text(menus.read_text(encoding="utf-8").replace('3 = "surgeon"', '3 = "surgon"'), encoding="utf-8")

    (found,) = (finding for finding in lint_folder(prompts) if finding.level == "error")
    assert "surgon" in str(found)


def test_an_address_with_digits_or_latin_letters_is_an_error():
    heard = {"hospital.toml: child.address": "улица Мира, д. 3", "hospital.toml: sites.x": "дом один"}

    found = [(finding.rule, finding.place) for finding in lint_folder(heard=heard) if finding.level == "error"]

    assert found == [("foreign", "hospital.toml: child.address"), ("abbreviation", "hospital.toml: child.address")]


def test_a_sound_not_made_yet_is_reported():
    assert [finding.rule for finding in missing_sounds(["a.b"])] == ["missing-sound"]


def test_the_lexicon_marks_whole_words_only():
    lexicon = Lexicon.load()

    assert (
        lexicon.for_engine("rhvoice", "Иванова Анна Ивановна, полис ОМС") == "иван+ова Анна Ивановна, п+олис о-эм-+эс"
    )
    assert lexicon.for_engine("espeak", "полис ОМС") == "полис о-эм-эс"


@pytest.mark.parametrize("line", ['"иванов*" = "иван+ов"', '"полис" = "п+лис"', '"polis" = "полис"', '"полис" = 5'])
def test_a_bad_entry_of_the_lexicon_is_refused(tmp_path, line):
    (tmp_path / LEXICON).write_text(f"[words]\n{line}\n", encoding="utf-8")

    with pytest.raises(BadWording, match=r"lexicon\.toml"):
        Lexicon.load(tmp_path)
