"""What the kiosks' pages are built of; bootstrap fills it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import abort, g, request

from ivr.domain.kiosk import Kiosk
from ivr.services import kiosks
from ivr.services.talon import TalonPrinter
from ivr.web.site import run, site

COOKIE = "kiosk"
"""Holds the secret of an admitted machine."""


@dataclass(frozen=True, slots=True)
class KioskService:
    idle: int
    """Seconds without a touch, after which everything is wiped."""
    per_minute: int
    """Policy numbers of one machine."""
    unknown_per_hour: int
    """Of these, numbers that nobody has."""
    printers: Mapping[str, TalonPrinter] = field(default_factory=dict)
    """By the kiosk's name; the others print in their browser."""

    @property
    def warning(self) -> int:
        """The last seconds of these, in which the page asks whether anybody is there."""
        return min(10, self.idle // 2)


def service_or_none() -> KioskService | None:
    return cast("KioskService | None", site().extras.get("kiosk"))


def service() -> KioskService:
    """404 where the hospital has no kiosks."""
    found = service_or_none()
    if found is None:
        abort(404)
    return found


def kiosk_or_none() -> Kiosk | None:
    """Which kiosk asks."""
    if "kiosk" not in g:
        device = request.cookies.get(COOKIE)
        g.kiosk = run(kiosks.kiosk_of, device) if device else None
    return cast("Kiosk | None", g.kiosk)


def kiosk() -> Kiosk:
    """401 for a machine that was not let in."""
    found = kiosk_or_none()
    if found is None:
        abort(401)
    return found
