"""Infomats in the hall: a pass is made here and typed in once at the machine (docs/kiosk.md)."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import StringField
from wtforms.validators import InputRequired

from ivr.domain.kiosk import BadKioskName, KioskState
from ivr.domain.user import Right
from ivr.services import kiosks
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form, stripped
from ivr.web.kiosk.service import service_or_none
from ivr.web.site import run, site

STATES = {
    KioskState.OPEN: ("ok", "работает"),
    KioskState.AWAITED: ("warn", "ждёт пропуска"),
    KioskState.LAPSED: ("bad", "пропуск устарел"),
    KioskState.CLOSED: ("", "закрыт"),
}
"""How the badge looks, and what it says."""


class NewPass(Form):
    name = StringField("Название инфомата", filters=[stripped], validators=[InputRequired()])


@pages.get("/kiosks", endpoint="kiosks")
@needs(Right.ADMINISTER)
def all_kiosks() -> Answer:
    return _page(NewPass())


@pages.post("/kiosks")
@needs(Right.ADMINISTER)
def make_pass() -> Answer:
    """For a new kiosk, or one that is known."""
    form = NewPass()
    if not form.validate_on_submit():
        return _page(form), 422
    name = form.name.data
    try:
        made = run(kiosks.make_pass, name, who=who(), now=site().now())
    except BadKioskName:
        form.refuse("name", "Буквы, цифры и дефисы, не больше 40 знаков.")
        return _page(form), 422
    return _page(NewPass(formdata=None), made=(name, made))


@pages.get("/kiosks/<int:kiosk_id>/close")
@needs(Right.ADMINISTER)
def ask_to_close(kiosk_id: int) -> Answer:
    return render_template(
        "admin/sure.html",
        question=f"Закрыть инфомат «{run(kiosks.get, kiosk_id).name}»?",
        about="Он перестанет работать сразу, даже если у него стоит пациент. Открыть его снова можно новым пропуском.",
        action=url_for("admin.close_kiosk", kiosk_id=kiosk_id),
        yes="Закрыть",
        back=url_for("admin.kiosks"),
    )


@pages.post("/kiosks/<int:kiosk_id>/close")
@needs(Right.ADMINISTER)
def close_kiosk(kiosk_id: int) -> Answer:
    run(kiosks.revoke, kiosk_id, who=who(), now=site().now())
    flash(f"Инфомат «{run(kiosks.get, kiosk_id).name}» закрыт.")
    return redirect(url_for("admin.kiosks"))


def _page(form: NewPass, made: tuple[str, str] | None = None) -> str:
    now = site().now()
    listed = [(one, STATES[one.state(now)], one.has_pass(now)) for one in run(kiosks.everybody)]
    enabled = service_or_none() is not None
    return render_template("admin/kiosks.html", form=form, listed=listed, made=made, enabled=enabled)
