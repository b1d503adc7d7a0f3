"""What goes over the wire: formats asked for, bodies read strictly, resources sent with their version."""

import json
from datetime import datetime
from typing import TypeVar

from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.resource import Resource
from flask import Response, request
from pydantic import ValidationError
from werkzeug.http import parse_options_header

from ivr.web.fhir.outcome import TYPE
from ivr.web.problems import Problem

MOST_BYTES = 64_000
"""Of one resource that is sent here: to read one takes a thousand times as long as to send it."""
SENT = (TYPE, "application/json")
FORMATS = {"json", *SENT}
TAKEN = {*SENT, "application/*", "*/*"}
R = TypeVar("R", bound=Resource)


def must_be_readable() -> None:
    """Raise Problem 406 where the client wants what we do not speak, 415 where it sends it."""
    wanted = request.args.get("_format")
    if not (wanted in FORMATS if wanted is not None else _accepts()):
        raise Problem(406, "not_acceptable", "Ответы есть только в формате application/fhir+json.")
    if request.method in ("POST", "PUT") and not request.path.endswith("/_search"):
        _must_be_json()


def base() -> str:
    return f"{request.host_url.rstrip('/')}/fhir"


def sent(resource: Resource, status: int = 200) -> Response:
    """With an ETag where it has a version."""
    answer = Response(resource.model_dump_json(), status, content_type=f"{TYPE}; charset=utf-8")
    if version := version_of(resource):
        answer.headers["ETag"] = f'W/"{version}"'
    return answer


def version_of(resource: Resource) -> str | None:
    return None if resource.meta is None else resource.meta.versionId


def received(kind: type[R]) -> R:
    """The resource of the body. Raises Problem 400: which element is wrong, never its value."""
    data = _json()
    if not isinstance(data, dict) or data.get("resourceType") != kind.get_resource_type():
        raise Problem(400, "bad_request", f"Ожидается ресурс {kind.get_resource_type()} в формате JSON.")
    try:
        return kind.model_validate(data)
    except ValidationError as problem:
        where = ", ".join(sorted({".".join(map(str, each["loc"])) for each in problem.errors(include_input=False)}))
        raise Problem(400, "bad_request", f"Ресурс не подходит к FHIR R4: {where[:300]}.") from None
    except (ValueError, TypeError, RecursionError, LookupError):  # LookupError: a resource that FHIR does not know
        raise Problem(400, "bad_request", "Ресурс не подходит к FHIR R4.") from None


class Given:
    """The parameters of an operation, each taken by its name; whatever nobody takes is refused."""

    def __init__(self, body: Parameters) -> None:
        self._left = list(body.parameter or [])

    def all(self, name: str, element: str) -> list[object]:
        """Values in this element (`valueReference`, `resource`, …). Raises Problem 400 where it is another one."""
        own = [one for one in self._left if one.name == name]
        self._left = [one for one in self._left if one.name != name]
        values = [getattr(one, element, None) for one in own]
        if any(value is None for value in values):
            raise Problem(400, "bad_request", f"Параметр {name} передаётся как {element}.")
        return values

    def one(self, name: str, element: str) -> object | None:
        values = self.all(name, element)
        if len(values) > 1:
            raise Problem(400, "bad_request", f"Параметр {name} бывает один.")
        return values[0] if values else None

    def no_more(self) -> None:
        if self._left:
            names = ", ".join(sorted({str(one.name)[:40] for one in self._left}))
            raise Problem(400, "not_supported", f"Эти параметры не поддерживаются: {names}.")


def required(name: str) -> Problem:
    return Problem(400, "required", f"Не хватает: {name}.")


def moment(value: object, name: str) -> datetime:
    """A dateTime with its zone. Raises Problem 400."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Problem(400, "bad_request", f"{name}: нужны дата, время и часовой пояс.")
    return value


def id_in(reference: object, kind: str) -> str:
    """The id in a reference to that kind of resource of ours. Raises Problem 400."""
    text = getattr(reference, "reference", reference)
    text = text.removeprefix(f"{base()}/") if isinstance(text, str) else ""
    found, _, own = text.partition("/")
    if found != kind or not own or "/" in own:
        raise Problem(400, "bad_request", f"Нужна ссылка вида {kind}/id.")
    return own


def number_in(reference: object, kind: str) -> int:
    return number(id_in(reference, kind))


def number(text: str) -> int:
    """An id of ours that is a number. Raises Problem 404."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Problem(404, "not_found", "Такого ресурса нет.")
    return int(text)


def _json() -> object:
    """The body, in UTF-8 as FHIR says; None where it is no JSON. Raises Problem 413."""
    body = request.get_data()
    if len(body) > MOST_BYTES:
        raise Problem(413, "too_large", f"Запрос больше {MOST_BYTES} байт.")
    try:
        return json.loads(body.decode())
    except ValueError:
        return None


def _accepts() -> bool:
    """Whether the client takes JSON of R4, or anything."""
    asked = [parse_options_header(value) for value, quality in request.accept_mimetypes if quality > 0]
    ours = any(kind in TAKEN and options.get("fhirversion", "4.0") == "4.0" for kind, options in asked)
    return ours or not request.accept_mimetypes.provided


def _must_be_json() -> None:
    kind, options = parse_options_header(request.content_type)
    if kind not in SENT or options.get("charset", "utf-8").lower() != "utf-8":
        raise Problem(415, "not_json", "Запросы принимаются только в формате application/fhir+json.")
