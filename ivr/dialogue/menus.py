"""Menus: which phrases are said, which keys and words mean what. Data of prompts/menus.ru.toml."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.waiting_list import PartOfDay

YES = "yes"
EVERYWHERE = "everywhere"
"""The menu of words and keys that mean the same in every question."""


class BadMenu(Exception):
    """prompts/menus.ru.toml cannot be used; the message names the menu and the reason."""


@dataclass(frozen=True, slots=True)
class Menu:
    """One question with a closed set of answers."""

    name: str
    say: tuple[str, ...]
    keys: Mapping[str, str]
    """Key to option."""
    words: Mapping[str, tuple[str, ...]]
    """Option to the words that choose it."""
    help: tuple[str, ...] = ()
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """What the stories expect of a menu."""

    options: frozenset[str] | None
    """All they can deal with; None: specialities, which the lint compares."""
    needed: frozenset[str] = frozenset()
    """Those without which a caller could not answer."""
    says: bool = True
    """It has phrases of its own; else the story brings them."""
    spoken: frozenset[str] = frozenset()
    """Options that only words choose."""


STORIES: Mapping[str, Asked] = {
    "main": Asked(frozenset({"book", "mine", "waiting", "home", "info", "slower"}), frozenset({"book"})),
    "purpose": Asked(frozenset(Purpose)),
    "subject": Asked(frozenset(Subject)),
    "speciality": Asked(None),
    "yes": Asked(frozenset({"yes", "no"}), frozenset({"yes", "no"}), says=False),
    "part": Asked(frozenset(PartOfDay) - {PartOfDay.ANY}),
    "booking_action": Asked(frozenset({"move", "cancel", "keep"}), frozenset({"keep"}), says=False),
    "waiting_part": Asked(frozenset(PartOfDay)),
    "village": Asked(frozenset({"feldsher", "clinic"})),
    "right_person": Asked(frozenset({"yes", "no", "hand_over"}), frozenset({"yes", "no"}), says=False),
    "reminder": Asked(frozenset({"come", "cancel", "move"}), frozenset({"come", "cancel"})),
    "offer_answer": Asked(frozenset({"take", "decline", "leave"}), frozenset({"take", "decline"})),
    "rating": Asked(frozenset("12345"), frozenset("12345"), says=False),
    "group": Asked(frozenset("1234"), frozenset("1234")),
    EVERYWHERE: Asked(
        frozenset({"operator", "repeat", "back", "main"}),
        frozenset({"operator"}),
        says=False,
        spoken=frozenset({"help", "emergency", "harmless"}),
    ),
    "options": Asked(frozenset(), says=False, spoken=frozenset({"more", "other_day"})),
    "number_way": Asked(frozenset(), says=False, spoken=frozenset({"snils", "no_policy"})),
    "doctor": Asked(frozenset(), says=False, spoken=frozenset({"any"})),
}
"""Every menu that a story asks."""


def load_menus(path: Path) -> Mapping[str, Menu]:
    """Read the menus, which must be what the stories use; raises BadMenu naming the place."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadMenu(f"{path}: {problem}") from problem
    menus = {name: _menu(path, name, table) for name, table in tables.items()}
    if missing := sorted(set(STORIES) - set(menus)):
        raise BadMenu(f"{path}: missing menus: {', '.join(missing)}")
    return menus


def _menu(path: Path, name: str, table: object) -> Menu:
    entries = _table(path, name, table)
    if unknown := set(entries) - {"say", "keys", "words", "help", "tries"}:
        raise BadMenu(f"{path}: menu {name}: unknown entry {sorted(unknown)[0]}")
    keys = _table(path, name, entries.get("keys", {}))
    words = _table(path, name, entries.get("words", {}))
    menu = Menu(
        name=name,
        say=_strings(path, name, entries.get("say", [])),
        keys={key: str(option) for key, option in keys.items()},
        words={option: _strings(path, name, said) for option, said in words.items()},
        help=_strings(path, name, entries.get("help", [])),
        tries=_tries(path, name, entries.get("tries", 3)),
    )
    for fault in (*_story_faults(menu), *_key_faults(menu)):
        raise BadMenu(f"{path}: menu {name}: {fault}")
    return menu


def _key_faults(menu: Menu) -> Iterator[str]:
    for key in menu.keys:
        if key not in set("0123456789*#"):
            yield f"{key} is no key of a telephone"
        if key in ("0", "*", "#") and menu.name != EVERYWHERE:
            yield f"key {key} is the same everywhere and cannot be an option"
    asked = STORIES.get(menu.name)
    spoken = asked.spoken if asked else frozenset()
    for option in sorted(set(menu.words) - set(menu.keys.values()) - spoken):
        yield f"words for {option}, which no key chooses"


def _story_faults(menu: Menu) -> Iterator[str]:
    asked = STORIES.get(menu.name)
    if asked is None:
        yield "no story asks it"
        return
    options = set(menu.keys.values())
    for option in sorted(options - asked.options if asked.options is not None else ()):
        yield f"no story knows {option}; known are {', '.join(sorted(asked.options or ()))}"
    if not options and asked.options != frozenset():
        yield "keys are missing"
    for option in sorted(asked.needed - options):
        yield f"no key chooses {option}"
    if asked.says and not menu.say:
        yield "say is missing"


def _tries(path: Path, name: str, value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise BadMenu(f"{path}: menu {name}: tries is a number from 1 on, not {value!r}")
    return value


def _table(path: Path, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadMenu(f"{path}: menu {name}: a table was expected, not {value!r}")
    return value


def _strings(path: Path, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadMenu(f"{path}: menu {name}: a list of strings was expected, not {value!r}")
    return tuple(value)
