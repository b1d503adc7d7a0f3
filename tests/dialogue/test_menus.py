"""menus.ru.toml is refused where the stories that use it would fall."""

import ast
from pathlib import Path

import pytest

import ivr.dialogue
from ivr.dialogue.menus import STORIES, BadMenu, load_menus
from tests.dialogue.conftest import PROMPTS

SHIPPED = (PROMPTS / "menus.ru.toml").read_text(encoding="utf-8")
VILLAGE = 'keys = { 1 = "feldsher", 2 = "clinic" }'


def test_the_shipped_menus_are_all_that_the_stories_use():
    assert set(load_menus(PROMPTS / "menus.ru.toml")) == set(STORIES)


def test_every_menu_that_a_story_asks_is_checked():
    asked = set()
    for path in Path(ivr.dialogue.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="choose"), args=[ast.Constant(value=name), *_]):
                    asked.add(name)

    assert asked
    words_only = {"everywhere", "doctor", "number_way"}
    assert asked | words_only == set(STORIES)


FAULTS = {
    "empty file": (SHIPPED, "", "missing menus: booking_action, doctor, everywhere, group, main"),
    "misspelt menu": ("[village]", "[vilage]", "menu vilage: no story asks it"),
    "unknown option": (VILLAGE, 'keys = { 1 = "feldsher", 2 = "hospital" }', "menu village: no story knows hospital"),
    "no key": (VILLAGE, "keys = {}", "menu village: keys are missing"),
    "no way out": ('{ 0 = "operator", ', "{ ", "menu everywhere: no key chooses operator"),
    "one half of a question": ('keys = { 1 = "yes", 2 = "no" }', 'keys = { 1 = "yes" }', "menu yes: no key chooses no"),
    "nothing to say": ('say = ["village.ask"]', "say = []", "menu village: say is missing"),
    "two keys at once": (VILLAGE, 'keys = { 12 = "feldsher", 2 = "clinic" }', "menu village: 12 is no key"),
    "tries in words": ("tries = 2", 'tries = "two"', "menu purpose: tries"),
    "no tries": ("tries = 2", "tries = 0", "menu purpose: tries"),
    "an entry outside": ("[main]", "say = 1\n[main]", "say: a table was expected"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), FAULTS.values(), ids=FAULTS)
def test_a_menu_that_would_break_calls_is_refused(tmp_path, right, wrong, told):
    path = tmp_path / "menus.ru.toml"
    assert right in SHIPPED
    path.write_text(SHIPPED.replace(right, wrong, 1), encoding="utf-8")

    with pytest.raises(BadMenu, match=told):
        load_menus(path)
