"""The talon: on the screen, printed by the browser, as PDF for a roll of 80 mm or for A5 (S3.4, 1.6)."""

from flask import Response, render_template, request

from ivr.domain.user import Right
from ivr.services import look, talon
from ivr.services.talon import Talon
from ivr.web.access import needs, who
from ivr.web.registry import words
from ivr.web.registry.pages import pages
from ivr.web.registry.paper import PAPERS, pdf_of
from ivr.web.site import run, site


@pages.get("/bookings/<int:booking_id>/talon")
@needs(Right.BOOK)
def talon_page(booking_id: int) -> str:
    return render_template(
        "registry/talon.html",
        talon=_talon(booking_id),
        booking_id=booking_id,
        words=words,
        paper=_paper(),
        papers=PAPERS,
    )


@pages.get("/bookings/<int:booking_id>/talon.pdf")
@needs(Right.BOOK)
def talon_pdf(booking_id: int) -> Response:
    found, paper = _talon(booking_id), _paper()
    html = render_template("registry/talon_paper.html", talon=found, words=words, paper=paper)
    # The file is named by the ticket, not by the patient.
    shown = {
        "Content-Disposition": f'inline; filename="talon-{found.ticket}.pdf"',
        # A browser's own viewer is an object to it; nothing else may be loaded.
        "Content-Security-Policy": "default-src 'none'; object-src 'self'; frame-ancestors 'self'",
    }
    return Response(pdf_of(html), mimetype="application/pdf", headers=shown)


def _talon(booking_id: int) -> Talon:
    found = run(talon.talon, booking_id, site().hospital)
    run(look.patient, found.patient_id, who=who(), why="talon", now=site().now())
    return found


def _paper() -> str:
    wanted = request.args.get("paper", "roll")
    return wanted if wanted in PAPERS else "roll"
