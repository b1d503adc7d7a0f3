"""The tiny model by itself, where a whole server would hide what is meant."""

import pytest

from ivr.listen.engine import Deaf, Engine
from ivr.listen.question import BadOption, Question
from ivr.listen.voicing import Voicing
from tests.listen.conftest import TINY
from tests.listen.far_asterisk import BY_FILE, GRAMMARS, hum, noise, silence


@pytest.fixture(scope="module")
def engine():
    return Engine(TINY)


def heard(engine, sample, **options):
    recogniser = engine.recogniser(Question(tuple(GRAMMARS[sample.grammar]), **options))
    recogniser.accept(sample.audio)
    return recogniser.finish()


def test_words_that_the_model_cannot_hear_are_listed(engine):
    assert engine.unknown(["да", "Нет", "к терапевту", "абракадабра нет", "ЩЩЩ"]) == {"абракадабра", "щщщ"}


def test_a_question_without_a_known_word_is_refused_before_vosk_dies_of_it(engine):
    with pytest.raises(Deaf):
        engine.recogniser(Question(("абракадабра", "")))


def test_empty_phrases_among_others_do_no_harm(engine):
    engine.recogniser(Question(("", "да", " "))).finish()


def test_readings_are_distinct_and_the_best_comes_first(engine):
    readings = heard(engine, BY_FILE["19"], best=5)

    assert readings[0][0] == BY_FILE["19"].text
    assert len({text for text, _ in readings}) == len(readings) > 1
    assert sorted((score for _, score in readings), reverse=True) == [score for _, score in readings]


def test_one_reading_is_the_first_of_many(engine):
    for sample in BY_FILE.values():
        assert heard(engine, sample)[0][0] == heard(engine, sample, best=5)[0][0]


def test_nothing_heard_is_one_empty_reading(engine):
    assert engine.recogniser(Question(("да",))).finish() == [("", 0)]
    assert engine.recogniser(Question(("да",), best=3)).finish() == [("", 0)]


@pytest.mark.parametrize(
    ("audio", "is_loud", "has_pitch"),
    [
        (silence(2), False, False),
        (noise(2, 4000), True, False),
        (noise(2, 300), False, False),
        (hum(2), True, True),
        (bytes(32_000), False, False),
    ],
    ids=["line", "rustle", "hum of a line", "voice", "digital silence"],
)
def test_a_voice_is_loud_and_has_a_pitch(audio, is_loud, has_pitch):
    voicing = Voicing()
    for begin in range(0, len(audio), 320):
        voicing.hear(audio[begin : begin + 320])

    assert (voicing.spoken > 1, voicing.voiced > 1) == (is_loud, has_pitch)


@pytest.mark.parametrize("sample", BY_FILE.values(), ids=lambda sample: sample.file)
def test_every_voice_on_a_telephone_has_a_pitch(sample):
    voicing = Voicing()
    audio = sample.audio
    for begin in range(0, len(audio), 320):
        voicing.hear(audio[begin : begin + 320])

    assert voicing.voiced >= 0.08


@pytest.mark.parametrize(
    "options",
    [
        {"barge": "yes"},
        {"echo": "2"},
        {"prompt": "-1"},
        {"silence": "0"},
        {"silence": "1.5"},
        {"best": "0"},
        {"enough": "-1"},
    ],
)
def test_options_that_cannot_be_are_refused_by_name(options):
    with pytest.raises(BadOption, match=next(iter(options))):
        Question().with_options(options)


def test_a_question_survives_its_way_to_a_worker():
    question = Question(("ёлка", "нет"), barge=True, silence=1.25, enough=16, best=3)

    assert Question.from_json(question.as_json()) == question
