"""After the booking: the talon, and how the patient is told of his visit (S3.4 to S3.6)."""

import logging
import re
from dataclasses import replace

import segno
from flask import request
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.consent import Wording
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.kiosk import KioskVisit
from ivr.domain.notice import Method
from ivr.domain.patient import Patient
from ivr.domain.refusals import SessionOver
from ivr.services import infomat_notices, talon
from ivr.services.infomat_notices import AGREED
from ivr.services.talon import PrinterDown, Talon
from ivr.web.access import by_pass
from ivr.web.kiosk.asked import at_kiosk, matched
from ivr.web.kiosk.pages import pages, screen
from ivr.web.kiosk.service import kiosk, service
from ivr.web.registry import words
from ivr.web.registry.consents import EMAIL, NO_EMAIL
from ivr.web.site import run, site
from ivr.web.wording import address, telephone

log = logging.getLogger(__name__)
METHODS = {
    Method.CALL: "Позвонить",
    Method.SMS: "Прислать СМС",
    Method.EMAIL: "Написать на электронную почту",
}
NO_PHONE = words.NUMBERS["PHONE_FORMAT"]
NO_MOBILE = "СМС приходят только на мобильный телефон: его номер начинается с 9."
WORDS: tuple[Wording, ...] = tuple(dict.fromkeys(wording for agreed in AGREED.values() for wording in agreed))


@pages.post("/print")
@by_pass
def print_talon() -> Answer:
    """By a printer that the server reaches, else by the browser itself; the number stays on the screen (S3.4)."""
    visit, patient = at_kiosk()
    found = _talon(visit, patient)
    printer = service().printers.get(kiosk().name)
    if printer is None:
        code = segno.make(found.ticket, micro=False, error="m").svg_data_uri(border=4, scale=4)
        return screen("printed", talon=found, code=code, words=words)
    try:
        printer.print(_on_paper(found))
    except PrinterDown as problem:
        log.warning("a talon was not printed", extra={"kiosk": kiosk().name, "why": str(problem)})
        return screen("not_printed", talon=found)
    return screen("printed", talon=found, code=None, words=words)


@pages.post("/notices")
@by_pass
def notices() -> Answer:
    """May we tell him, and how? (S3.5)"""
    visit, _ = at_kiosk()
    _booked(visit)
    return screen("notices", methods=METHODS, wordings=WORDS)


@pages.post("/notices/choice")
@by_pass
def choose() -> Answer:
    visit, patient = at_kiosk()
    _booked(visit)
    chosen = matched("method", "NONE|CALL|SMS|EMAIL")
    if chosen == "NONE":
        run(infomat_notices.decline, visit, now=site().now())
        return screen("done", method=None)
    method = Method(chosen)
    phone = None if request.form.get("other") else infomat_notices.known(patient, method)
    if phone is None:
        return screen("contact", method=method, error="", typed="")
    run(infomat_notices.agree, visit, method, phone=phone, email=None, now=site().now())
    return screen("done", method=method, known=True)


@pages.post("/notices/contact")
@by_pass
def contact() -> Answer:
    """What is missing is asked for, until it can be used (S3.6)."""
    visit, _ = at_kiosk()
    _booked(visit)
    method = Method(matched("method", "CALL|SMS|EMAIL"))
    typed = request.form.get("contact", "").strip()[:120]
    try:
        phone = None if method is Method.EMAIL else _phone(typed, method)
        email = _email(typed) if method is Method.EMAIL else None
    except BadNumber as problem:
        return screen("contact", method=method, error=str(problem), typed=typed), 422
    run(infomat_notices.agree, visit, method, phone=phone, email=email, now=site().now())
    return screen("done", method=method, known=False)


def _booked(visit: KioskVisit) -> int:
    """Raises SessionOver where nothing was booked in this visit."""
    if visit.booking_id is None:
        raise SessionOver
    return visit.booking_id


def _talon(visit: KioskVisit, patient: Patient) -> Talon:
    """Initials instead of the name: whoever stands here has shown no more than a number (4.2)."""
    return replace(run(talon.talon, _booked(visit), site().hospital), patient=patient.initials)


def _on_paper(found: Talon) -> Talon:
    """The hospital's facts are kept as they are spoken and dialled."""
    return replace(found, address=address(found.address), registry_phone=telephone(found.registry_phone))


def _phone(typed: str, method: Method) -> PhoneNumber:
    """Ten digits after +7. Raises BadNumber with the words for the screen."""
    if not re.fullmatch(r"(\+?7|8)?[0-9]{10}", re.sub(r"[\s()-]", "", typed)):
        raise BadNumber("PHONE_FORMAT", NO_PHONE)
    phone = PhoneNumber.parse(typed)
    if method is Method.SMS and not phone.is_mobile:
        raise BadNumber("PHONE_MOBILE", NO_MOBILE)
    return phone


def _email(typed: str) -> str:
    if not EMAIL.fullmatch(typed):
        raise BadNumber("EMAIL_FORMAT", NO_EMAIL)
    return typed
