"""Administration: who works here, when doctors see patients, which machines may call, what is said."""

from dataclasses import dataclass

from flask import Blueprint, abort, current_app, redirect, url_for
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.user import Right
from ivr.web.access import needs, user

pages = Blueprint("admin", __name__, url_prefix="/admin")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One page of the administration."""

    endpoint: str
    title: str
    right: Right


MENU = (
    Chapter("admin.doctors", "Врачи", Right.SCHEDULE),
    Chapter("admin.schedule", "Расписание", Right.SCHEDULE),
    Chapter("admin.absences", "Отсутствия", Right.SCHEDULE),
    Chapter("admin.calendar", "Праздники и часы", Right.SCHEDULE),
    Chapter("admin.users", "Сотрудники", Right.ADMINISTER),
    Chapter("admin.clients", "Системы", Right.ADMINISTER),
    Chapter("admin.kiosks", "Инфоматы", Right.ADMINISTER),
    Chapter("admin.phrases", "Фразы", Right.ADMINISTER),
    Chapter("admin.settings", "Настройки", Right.ADMINISTER),
    Chapter("admin.audit", "Журнал", Right.AUDIT),
)


@pages.get("")
@needs(Right.AUDIT)
def admin() -> Answer:
    """The first chapter that the user may open."""
    own = chapters()
    return redirect(url_for(own[0].endpoint)) if own else abort(404)


@pages.app_context_processor
def _menu() -> dict[str, object]:
    return {"chapters": chapters}


def chapters() -> list[Chapter]:
    """Chapters that the user may open."""
    return [one for one in MENU if user().may(one.right) and one.endpoint in current_app.view_functions]
