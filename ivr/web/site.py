"""What the pages are built of; bootstrap fills it in, views reach it by `site()`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from flask import current_app

from ivr.domain.hospital import Hospital
from ivr.domain.rules import Rules
from ivr.services.exchange import Exchange
from ivr.services.ports import Work
from ivr.services.spoken import Spoken
from ivr.services.timetable import Editor
from ivr.web.hub import Hub
from ivr.web.workplace import Workplaces

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PhoneDoor:
    """How a browser reaches the exchange."""

    path: str
    """Path or whole address of the websocket; a path is meant on the page's own host."""
    port: int | None
    """Port of the exchange's own websocket where no proxy stands before it."""
    extension: str = "ivr"


@dataclass(frozen=True, slots=True)
class Site:
    """One site: database, rules, telephone exchange, open pages."""

    new_work: Callable[[], Work]
    rules_now: Callable[[], Rules]
    hospital_now: Callable[[], Hospital]
    now: Callable[[], datetime]
    exchange: Exchange
    door: PhoneDoor
    make_guest_token: Callable[[datetime], str]
    desk: Workplaces
    hub: Hub
    idle: timedelta = timedelta(minutes=30)
    spoken: Spoken | None = None
    """None where there is no voice."""
    look_at_settings: Callable[[], None] = lambda: None
    """Take up at once what was changed at run time; else it is seen within half a minute."""
    timetable: Editor | None = None
    """None where hours are kept elsewhere."""
    extras: dict[str, Any] = field(default_factory=dict)
    """What single parts need beside; bootstrap names each."""

    @property
    def rules(self) -> Rules:
        return self.rules_now()

    @property
    def hospital(self) -> Hospital:
        return self.hospital_now()


def site() -> Site:
    """The site that serves this request."""
    return cast(Site, current_app.extensions["ivr"])


def run(use_case: Callable[Concatenate[Work, P], T], *args: P.args, **named: P.kwargs) -> T:
    """A use case in a unit of work of its own. Raises its Refusals, or StorageDown."""
    return use_case(site().new_work(), *args, **named)
