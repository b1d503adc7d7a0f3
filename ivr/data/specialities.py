"""specialities.toml: whom each post sees, for how long, and how its slots are shared out (6.1, D-04, D-11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivr.data.reading import Table, bundled
from ivr.domain.patient import Sex
from ivr.domain.post import Post, Share
from ivr.domain.slot import SlotKind
from ivr.domain.speciality import Access, Speciality

RESERVE = "RESERVE"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Specialities and the posts of their timetables, by key, in the order of the file."""

    specialities: Mapping[str, Speciality]
    posts: Mapping[str, Post]


def load_specialities(path: Path | None = None) -> Catalogue:
    """The specialities of that file, or of the demo hospital. Raises DataError."""
    root = Table.of_file(path or bundled("specialities.toml"))
    mixes = {key: _shares(table) for key, table in _mixes(root)}
    specialities, posts = {}, {}
    for key, table in root.table("specialities").tables():
        specialities[key] = _speciality(key, table)
        posts[key] = _post(key, table, mixes)
    root.finished()
    return Catalogue(specialities, posts)


def _mixes(root: Table) -> list[tuple[str, Table]]:
    return list(root.table("mixes").tables())


def _speciality(key: str, table: Table) -> Speciality:
    return Speciality(
        key=key,
        name=table.text("name"),
        access=table.parsed("access", Access),
        minutes=table.number("minutes", 15),
        age_from=table.number("age_from", 0),
        age_to=table.optional_number("age_to"),
        sex=table.parsed("sex", Sex) if table.optional_text("sex") else None,
        sensitive=table.flag("sensitive"),
        district=table.flag("district"),
        post_code=table.optional_text("post_code"),
        horizon_days=table.optional_number("horizon_days"),
    )


def _post(key: str, table: Table, mixes: Mapping[str, tuple[Share, ...]]) -> Post:
    mix = table.optional_text("mix") or "typical"
    if mix not in mixes:
        raise table.error("mix", f"there is no mix {mix!r}; known are {', '.join(mixes)}")
    lengths = table.optional_table("lengths")
    try:
        return Post(
            speciality=key,
            minutes=table.number("minutes", 15),
            shares=mixes[mix],
            lengths={_kind(lengths, each): lengths.number(each, 0) for each in lengths.items()},
            release_days_before=table.number("release_days_before", 0),
            horizon_days=table.optional_number("horizon_days"),
        )
    except ValueError as problem:
        raise table.error("minutes", str(problem)) from problem


def _shares(mix: Table) -> tuple[Share, ...]:
    return tuple(
        Share(SlotKind.PRIMARY, mix.number(key, 0), reserve=True)
        if key == RESERVE
        else Share(_kind(mix, key), mix.number(key, 0))
        for key in mix.items()
    )


def _kind(table: Table, key: str) -> SlotKind:
    if key not in SlotKind.__members__:
        raise table.error(key, f"there is no such kind of slot; known are {', '.join(SlotKind)} and {RESERVE}")
    return SlotKind[key]
