"""Places of the site, in the order of the menu."""

from dataclasses import dataclass

from flask import current_app

from ivr.domain.user import Right, User


@dataclass(frozen=True, slots=True)
class Place:
    endpoint: str
    title: str
    right: Right


PLACES = (
    Place("desk.desk", "Рабочее место", Right.TAKE_CALLS),
    Place("registry.registry", "Регистратура", Right.BOOK),
    Place("doctor.doctor", "Мой приём", Right.REFER),
    Place("tasks.tasks", "Задачи", Right.TASKS),
    Place("wall.wall", "Табло", Right.WALL),
    Place("reports.reports", "Отчёты", Right.REPORTS),
    Place("recordings.recordings", "Записи", Right.RECORDINGS),
    Place("admin.admin", "Управление", Right.AUDIT),
)


def places(user: User) -> list[Place]:
    """Where this user may go."""
    return [place for place in PLACES if user.may(place.right) and place.endpoint in current_app.view_functions]
