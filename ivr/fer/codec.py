"""Messages to XML and back, by the tags of their fields. What it reads has passed the schema before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from lxml import etree

from ivr.fer.messages import APPLICANT, ER, Tag

T = TypeVar("T")
PREFIXES = {"er": ER, "a": APPLICANT}
READERS: Mapping[type, Callable[[str], object]] = {
    str: str,
    bool: lambda text: text == "1",
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    time: time.fromisoformat,
    UUID: UUID,
}


class _Field(NamedTuple):
    """One field of a message: its name, where it stands, what it is, whether there may be many."""

    name: str
    steps: tuple[str, ...]
    kind: type
    many: bool


def tag_of(kind: type) -> str:
    """The name of the element that holds a message of that class."""
    return f"{{{ER}}}{kind.__name__}"


def write(message: Any) -> etree._Element:
    """The element named like the message's class."""
    root = etree.Element(tag_of(type(message)), nsmap=PREFIXES)
    _fill(root, message)
    return root


def read(kind: type[T], element: etree._Element) -> T:
    """A message out of an element that fits the schema. Raises ValueError where it does not."""
    values: dict[str, object] = {}
    for field in _fields(kind):
        found = [_value(field.kind, each) for each in _at(element, field.steps)]
        if field.many:
            values[field.name] = tuple(found)
        elif found and found[0] is not None:
            values[field.name] = found[0]
    return _made(kind, values)


def _made(kind: type[T], values: dict[str, object]) -> T:
    try:
        return kind(**values)
    except TypeError as problem:
        raise ValueError(f"{kind.__name__} lacks something") from problem


def _fill(parent: etree._Element, message: Any) -> None:
    for field in _fields(type(message)):
        value = getattr(message, field.name)
        if value in (None, (), ""):
            continue
        *around, last = field.steps
        within = parent
        for step in around:
            within = etree.SubElement(within, step)
        for each in value if field.many else (value,):
            _put(etree.SubElement(within, last), each)


def _put(element: etree._Element, value: Any) -> None:
    if is_dataclass(value):
        _fill(element, value)
    else:
        element.text = _text(value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _value(kind: type, element: etree._Element) -> object:
    if is_dataclass(kind):
        return read(kind, element)
    text = " ".join((element.text or "").split())
    if not text:  # some clients send an empty element for what is not there
        return None
    return kind(text) if issubclass(kind, StrEnum) else READERS[kind](text)


def _at(element: etree._Element, steps: tuple[str, ...]) -> Iterator[etree._Element]:
    step, *further = steps
    for child in element.iterchildren(step):
        if further:
            yield from _at(child, tuple(further))
        else:
            yield child


_known: dict[type, tuple[_Field, ...]] = {}
"""A message class is read once."""


def _fields(kind: type) -> tuple[_Field, ...]:
    if kind not in _known:
        hints = get_type_hints(kind, include_extras=True)
        _known[kind] = tuple(_field(each.name, hints[each.name]) for each in fields(kind))
    return _known[kind]


def _field(name: str, hint: Any) -> _Field:
    if get_origin(hint) is not Annotated:
        raise TypeError(f"{name} has no tag")
    inner, tag = get_args(hint)
    if not isinstance(tag, Tag):
        raise TypeError(f"{name} has no tag")
    many = get_origin(inner) is tuple
    if many or isinstance(inner, UnionType):
        inner = get_args(inner)[0]
    return _Field(name, tuple(f"{{{tag.namespace}}}{step}" for step in tag.path.split("/")), inner, many)
