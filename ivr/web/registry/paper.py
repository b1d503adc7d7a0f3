"""A page of HTML as PDF. Nothing but our own style sheet is read: a talon reaches no network and no other file."""

import logging
from pathlib import Path
from threading import Lock

STYLE = Path(__file__).parents[1] / "static" / "talon.css"
PAPERS = {"roll": "Лента 80 мм", "a5": "Лист А5"}
_TURN = Lock()
"""Pango's fonts are not made for several threads at once; a talon takes a fraction of a second."""


class Unwanted(Exception):
    """The page asked for a further file."""


def pdf_of(html: str) -> bytes:
    """Raises Unwanted where the page wants anything beside its text."""
    # Slow to import, and needed only where somebody prints.
    from weasyprint import CSS, HTML

    logging.getLogger("fontTools").setLevel(logging.ERROR)  # tells every table of every font
    with _TURN:
        document = HTML(string=html, url_fetcher=_nothing)
        written: bytes = document.write_pdf(stylesheets=[CSS(filename=str(STYLE))])
        return written


def _nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    raise Unwanted(url)
