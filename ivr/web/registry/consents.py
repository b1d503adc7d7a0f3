"""What a patient agrees to at the desk: given, taken back, the robot forbidden and allowed again (S3.5)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from ivr.domain.booking import Booking
from ivr.domain.consent import METHODS, WORDINGS, ConsentPurpose
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.notice import Method
from ivr.domain.patient import Patient
from ivr.domain.slot import Channel
from ivr.domain.user import Right
from ivr.services import consent, look, robot_calls
from ivr.services.consent import Agreement
from ivr.services.ports import Work
from ivr.web.access import needs, who
from ivr.web.forms import Form
from ivr.web.registry import words
from ivr.web.registry.asked import channel_of
from ivr.web.registry.card import Shown, back, specialities
from ivr.web.registry.fields import checked, line, said
from ivr.web.registry.pages import pages
from ivr.web.site import run, site

EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
NO_EMAIL = "Укажите адрес латинскими буквами в виде name@example.ru."
_OF_PHONE = (Method.CALL, Method.SMS)


def _choices(named: Mapping[Any, str]) -> list[SelectChoice]:
    return [SelectChoice(str(key), title) for key, title in named.items()]


class _Proved(Form):
    """What shows that he said so."""

    proof = RadioField("Чем подтверждено", choices=_choices(words.DESK_PROOFS), validators=[InputRequired()])


class Agree(_Proved):
    purpose = RadioField(
        "На что согласен",
        choices=[SelectChoice(purpose.value, words.CONSENTS[purpose]) for purpose in METHODS],
        validators=[InputRequired("Выберите, на что пациент согласен.")],
    )
    visit = SelectField("Для каких приёмов")
    method = SelectField("Способ", choices=_choices(words.METHODS))
    phone = line("Телефон", checked(PhoneNumber.parse), needed=False, most=20)
    email = line("Электронная почта", needed=False, most=120)

    def validate(self, extra_validators: Any = None) -> bool:
        return bool(super().validate(extra_validators)) and self._fits()

    def _fits(self) -> bool:
        """The way suits the purpose, and there is a number or an address for it."""
        method, possible = Method(self.method.data), METHODS[ConsentPurpose(self.purpose.data)]
        if method not in possible:
            named = ", ".join(words.METHODS[one].lower() for one in possible)
            return self._no("method", f"Для этого согласия возможны: {named}.")
        if method in _OF_PHONE and not self.phone.data:
            return self._no("phone", "Укажите телефон.")
        if method is Method.SMS and not PhoneNumber.parse(self.phone.data).is_mobile:
            return self._no("phone", "СМС приходят только на мобильный телефон.")
        if method is Method.EMAIL and not EMAIL.fullmatch(self.email.data or ""):
            return self._no("email", NO_EMAIL)
        return True

    def _no(self, field: str, message: str) -> bool:
        self.refuse(field, message)
        return False

    def agreement(self) -> Agreement:
        method = Method(self.method.data)
        return Agreement(
            purpose=ConsentPurpose(self.purpose.data),
            method=method,
            phone=PhoneNumber.parse(self.phone.data) if method in _OF_PHONE else None,
            email=self.email.data if method is Method.EMAIL else None,
            booking_id=int(self.visit.data) if self.visit.data else None,
            proof=self.proof.data,
        )


class TakeBack(_Proved):
    pass


@pages.route("/patients/<int:patient_id>/consents/new", methods=["GET", "POST"])
@needs(Right.BOOK)
def agree(patient_id: int) -> Shown:
    """The words in full, what he agrees to, and how he is told."""
    patient = run(look.patient, patient_id, who=who(), why="consent", now=site().now())
    known = None if patient.phone is None else patient.phone.e164
    form = Agree(data={"phone": known, "visit": "", "proof": "desk:oral"})
    form.visit.choices = _visits(patient_id)
    if not form.validate_on_submit():
        page = render_template(
            "registry/consent.html", patient=patient, age=_age(patient), form=form, wordings=WORDINGS, call_key=_call()
        )
        return (page, 422) if request.method == "POST" else page
    run(
        consent.give,
        patient_id,
        form.agreement(),
        channel=_channel(),
        call_key=_call(),
        who=who(),
        now=site().now(),
    )
    return back(patient_id)


@pages.route("/patients/<int:patient_id>/consents/<int:consent_id>/withdraw", methods=["GET", "POST"])
@needs(Right.BOOK)
def withdraw(patient_id: int, consent_id: int) -> Shown:
    """Asked once more, for messages that wait are gone then."""
    form = TakeBack(data={"proof": "desk:oral"})
    if not form.validate_on_submit():
        patient = run(look.patient, patient_id, who=who(), why="consent", now=site().now())
        found = run(consent.line, consent_id, patient_id)
        page = render_template(
            "registry/withdraw.html",
            patient=patient,
            age=_age(patient),
            line=found,
            form=form,
            words=words,
            call_key=_call(),
        )
        return (page, 422) if request.method == "POST" else page
    run(
        consent.withdraw,
        consent_id,
        patient_id=patient_id,
        channel=_channel(),
        proof=form.proof.data,
        who=who(),
        now=site().now(),
    )
    return back(patient_id)


@pages.post("/patients/<int:patient_id>/robot-calls")
@needs(Right.BOOK)
def allow_robot(patient_id: int) -> Response | tuple[str, int]:
    """May the robot ring this number of his?"""
    try:
        phone = PhoneNumber.parse(request.form.get("phone", ""))
    except BadNumber as problem:
        return said(problem), 422
    allowed = request.form.get("allowed") == "1"
    run(robot_calls.change, patient_id, phone, allowed=allowed, channel=_channel(), who=who(), now=site().now())
    return back(patient_id)


def _visits(patient_id: int) -> list[SelectChoice]:
    names, zone = run(specialities), site().rules.zone

    def told(visit: Booking) -> str:
        return f"{visit.slot.starts_at.astimezone(zone):%d.%m %H:%M}, {names[visit.slot.speciality]}"

    coming = run(_coming, patient_id, site().now())
    return [SelectChoice("", "для всех"), *(SelectChoice(str(one.id), told(one)) for one in coming)]


def _coming(work: Work, patient_id: int, now: datetime) -> list[Booking]:
    with work.reading():
        return [one for one in work.bookings.active(patient_id) if one.slot.starts_at > now]


def _age(patient: Patient) -> int:
    return patient.age(site().rules.today(site().now()))


def _call() -> str | None:
    return request.values.get("call") or None


def _channel() -> Channel:
    """At the window, or in the call that is served."""
    call_key = _call()
    return Channel.REG if call_key is None else channel_of(call_key)
