"""The OpenAPI 3.1 document, made of the endpoints and their models: it cannot say anything else than they do."""

import re
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ivr.web.api.endpoint import ENDPOINTS, MOST_BYTES, Endpoint
from ivr.web.api.models import ProblemShown
from ivr.web.api.once import HEADER, PATTERN
from ivr.web.problems import STATUSES, TYPE

VERSION = "1.0.0"
REF = "#/components/schemas/{model}"
Schema = dict[str, Any]
ABOUT = (
    "Запись на приём, лист ожидания, задачи и события больницы для других систем. Каждый запрос несёт токен "
    "`Authorization: Bearer …`; личные номера передаются только в теле запроса. Ошибки — application/problem+json "
    f"(RFC 9457) с кодом отказа. Тело запроса — не больше {MOST_BYTES} байт."
)
_ALWAYS = {
    400: "Запрос непонятен",
    401: "Токена нет, он неверен или отозван",
    403: "Действие не разрешено этой системе, или пациент ею не назван",
    429: "Слишком часто; Retry-After говорит, когда повторить",
    500: "Ошибка",
    503: "База данных не отвечает; повторите с тем же ключом",
}


@cache
def document() -> Schema:
    """Made once; answers share it, nobody changes it."""
    used = [*_models(), (ProblemShown, "serialization")]
    refs, schemas = models_json_schema(used, ref_template=REF)  # type: ignore[arg-type]
    paths: dict[str, Schema] = {}
    for own in ENDPOINTS:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", own.rule)
        paths.setdefault(path, {})[own.method.lower()] = _operation(own, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "ivr", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "tags": [{"name": part} for part in dict.fromkeys(own.part for own in ENDPOINTS)],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas["$defs"],
        },
    }


def _models() -> list[tuple[type[BaseModel], str]]:
    asked = [(model, "validation") for own in ENDPOINTS for model in (own.body, own.query) if model is not None]
    told = [(own.answers, "serialization") for own in ENDPOINTS if own.answers is not None]
    return list(dict.fromkeys([*asked, *told]))


def _operation(own: Endpoint, refs: Any) -> Schema:
    told: Schema = {
        "operationId": own.view.__name__,
        "summary": own.summary,
        "tags": [own.part],
        "parameters": _parameters(own),
        "responses": _responses(own, refs),
    }
    if own.scopes:
        told["description"] = f"Разрешение: {', '.join(own.scopes)}."
    if own.body is not None:
        needed = any(one.is_required() for one in own.body.model_fields.values())
        told["requestBody"] = {"required": needed, "content": _json(refs[(own.body, "validation")])}
    return told


def _parameters(own: Endpoint) -> list[Schema]:
    number = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    found: list[Schema] = [{"name": name, "in": "path", "required": True, "schema": number} for name in own.path]
    if own.query is not None:
        asked = own.query.model_json_schema(ref_template=REF)
        for name, schema in asked["properties"].items():
            needed = name in asked.get("required", ())
            found.append({"name": name, "in": "query", "required": needed, "schema": _without_null(schema)})
    if own.keyed:
        about = "Ключ команды: повтор с тем же ключом получает первый ответ"
        schema = {"type": "string", "pattern": PATTERN}
        found.append({"name": HEADER, "in": "header", "required": True, "schema": schema, "description": about})
    return found


def _without_null(schema: Schema) -> Schema:
    """An address has no null: what is not asked for is left out."""
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if not options:
        return schema
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    return {**options[0], **rest}


def _responses(own: Endpoint, refs: Any) -> Schema:
    answer: Schema = {"description": "Сделано"}
    if own.answers is not None:
        answer["content"] = _json(refs[(own.answers, "serialization")])
    codes: dict[int, list[str]] = {}
    for refusal in own.refusals:
        codes.setdefault(STATUSES.get(refusal.code, 409), []).append(refusal.code)
    told = dict(_ALWAYS)
    if own.body is not None:
        told |= {413: "Запрос слишком велик", 415: "Тело запроса — не JSON"}
    if own.path:
        told |= {404: "Такого нет", 405: "Такого номера не бывает, или адрес так не вызывается"}
    told[422] = "Поле заполнено неверно; errors называет каждое"
    for status, refused in codes.items():
        told[status] = f"{told.get(status, 'Отказ')}; коды: {', '.join(sorted(refused))}"
    problem = {TYPE: {"schema": refs[(ProblemShown, "serialization")]}}
    errors = {str(status): {"description": about, "content": problem} for status, about in sorted(told.items())}
    return {str(own.status): answer, **errors}


def _json(schema: Any) -> Schema:
    return {"application/json": {"schema": schema}}
