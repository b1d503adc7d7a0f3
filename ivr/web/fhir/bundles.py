"""Lists: searchset Bundles, page by page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.resource import Resource

T = TypeVar("T")
USUAL_COUNT = 50
MOST_COUNT = 200


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted, and the search that is repeated for the others."""

    base: str
    """Address of `/fhir`."""
    kind: str
    params: tuple[tuple[str, str], ...] = ()
    """Of the search, without those of the paging; none of them a number of a patient."""
    count: int = USUAL_COUNT
    offset: int = 0
    only_total: bool = False

    def link(self, offset: int) -> str:
        paging = (("_count", str(self.count)), ("_offset", str(offset)))
        return f"{self.base}/{self.kind}?{urlencode([*self.params, *paging])}"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what matched, with what is told beside it."""

    matches: Sequence[Resource]
    total: int | None
    """None: not counted."""
    included: Iterable[Resource] = field(default_factory=tuple)
    outcomes: Iterable[Resource] = field(default_factory=tuple)


def searchset(found: Found, base: str, links: Iterable[tuple[str, str]] = ()) -> Bundle:
    modes = (("match", found.matches), ("include", found.included), ("outcome", found.outcomes))
    entries = [_entry(one, mode, base) for mode, resources in modes for one in resources]
    return Bundle.model_validate(
        {
            "type": "searchset",
            "total": found.total,
            "link": [{"relation": relation, "url": url} for relation, url in links] or None,
            "entry": entries or None,
        }
    )


def page(matches: Sequence[Resource], paging: Paging, included: Iterable[Resource] = ()) -> Bundle:
    """The part of the list that was asked for; `included` belongs to it."""
    total = len(matches)
    if paging.only_total:
        return searchset(Found((), total), paging.base, [("self", paging.link(0))])
    links = [("self", paging.link(paging.offset))]
    if paging.offset + paging.count < total:
        links.append(("next", paging.link(paging.offset + paging.count)))
    if paging.offset > 0:
        links.append(("previous", paging.link(max(0, paging.offset - paging.count))))
    return searchset(Found(part(matches, paging), total, included), paging.base, links)


def part(matches: Sequence[T], paging: Paging) -> Sequence[T]:
    return matches[paging.offset : paging.offset + paging.count]


def _entry(resource: Resource, mode: str, base: str) -> dict[str, object]:
    told: dict[str, object] = {"resource": resource, "search": {"mode": mode}}
    if resource.id is not None:
        told["fullUrl"] = f"{base}/{resource.get_resource_type()}/{resource.id}"
    return told
