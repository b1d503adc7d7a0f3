"""Help inside the site: a chapter for each role, all shortcuts, a card to print."""

from functools import cache
from pathlib import Path

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue as Answer
from markdown_it import MarkdownIt
from markupsafe import Markup

from ivr.domain.user import Role
from ivr.web.access import logged_in, user
from ivr.web.keys import KEYS, Key

pages = Blueprint("help", __name__, url_prefix="/help")

CHAPTERS = {
    Role.OPERATOR: ("operator", "Оператору"),
    Role.REGISTRAR: ("registrar", "Регистратору"),
    Role.DOCTOR: ("doctor", "Врачу"),
    Role.SUPERVISOR: ("supervisor", "Старшему смены"),
    Role.ADMINISTRATOR: ("administrator", "Администратору"),
}
STATES = (
    ("Ещё не готов", "Телефон подключён, звонков нет", "Нажмите «Готов»"),
    ("Готов", "Очередь может позвонить вам", "Ждите"),
    ("Звонок", "Телефон звонит, данные уже на экране", "Ответьте"),
    ("Разговор", "Вы говорите с пациентом", "Говорите, записывайте"),
    ("Завершение", "Пациент ушёл, результат не выбран", "Выберите результат"),
    ("Перерыв", "Звонков нет, причина видна старшему", "Вернётесь — «Готов»"),
    ("Пропущен звонок", "Вы не ответили, поэтому на паузе", "Нажмите «Готов»"),
)
DANGER = "Угроза жизни: пусть звонят 103 или 112, трубку не кладите. Запись подождёт."


@pages.get("", endpoint="help")
@logged_in
def all_chapters() -> Answer:
    own = user().role
    order = sorted(CHAPTERS, key=lambda role: role is not own)
    chapters = [(*CHAPTERS[role], _chapter(CHAPTERS[role][0])) for role in order]
    return render_template("help/help.html", chapters=chapters, places_of_keys=_by_place())


@pages.get("/card/<name>")
@logged_in
def card(name: str) -> Answer:
    """One page of A4 to hang beside the screen."""
    titles = dict(CHAPTERS.values())
    if name not in titles:
        abort(404)
    keys = _by_place()
    own = {place: own for place, own in keys.items() if name in ("operator", "supervisor") or place != "Рабочее место"}
    shown = {} if name == "administrator" else own
    states = STATES if name in ("operator", "supervisor") else ()
    return render_template("help/card.html", title=titles[name], states=states, keys_by_place=shown, danger=DANGER)


@cache
def _chapter(name: str) -> Markup:
    text = (Path(__file__).parent / f"{name}.md").read_text(encoding="utf-8")
    html = MarkdownIt("commonmark").enable("table").render(text)
    # Under the heading of the page each chapter is one step lower.
    for level in (3, 2, 1):
        html = html.replace(f"<h{level}>", f"<h{level + 1}>").replace(f"</h{level}>", f"</h{level + 1}>")
    return Markup(html)  # noqa: S704 - our own files


def _by_place() -> dict[str, list[Key]]:
    places: dict[str, list[Key]] = {}
    for key in KEYS.values():
        places.setdefault(key.where, []).append(key)
    return places
