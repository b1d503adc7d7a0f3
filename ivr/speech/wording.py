"""The files of prompts/ read with care: whatever cannot be used is named by file, key and reason."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

PROMPTS = Path(__file__).parents[2] / "prompts"
PHRASES = "phrases.ru.toml"
SPECIALITIES = "specialities.toml"
LEXICON = "lexicon.toml"


class BadWording(ValueError):
    """A file of prompts/ cannot be used: says which, where in it, and what to do."""


def read_tables(path: Path) -> dict[str, dict[str, object]]:
    """All tables of a TOML file by name. Raises BadWording."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadWording(f"{path}: {problem}") from problem
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise BadWording(f'{path.name}: {key}: write it as a table ["{key}"] with text = "…"')
    return tables


def text_of(table: Mapping[str, object], name: str, place: str) -> str:
    """A text that must be there and not empty. Raises BadWording."""
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadWording(f'{place}: {name} is missing or empty; write {name} = "…"')
    return value


def only(table: Mapping[str, object], known: frozenset[str], place: str) -> None:
    """Raises BadWording for a misspelt name."""
    if unknown := sorted(set(table) - known):
        raise BadWording(f"{place}: {unknown[0]} means nothing here; known are {', '.join(sorted(known))}")
