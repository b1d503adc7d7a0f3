"""What the federal service is built of; bootstrap fills it in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from flask import abort

from ivr.domain.hospital import Federal
from ivr.web.fer.gate import Gate
from ivr.web.fer.ids import Ids
from ivr.web.site import site


@dataclass(frozen=True, slots=True)
class FerService:
    gate: Gate
    ids: Ids
    lasts: timedelta
    """A session, from its opening."""
    per_minute: int
    """Requests of one client."""
    asks_applicant: bool
    """A request that does not say who applies is refused."""


def service_or_none() -> FerService | None:
    return cast("FerService | None", site().extras.get("fer"))


def service() -> FerService:
    """404 where the hospital does not offer it."""
    found = service_or_none()
    if found is None:
        abort(404)
    return found


def known_as() -> Federal:
    """What federal services call the hospital; there is no service without."""
    found = site().hospital.federal
    if found is None:
        abort(404)
    return found
