"""Menus: which phrases are said, which keys and words mean what. Data of prompts/menus.ru.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

    def option_of_words(self, text: str) -> str | None:
        """The one option whose words are heard in the text; None for none or several."""
        heard = f" {text.lower().replace('ё', 'е')} "
        found = {
            option
            for option, words in self.words.items()
            if any(f" {word.lower().replace('ё', 'е')} " in heard for word in words)
        }
        return found.pop() if len(found) == 1 else None


def load_menus(path: Path) -> Mapping[str, Menu]:
    """Read the menus; raises BadMenu naming the place."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadMenu(f"{path}: {problem}") from problem
    return {name: _menu(path, name, table) for name, table in tables.items()}


def _menu(path: Path, name: str, table: Mapping[str, object]) -> Menu:
    unknown = set(table) - {"say", "keys", "words", "help", "tries"}
    if unknown:
        raise BadMenu(f"{path}: menu {name}: unknown entry {sorted(unknown)[0]}")
    keys = _table(path, name, table.get("keys", {}))
    words = _table(path, name, table.get("words", {}))
    if (reserved := set(keys) & {"0", "*", "#"}) and name != EVERYWHERE:
        raise BadMenu(f"{path}: menu {name}: key {reserved.pop()} is the same everywhere and cannot be an option")
    if stray := set(words) - set(keys.values()):
        raise BadMenu(f"{path}: menu {name}: words for {stray.pop()}, which no key chooses")
    return Menu(
        name=name,
        say=_strings(path, name, table.get("say", [])),
        keys={key: str(option) for key, option in keys.items()},
        words={option: _strings(path, name, said) for option, said in words.items()},
        help=_strings(path, name, table.get("help", [])),
        tries=int(str(table.get("tries", 3))),
    )


def _table(path: Path, name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadMenu(f"{path}: menu {name}: a table was expected, not {value!r}")
    return value


def _strings(path: Path, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadMenu(f"{path}: menu {name}: a list of strings was expected, not {value!r}")
    return tuple(value)
