"""Other systems that may call, and what they were given; a token is shown once (docs/api.md)."""

import re
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue as Answer
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from ivr.domain.client import BOOKS_IN, LONGEST_NAME, MOST_PER_MINUTE, USUAL_RATE, BadClient, Scope
from ivr.domain.refusals import ClientKnown
from ivr.domain.slot import Channel
from ivr.domain.user import Right
from ivr.services import clients
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form, stripped
from ivr.web.messages import told
from ivr.web.site import run, site
from ivr.web.wording import CHANNELS, SCOPES

WRONG = {
    "name": f"От 1 до {LONGEST_NAME} знаков, все видимые.",
    "scopes": "Выберите хотя бы одно.",
    "channel": "В этом канале системы не записывают.",
    "per_minute": f"От 1 до {MOST_PER_MINUTE}.",
    "hosts": "Только имя узла, без https://, порта и пути.",
}
"""What is said at a field that the hospital's rule refuses."""


class NewClient(Form):
    name = StringField("Название", filters=[stripped], validators=[InputRequired()])
    scopes = SelectMultipleField(
        "Что разрешить",
        choices=[SelectChoice(one.value, SCOPES[one]) for one in Scope],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    channel = SelectField(
        "Где записывает",
        choices=[SelectChoice(one.value, title) for one, title in CHANNELS.items() if one in BOOKS_IN],
        default=Channel.OTHER.value,
    )
    per_minute = IntegerField("Запросов в минуту", default=USUAL_RATE, validators=[InputRequired()])
    hosts = StringField("Куда слать события", filters=[stripped])


@pages.get("/clients", endpoint="clients")
@needs(Right.ADMINISTER)
def all_clients() -> Answer:
    return _page(NewClient())


@pages.post("/clients")
@needs(Right.ADMINISTER)
def add_client() -> Answer:
    form = NewClient()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        own, token = run(clients.add, form.name.data, **_given(form), who=who(), now=site().now())
    except BadClient as wrong:
        form.refuse(wrong.field, WRONG[wrong.field])
        return _page(form), 422
    except ClientKnown as refusal:
        form.refuse("name", told(refusal))
        return _page(form), 422
    return _page(NewClient(formdata=None), made=(own.name, token))


@pages.get("/clients/<int:client_id>/revoke")
@needs(Right.ADMINISTER)
def ask_to_revoke(client_id: int) -> Answer:
    own = run(clients.get, client_id)
    return render_template(
        "admin/sure.html",
        question=f"Отключить систему «{own.name}»?",
        about="Её токен перестанет действовать сразу, вернуть его нельзя. Записи, которые она сделала, останутся.",
        action=url_for("admin.revoke_client", client_id=client_id),
        yes="Отключить",
        back=url_for("admin.clients"),
    )


@pages.post("/clients/<int:client_id>/revoke")
@needs(Right.ADMINISTER)
def revoke_client(client_id: int) -> Answer:
    own = run(clients.revoke, run(clients.get, client_id).name, who=who(), now=site().now())
    flash(f"Система «{own.name}» отключена.")
    return redirect(url_for("admin.clients"))


def _given(form: NewClient) -> dict[str, Any]:
    return {
        "scopes": [Scope(one) for one in form.scopes.data],
        "channel": Channel(form.channel.data),
        "per_minute": form.per_minute.data,
        "hosts": _parted(form.hosts.data or ""),
    }


def _parted(typed: str) -> Sequence[str]:
    return [host for host in re.split(r"[\s,;]+", typed) if host]


def _page(form: NewClient, made: tuple[str, str] | None = None) -> str:
    words = {"channels": CHANNELS, "scopes": SCOPES}
    return render_template("admin/clients.html", form=form, listed=run(clients.all_clients), made=made, **words)
