"""Phrases, heard in the voice that callers hear; stress put right where the voice reads a word wrong."""

from flask import Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from ivr.domain.run_time import LEXICON
from ivr.domain.user import Right
from ivr.services import run_time
from ivr.services.spoken import BadReading, Spoken, VoiceDown
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form, stripped
from ivr.web.site import run, site


class ReadingForm(Form):
    word = StringField("Слово", filters=[stripped], validators=[InputRequired(), Length(max=40)])
    reading = StringField("Как читать", filters=[stripped], validators=[InputRequired(), Length(max=60)])


@pages.get("/phrases", endpoint="phrases")
@needs(Right.ADMINISTER)
def all_phrases() -> Answer:
    return _page(ReadingForm())


@pages.get("/phrases/<key>.wav")
@needs(Right.ADMINISTER)
def phrase_sound(key: str) -> Answer:
    try:
        sound = _spoken().sound(key, _readings())
    except KeyError:
        abort(404)
    except VoiceDown:
        return "Голос сейчас не отвечает.\n", 503
    return Response(sound, mimetype="audio/wav")


@pages.post("/phrases")
@needs(Right.ADMINISTER)
def add_reading() -> Answer:
    form = ReadingForm()
    if not form.validate_on_submit():
        return _page(form), 422
    word, reading = form.word.data.lower(), form.reading.data.lower()
    try:
        _spoken().check(word, reading)
    except BadReading as problem:
        form.refuse("reading", str(problem))
        return _page(form), 422
    _store(_readings() | {word: reading})
    flash("Ударение сохранено. Фразы с этим словом прозвучат по-новому в течение минуты.")
    return redirect(url_for("admin.phrases"))


@pages.post("/phrases/<word>/remove")
@needs(Right.ADMINISTER)
def remove_reading(word: str) -> Answer:
    readings = _readings()
    if readings.pop(word, None) is not None:
        _store(readings)
    return redirect(url_for("admin.phrases"))


def _store(readings: dict[str, str]) -> None:
    run(run_time.change, {LEXICON: readings or None}, who=who(), now=site().now())


def _readings() -> dict[str, str]:
    return dict(run(run_time.stored).get(LEXICON, {}))


def _spoken() -> Spoken:
    return site().spoken or abort(404)


def _page(form: ReadingForm) -> str:
    return render_template("admin/phrases.html", form=form, phrases=_spoken().phrases(), readings=_readings())
