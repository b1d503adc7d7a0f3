"""Users: who may log in, as what; passwords for the first log-in are shown once."""

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp

from ivr.domain.refusals import LastAdministrator, LoginTaken, NotYourself
from ivr.domain.user import LOGIN, Right, Role
from ivr.services import access, doctors, users
from ivr.web import access as web_access
from ivr.web.access import needs
from ivr.web.admin.pages import pages
from ivr.web.forms import Form, stripped
from ivr.web.messages import told
from ivr.web.site import run, site

ROLES = {
    Role.OPERATOR: "Оператор",
    Role.REGISTRAR: "Регистратор",
    Role.SUPERVISOR: "Старший смены",
    Role.ADMINISTRATOR: "Администратор",
    Role.DOCTOR: "Врач",
}
_ROLE_CHOICES = [SelectChoice(role.value, title) for role, title in ROLES.items()]
NOBODY = SelectChoice("", "не выбран")


def _number(chosen: str | int | None) -> int | None:
    return int(chosen) if chosen else None


class _Staff(Form):
    """A user of the role DOCTOR is somebody of the staff: his are the patients that he sees (S4.2)."""

    role = SelectField("Роль", choices=_ROLE_CHOICES)
    doctor_id = SelectField("Врач, чьих пациентов он видит", coerce=_number, default="")

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        staff = run(doctors.everybody)
        self.doctor_id.choices = [NOBODY, *(SelectChoice(one.id, f"{one.full_name}, каб. {one.room}") for one in staff)]

    @property
    def doctor(self) -> int | None:
        return self.doctor_id.data if self.role.data == Role.DOCTOR.value else None


class NewUser(_Staff):
    login = StringField(
        "Имя для входа",
        filters=[stripped],
        validators=[
            InputRequired(),
            Regexp(f"^{LOGIN.pattern}$", message="Строчные латинские буквы, цифры, точка; от 2 до 40 знаков."),
        ],
    )
    name = StringField("Имя и фамилия", filters=[stripped], validators=[InputRequired(), Length(max=80)])


class ChangedUser(_Staff):
    name = StringField("Имя и фамилия", filters=[stripped], validators=[InputRequired(), Length(max=80)])
    active = BooleanField("Может входить")


@pages.get("/users", endpoint="users")
@needs(Right.ADMINISTER)
def all_users() -> Answer:
    return _page(NewUser())


@pages.post("/users")
@needs(Right.ADMINISTER)
def add_user() -> Answer:
    form = NewUser()
    if not form.validate_on_submit():
        return _page(form), 422
    named = {"login": form.login.data, "name": form.name.data, "role": Role(form.role.data), "doctor_id": form.doctor}
    try:
        _, password = run(users.add, **named, who=web_access.who(), now=site().now())
    except LoginTaken as refusal:
        form.refuse("login", told(refusal))
        return _page(form), 422
    return _page(NewUser(formdata=None), made=(form.login.data, password))


@pages.route("/users/<int:user_id>", methods=["GET", "POST"])
@needs(Right.ADMINISTER)
def user(user_id: int) -> Answer:
    known = run(users.get, user_id)
    form = ChangedUser(obj=known)
    if not form.is_submitted():
        form.role.data = known.role.value
    if not form.validate_on_submit():
        return render_template("admin/user.html", form=form, known=known), 422 if form.is_submitted() else 200
    changed = replace(
        known,
        name=form.name.data,
        role=Role(form.role.data),
        active=bool(form.active.data),
        doctor_id=form.doctor,
    )
    try:
        run(users.change, changed, by=web_access.user().id, now=site().now())
    except (NotYourself, LastAdministrator) as refusal:
        form.refuse("role", told(refusal))
        return render_template("admin/user.html", form=form, known=known), 422
    if not changed.active or (changed.role, changed.doctor_id) != (known.role, known.doctor_id):
        _out(user_id)
    flash("Сохранено.")
    return redirect(url_for("admin.users"))


@pages.post("/users/<int:user_id>/password")
@needs(Right.ADMINISTER)
def reset_password(user_id: int) -> Answer:
    password = run(users.reset_password, user_id, who=web_access.who(), now=site().now())
    _out(user_id)
    return _page(NewUser(formdata=None), made=(run(users.get, user_id).login, password))


@pages.post("/users/<int:user_id>/sessions")
@needs(Right.ADMINISTER)
def end_sessions(user_id: int) -> Answer:
    run(users.get, user_id)
    run(access.throw_out, user_id, who=web_access.who(), now=site().now())
    _out(user_id)
    flash("Сотрудник вышел со всех устройств.")
    return redirect(url_for("admin.users"))


def _out(user_id: int) -> None:
    """His pages go to the log-in, his telephone leaves the queue."""
    site().hub.throw_out(user_id)
    site().desk.leave(user_id)


def _page(form: NewUser, made: tuple[str, str] | None = None) -> str:
    here = site()
    listed = run(users.everybody, idle=here.idle, now=here.now())
    return render_template("admin/users.html", form=form, listed=listed, roles=ROLES, made=made, now=here.now())
