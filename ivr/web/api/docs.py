"""The document for programs, and a page for people, made of it: no script, nothing from elsewhere."""

import re
from typing import Any

from flask import Response, jsonify, render_template
from markupsafe import Markup, escape

from ivr.web.access import public
from ivr.web.api.endpoint import pages
from ivr.web.api.openapi import document
from ivr.web.messages import TOLD
from ivr.web.problems import STATUSES
from ivr.web.site import site


@pages.get("/openapi.json")
@public
def openapi() -> Response:
    told = document()
    return jsonify(told | {"info": told["info"] | {"title": f"{site().hospital.name}: API"}})


@pages.get("/docs")
@public
def docs() -> str:
    """Operations with their fields, and every code of a refusal with what it says."""
    told = document()
    codes = sorted(_codes(told))
    refusals = [(code, STATUSES.get(code, 409), TOLD[code]) for code in codes]
    shown = {"fields": _fields, "type_of": _type_of, "words": _words}
    return render_template("api/docs.html", told=told, refusals=refusals, **shown)


def _words(described: str) -> Markup:
    """Descriptions are Markdown, of which they use `code` alone."""
    parts = enumerate(described.split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(part) if turn % 2 else escape(part) for turn, part in parts)


def _codes(told: dict[str, Any]) -> set[str]:
    """Those that some operation may answer with."""
    said = (
        answer["description"]
        for operations in told["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
    )
    named = {code.strip() for text in said if "коды: " in text for code in text.split("коды: ")[1].split(",")}
    return named | {"bad_token", "scope_missing"}


def _fields(schema: dict[str, Any]) -> list[tuple[str, str, bool, str]]:
    """Name, type, whether it is needed, what it means."""
    model = _resolved(schema)
    needed = model.get("required", ())
    return [
        (name, _type_of(one), name in needed, one.get("description", ""))
        for name, one in model.get("properties", {}).items()
    ]


def _type_of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        model = _resolved(schema)
        return " | ".join(model["enum"]) if "enum" in model else _name(schema)
    if "anyOf" in schema:
        return " | ".join(_type_of(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_type_of(schema['items'])}]"
    return " ".join(filter(None, (schema.get("type", ""), schema.get("format", ""))))


def _name(schema: dict[str, Any]) -> str:
    return re.sub(r".*/", "", schema["$ref"])


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document()["components"]["schemas"][_name(schema)]
    return found
