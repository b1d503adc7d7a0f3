"""Doctors: the list, a new one, a change."""

import re

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from ivr.domain.identifiers import BadNumber, Snils
from ivr.domain.refusals import StillBooked
from ivr.domain.slot import Doctor
from ivr.domain.user import Right
from ivr.services import doctors
from ivr.services.choice import doctor as get_doctor
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form, stripped
from ivr.web.registry.words import NUMBERS
from ivr.web.site import run, site

SITES = {"adult": "Взрослая поликлиника", "child": "Детская поликлиника", "women": "Женская консультация"}


def _right_snils(_form: object, field: StringField) -> None:
    try:
        _snils(field.data)
    except BadNumber as problem:
        raise ValidationError(NUMBERS[problem.code]) from None


def _snils(text: str | None) -> Snils | None:
    digits = re.sub(r"[\s-]", "", text or "")
    return Snils(digits) if digits else None


class DoctorForm(Form):
    surname = StringField("Фамилия", filters=[stripped], validators=[InputRequired(), Length(max=60)])
    given_name = StringField("Имя", filters=[stripped], validators=[InputRequired(), Length(max=60)])
    patronymic = StringField("Отчество", filters=[stripped], validators=[Length(max=60)])
    sex = SelectField("Пол", choices=[SelectChoice("F", "женский"), SelectChoice("M", "мужской")])
    speciality = SelectField("Специальность", validate_choice=True)
    room = StringField("Кабинет", filters=[stripped], validators=[InputRequired(), Length(max=20)])
    site = SelectField("Где принимает")
    snils = StringField("СНИЛС", filters=[stripped], validators=[Optional(), _right_snils])
    active = BooleanField("Работает", default=True)


def _form(**values: object) -> DoctorForm:
    form = DoctorForm(**values)
    with site().new_work().reading() as work:
        form.speciality.choices = [SelectChoice(one.key, one.name) for one in work.staff.specialities()]
    form.site.choices = [SelectChoice(key, SITES.get(key, place)) for key, place in site().hospital.sites.items()]
    return form


@pages.get("/doctors", endpoint="doctors")
@needs(Right.SCHEDULE)
def all_doctors() -> Answer:
    with site().new_work().reading() as work:
        names = {one.key: one.name for one in work.staff.specialities()}
    return render_template("admin/doctors.html", doctors=run(doctors.everybody), names=names)


@pages.route("/doctors/new", methods=["GET", "POST"])
@needs(Right.SCHEDULE)
def new_doctor() -> Answer:
    form = _form()
    if not form.validate_on_submit():
        return render_template("admin/doctor.html", form=form, doctor=None), _status()
    doctor_id = run(doctors.add, _meant(form, 0), who=who(), now=site().now())
    flash("Врач добавлен. Теперь внесите часы приёма.")
    return redirect(url_for("admin.schedule", doctor=doctor_id))


@pages.route("/doctors/<int:doctor_id>", methods=["GET", "POST"])
@needs(Right.SCHEDULE)
def doctor(doctor_id: int) -> Answer:
    known = run(get_doctor, doctor_id)
    form = _form(obj=known)
    if not form.is_submitted():
        form.active.data = known.active
        form.snils.data = known.snils.digits if known.snils else ""
    if not form.validate_on_submit():
        return render_template("admin/doctor.html", form=form, doctor=known), _status()
    try:
        run(doctors.change, _meant(form, doctor_id), who=who(), now=site().now())
    except StillBooked as refusal:
        form.refuse("active", f"К врачу записаны пациенты: {refusal.visits}. Внесите отсутствие, чтобы их обзвонили.")
        return render_template("admin/doctor.html", form=form, doctor=known), 422
    flash("Сохранено.")
    return redirect(url_for("admin.doctors"))


def _meant(form: DoctorForm, doctor_id: int) -> Doctor:
    return Doctor(
        id=doctor_id,
        surname=form.surname.data,
        given_name=form.given_name.data,
        patronymic=form.patronymic.data or None,
        sex=form.sex.data,
        speciality=form.speciality.data,
        room=form.room.data,
        site=form.site.data,
        active=bool(form.active.data),
        snils=_snils(form.snils.data),
    )


def _status() -> int:
    return 422 if request.method == "POST" else 200
