"""What is wrong with a request, field by field, in Russian."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ivr.domain.identifiers import BadNumber
from ivr.web.problems import Problem
from ivr.web.registry.words import NUMBERS

ONE_NUMBER = "Нужен ровно один номер: полис (oms), СНИЛС (snils) или временное свидетельство (certificate)."
_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "Поле обязательно.",
    "extra_forbidden": lambda _: "Такого поля нет.",
    "model_type": lambda _: "Нужен объект.",
    "string_too_short": lambda why: f"Слишком коротко: нужно не меньше {why['min_length']} знаков.",
    "string_too_long": lambda why: f"Слишком длинно: можно не больше {why['max_length']} знаков.",
    "too_long": lambda why: f"Слишком много: можно не больше {why['max_length']}.",
    "string_pattern_mismatch": lambda why: f"Не подходит по виду: {why['pattern']}",
    "greater_than_equal": lambda why: f"Слишком мало: не меньше {why['ge']}.",
    "less_than_equal": lambda why: f"Слишком много: не больше {why['le']}.",
    "enum": lambda why: f"Можно одно из: {_options(why)}.",
    "literal_error": lambda why: f"Можно одно из: {_options(why)}.",
}
_KINDS = {
    "int": "Нужно целое число.",
    "bool": "Нужно true или false.",
    "string": "Нужна строка.",
    "date": "Нужна дата вида 2026-12-31.",
    "datetime": "Нужны дата и время с поясом, вида 2026-12-31T09:00:00+03:00.",
    "list": "Нужен список.",
}


def refuse_field(field: str, code: str, message: str) -> Problem:
    """One field that cannot be taken as it is."""
    return _problem([{"field": field, "code": code, "message": message}])


def refuse_number(field: str, problem: BadNumber) -> Problem:
    return refuse_field(field, problem.code, NUMBERS.get(problem.code, "Номер неверен."))


def refuse(error: ValidationError) -> Problem:
    """Every field that is wrong; the values are not repeated, they may be personal."""
    return _problem([_field(one) for one in error.errors(include_url=False, include_input=False)])


def _problem(errors: list[dict[str, str]]) -> Problem:
    named = ", ".join(error["field"] or "запрос" for error in errors)
    return Problem(422, "invalid", f"Запрос заполнен неверно: {named}.", errors=errors)


def _field(error: Any) -> dict[str, str]:
    field = ".".join(str(part) for part in error["loc"])
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, BadNumber):
        return {"field": field, "code": cause.code, "message": NUMBERS.get(cause.code, "Номер неверен.")}
    if isinstance(cause, ValueError):
        return {"field": "oms", "code": str(cause), "message": ONE_NUMBER}
    return {"field": field, "code": error["type"], "message": _message(error["type"], error.get("ctx", {}))}


def _options(why: Mapping[str, Any]) -> str:
    return ", ".join(re.findall(r"'([^']+)'", why["expected"]))


def _message(kind: str, why: Mapping[str, Any]) -> str:
    if kind in _WORDS:
        return _WORDS[kind](why)
    return _KINDS.get(kind.split("_")[0], "Значение не подходит.")
