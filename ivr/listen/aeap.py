"""Asterisk's External Application Protocol, kind speech_to_text: JSON requests and answers over a websocket."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PROTOCOL = "speech_to_text"
CODEC = "slin"
"""Signed 16 bit, little endian, 8 kHz; a frame is 320 bytes, 20 ms."""
BYTES_PER_SECOND = 16_000

BARGE = "barge"
"""Grammar of the empty result that only stops the prompt: the caller has begun to speak."""
FAILED = "failed"
"""Grammar of the empty result for a recognition that broke: ask by keys."""


class BadMessage(ValueError):
    """Not a message of this protocol; says why."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The first request of a connection."""

    id: str
    codecs: tuple[str, ...]
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Set:
    """SPEECH_ENGINE(name)=value, or the keys that were pressed."""

    id: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Get:
    """${SPEECH_ENGINE(name)}."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A request we do not know."""

    id: str
    request: str


@dataclass(frozen=True, slots=True)
class Response:
    """Asterisk has taken a result."""


Message = Setup | Set | Get | Unsupported | Response


@dataclass(frozen=True, slots=True)
class Result:
    """What Asterisk shows as SPEECH_TEXT(0), SPEECH_SCORE(0), SPEECH_GRAMMAR(0); more readings at (1/0), (2/0) …"""

    grammar: str
    readings: Sequence[tuple[str, int]] = field(default=(("", 0),), repr=False)


def parse(text: str) -> Message:
    """Read one message. Raises BadMessage."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadMessage("not JSON") from problem
    if not isinstance(values, dict):
        raise BadMessage("not an object")
    if "response" in values:
        return Response()
    request, id_ = values.get("request"), values.get("id")
    if not isinstance(request, str) or not isinstance(id_, str):
        raise BadMessage("neither request with id nor response")
    return _request(request, id_, values)


def _request(request: str, id_: str, values: dict[str, Any]) -> Message:
    params = values.get("params") or {}
    match request, params:
        case "setup", dict():
            return Setup(id_, _codecs(values.get("codecs")), _texts(params))
        case "set", dict():
            return Set(id_, _texts(params))
        case "get", list():
            return Get(id_, tuple(str(name) for name in params))
        case _:
            return Unsupported(id_, request)


def _codecs(listed: Any) -> tuple[str, ...]:
    if not isinstance(listed, list):
        return ()
    return tuple(str(codec["name"]) for codec in listed if isinstance(codec, dict) and "name" in codec)


def _texts(params: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}


def accepted(setup: Setup) -> str:
    """The codec must be repeated."""
    return _dumped({"response": "setup", "id": setup.id, "codecs": [{"name": CODEC}]})


def done(request: Set) -> str:
    return _dumped({"response": "set", "id": request.id, "params": dict(request.params)})


def told(request: Get, known: Mapping[str, str]) -> str:
    """Values of names; results are pushed, never fetched."""
    params = {name: [] if name == "results" else known.get(name, "") for name in request.names}
    return _dumped({"response": "get", "id": request.id, "params": params})


def refused(request: str, id_: str, reason: str) -> str:
    return _dumped({"response": request, "id": id_, "error_msg": reason})


def pushed(result: Result) -> str:
    """A request of ours: Asterisk lists results in reverse, and reads whole scores only."""
    results = [
        {"text": text, "score": score, "grammar": result.grammar, "best": rank}
        for rank, (text, score) in reversed(list(enumerate(result.readings)))
    ]
    return _dumped({"request": "set", "id": str(uuid.uuid4()), "params": {"results": results}})


def _dumped(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
