"""Help that can be trusted: every key in it works, every page has its words, the card is one page."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from ivr.domain.user import Role
from ivr.web.help import CHAPTERS
from ivr.web.keys import KEYS
from tests.web.conftest import Clients, Served

HTML = {"Accept": "text/html"}
WEB = Path(__file__).parents[2] / "ivr" / "web"


def test_every_shortcut_stands_in_the_help_and_on_some_page(clients: Clients):
    page = clients(Role.OPERATOR).get("/help", headers=HTML).text
    sources = "".join(path.read_text() for path in [*WEB.rglob("*.html"), *WEB.glob("static/*.mjs")])

    for name, key in KEYS.items():
        assert f"<kbd>{key.key}</kbd></dt><dd>{key.title}</dd>" in page
        assert name in sources, f"nothing is done by {name}"


def test_one_place_has_no_two_meanings_for_one_key():
    meant = [(key.where, key.key) for key in KEYS.values()]

    assert len(meant) == len(set(meant))


@pytest.mark.parametrize("role", CHAPTERS)
def test_the_chapter_of_ones_own_role_comes_first(clients: Clients, role: Role):
    page = clients(role).get("/help", headers=HTML).text
    name, title = CHAPTERS[role]

    assert page.index(f'id="{name}"') == min(page.index(f'id="{other}"') for other, _ in CHAPTERS.values())
    assert f"<h2>{title}</h2>" in page


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_each_card_is_one_page_of_a4_and_the_help_is_accessible(served: Served, accessible):
    page = served.page(Role.SUPERVISOR, "/help")
    accessible(page)
    for name, _ in CHAPTERS.values():
        page.goto(f"/help/card/{name}")
        assert len(PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages) == 1, name
    accessible(page)
