"""An endpoint says what it asks, answers and refuses; the same words guard it and make its document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import signature
from typing import Any, TypeVar

from flask import Blueprint, Response, json, request
from pydantic import BaseModel, ValidationError

from ivr.domain.client import Scope
from ivr.domain.refusals import Refusal
from ivr.services.client_ports import Reply
from ivr.web.api.invalid import refuse, refuse_field
from ivr.web.api.models import Model
from ivr.web.api.once import key_of_request, once
from ivr.web.clients import client, limited, needs_scope
from ivr.web.problems import Problem, of_refusal

MOST_BYTES = 64_000
"""Of one request."""
View = TypeVar("View", bound=Callable[..., Any])
pages = limited(Blueprint("api", __name__, url_prefix="/api/v1"))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation."""

    method: str
    rule: str
    """As Flask writes it: `/patients/<int:patient>/hold`."""
    view: Callable[..., Any]
    summary: str
    part: str
    scopes: tuple[Scope, ...]
    answers: type[BaseModel] | None
    status: int
    keyed: bool
    refusals: tuple[type[Refusal], ...]
    remembered: bool
    """A repeat is answered as the first one was; else with what its service says of the key now."""
    body: type[Model] | None = None
    query: type[Model] | None = None
    path: tuple[str, ...] = ()


ENDPOINTS: list[Endpoint] = []
"""In the order of the document."""


@dataclass(frozen=True, slots=True)
class Part:
    """Operations that belong together."""

    title: str
    scopes: tuple[Scope, ...] = field(default=())

    def get(self, rule: str, summary: str, answers: type[BaseModel], **more: Any) -> Callable[[View], View]:
        return self._endpoint("GET", rule, summary, answers, **more)

    def post(
        self, rule: str, summary: str, answers: type[BaseModel] | None, *, keyed: bool = True, **more: Any
    ) -> Callable[[View], View]:
        """Commands carry a key, unless they change nothing."""
        return self._endpoint("POST", rule, summary, answers, keyed=keyed, **more)

    def put(self, rule: str, summary: str, answers: type[BaseModel], **more: Any) -> Callable[[View], View]:
        """The same twice is the same: no key is needed."""
        return self._endpoint("PUT", rule, summary, answers, **more)

    def delete(self, rule: str, summary: str, **more: Any) -> Callable[[View], View]:
        return self._endpoint("DELETE", rule, summary, None, status=204, **more)

    def _endpoint(
        self,
        method: str,
        rule: str,
        summary: str,
        answers: type[BaseModel] | None,
        *,
        keyed: bool = False,
        remembered: bool = True,
        status: int = 200,
        refusals: Sequence[type[Refusal]] = (),
        scopes: Sequence[Scope] | None = None,
    ) -> Callable[[View], View]:
        def mark(view: View) -> View:
            asked = {name: one.annotation for name, one in signature(view).parameters.items()}
            own = Endpoint(
                method=method,
                rule=rule,
                view=view,
                summary=summary,
                part=self.title,
                scopes=self.scopes if scopes is None else tuple(scopes),
                answers=answers,
                status=status,
                keyed=keyed,
                refusals=tuple(refusals),
                remembered=remembered,
                body=asked.get("body"),
                query=asked.get("query"),
                path=tuple(name for name in asked if name not in ("body", "query", "key")),
            )
            ENDPOINTS.append(own)
            guarded = needs_scope(*own.scopes)(lambda **path: _serve(own, path))
            pages.add_url_rule(rule, view.__name__, guarded, methods=[method])
            return view

        return mark


def _serve(own: Endpoint, path: dict[str, int]) -> Response:
    """Read what is asked, do it once, answer it."""
    asked: dict[str, Any] = dict(path)
    if own.query is not None:
        asked["query"] = _query(own.query)
    elif request.args:
        raise refuse_field(next(iter(request.args)), "extra_forbidden", "Такого параметра нет.")
    if own.body is not None:
        asked["body"] = _body(own.body)
    try:
        return _response(_done(own, asked, path))
    except Refusal as refusal:
        raise of_refusal(refusal) from None


def _done(own: Endpoint, asked: dict[str, Any], path: dict[str, int]) -> Reply:
    if not own.keyed:
        return _reply(own, own.view(**asked))
    key = key_of_request()
    command = asked["body"].model_dump(mode="json") if "body" in asked else path
    if "key" in signature(own.view).parameters:
        asked["key"] = key
    return once(client(), key, command, lambda: _reply(own, own.view(**asked)), remembered=own.remembered)


def _reply(own: Endpoint, answer: BaseModel | None) -> Reply:
    return Reply(own.status, None if answer is None else answer.model_dump(mode="json"))


def _response(reply: Reply) -> Response:
    if reply.body is None:
        return Response(status=reply.status)
    return Response(json.dumps(reply.body) + "\n", reply.status, mimetype="application/json")


def _body(model: type[Model]) -> Model:
    data = request.get_data()
    if len(data) > MOST_BYTES:
        raise Problem(413, "too_large", f"Запрос больше {MOST_BYTES} байт.")
    if not data and not any(one.is_required() for one in model.model_fields.values()):
        return model()
    if request.mimetype != "application/json":
        raise Problem(415, "not_json", "Тело запроса — application/json.")
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        if any(one["type"] == "json_invalid" for one in error.errors()):
            raise Problem(400, "bad_request", "Тело запроса — не JSON.") from None
        raise refuse(error) from None


def _query(model: type[Model]) -> Model:
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if len(values) > 1:
            raise refuse_field(name, "repeated", "Параметр задан несколько раз.")
        if name in _numbers(model) and not (values[0].isascii() and values[0].isdecimal()):
            raise refuse_field(name, "int_parsing", "Нужно целое число.")  # 1_0 and +1 are none to others
    try:
        return model.model_validate_strings({name: one for name, (one,) in given.items()}, strict=True)
    except ValidationError as error:
        raise refuse(error) from None


@cache
def _numbers(model: type[Model]) -> frozenset[str]:
    """Fields that are whole numbers."""
    fields = model.model_json_schema()["properties"].items()
    options = {name: one.get("anyOf", [one]) for name, one in fields}
    return frozenset(name for name, kinds in options.items() if any(kind.get("type") == "integer" for kind in kinds))
