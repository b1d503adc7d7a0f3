"""What a screen sends: numbers of what was chosen, checked before anything is looked up."""

import re
from datetime import date

from flask import abort, g, request

from ivr.domain.kiosk import KioskVisit
from ivr.domain.patient import Patient
from ivr.services import infomat
from ivr.web.kiosk.service import kiosk
from ivr.web.site import run, site


def at_kiosk() -> tuple[KioskVisit, Patient]:
    """Whose turn it is, if the screen is his. Raises SessionOver."""
    found = run(infomat.go_on, kiosk().id, visit_id(), rules=site().rules, now=site().now())
    g.kiosk_visit = found[0].id
    return found


def visit_id() -> str:
    return matched("visit", r"[0-9a-f]{32}")


def command() -> str:
    """Made by the page before it was sent: a repeat has the same."""
    return matched("command", r"[0-9a-f-]{32,36}")


def speciality() -> str:
    return matched("speciality", r"[\w-]{1,60}")


def number(name: str) -> int:
    return int(matched(name, r"[0-9]{1,15}"))


def day() -> date:
    try:
        return date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        abort(400)


def matched(name: str, pattern: str) -> str:
    """400 for what no screen of ours sends."""
    value = request.form.get(name, "")
    if not re.fullmatch(pattern, value):
        abort(400)
    return value
