"""Which phrases the stories say, and with what values: read from their source, without running them."""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.dialogue.menus import Menu
from ivr.speech.wording import PROMPTS

STORIES = Path(__file__).parents[1] / "dialogue"
ASTERISK_SOUNDS = PROMPTS.parent / "asterisk_config" / "sounds.ru.toml"
MENUS = "menus.ru.toml"
_KEY = re.compile(r"[a-z][a-z0-9_]*\.(?!py$|toml$)[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Use:
    """A phrase named somewhere."""

    key: str
    where: str
    values: frozenset[str] | None = None
    """Names of the values passed; None where that cannot be seen."""


def uses_in_stories(folder: Path = STORIES) -> list[Use]:
    return [use for path in sorted(folder.rglob("*.py")) for use in _uses_in(path)]


def uses_in_menus(menus: Mapping[str, Menu]) -> list[Use]:
    """Phrases a menu says or offers as help."""
    return [Use(key, f"{MENUS}: {name}") for name, menu in menus.items() for key in (*menu.say, *menu.help)]


def uses_in_asterisk(path: Path = ASTERISK_SOUNDS) -> list[Use]:
    """Phrases that Asterisk says by itself."""
    sounds = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [Use(key, f"{path.name}: {name}", frozenset()) for name, key in sounds.get("phrases", {}).items()]


def _uses_in(path: Path) -> Iterator[Use]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = dict(_calls(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _KEY.fullmatch(node.value):
            yield Use(node.value, f"{path.name}:{node.lineno}", called.get(node))


def _calls(tree: ast.AST) -> Iterator[tuple[ast.expr, frozenset[str] | None]]:
    """The first argument of each call, and the names of the values beside it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            yield node.args[0], _names(node)


def _names(call: ast.Call) -> frozenset[str] | None:
    names: set[object] = {keyword.arg for keyword in call.keywords}
    for argument in call.args[1:]:
        if not isinstance(argument, ast.Dict):
            return None
        names |= {key.value if isinstance(key, ast.Constant) else None for key in argument.keys}
    return None if None in names else frozenset(map(str, names))
