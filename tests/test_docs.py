"""The documents say what the program does: settings, commands, files and the words of the glossary."""

from ivr.phone.config import PROJECT
from ivr.settings_page import page, rows


def test_the_page_of_settings_is_the_one_that_the_settings_make():
    """`python -m ivr.settings_page > docs/settings.md` makes it anew."""
    assert (PROJECT / "docs/settings.md").read_text(encoding="utf-8") == page()


def test_every_setting_says_what_it_means():
    assert [key for key, _, _, meaning in rows() if not meaning] == []


def test_every_picture_of_the_documents_is_one_that_make_screenshots_takes():
    takes = (PROJECT / "tests/web/screenshots.py").read_text(encoding="utf-8")

    kept = [picture.stem for picture in (PROJECT / "docs/screenshots").iterdir()]

    assert [name for name in kept if f'"{name}"' not in takes] == []
