"""`python -m bench [part ...]`: measure, print a table, write build/bench.json."""

import argparse
import importlib
import json
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import machine
from bench.measure import Result

PARTS = {
    "search": "slot search at 10 thousand, 100 thousand and 1 million slots",
    "booking": "booking commit beside a raw insert-and-commit",
    "voice": "a prompt made anew and one that is there already",
    "agi": "AGI round trip",
    "listen": "recognition: from the end of speech to its result, callers on a core, cost of each",
    "understanding": "answers understood at the first try, question by question: synthetic voices on a telephone line",
    "speaking": "from the end of speech to the first sound of the next prompt, in real calls",
    "pages": "fifty open pages: from an event to the page",
    "pop": "from the ring in the operator's page to the caller's data on it",
    "outbound": "the robot's calls: what one costs, and how soon a freed time rings the next of the waiting list",
    "keys": "from the end of a key to the first sound of the next prompt, and processor time of whole calls",
}
console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen parts; a part that fails is named and the others go on."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {unknown.pop()!r}; the parts are {', '.join(PARTS)}")
    results: list[Result] = []
    failures: dict[str, str] = {}
    facts = machine.facts()
    for part in chosen.parts or PARTS:
        console.print(f"[bold]{part}[/]: {PARTS[part]}")
        began = time.monotonic()
        try:
            results += importlib.import_module(f"bench.{part}").measure(quick=chosen.quick)
        except Exception as problem:  # a bench of six parts shows the five that work
            console.print(traceback.format_exc(limit=-4), highlight=False, markup=False)
            failures[part] = f"{type(problem).__name__}: {problem}"
        console.print(f"  {time.monotonic() - began:.0f} s")
    _write(chosen.out, facts, results, failures)
    _show(facts, results)
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the program; nothing is asserted.")
    parts = ", ".join(f"{name} ({what})" for name, what in PARTS.items())
    parser.add_argument("parts", nargs="*", metavar="part", help=f"default: all of {parts}")
    parser.add_argument("--quick", action="store_true", help="a fifth of the repetitions")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="default: %(default)s")
    return parser


def _write(path: Path, facts: dict[str, str], results: list[Result], failures: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    measured = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": facts,
        "results": [one.as_dict() for one in results],
        "failures": failures,
    }
    path.write_text(json.dumps(measured, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _show(facts: dict[str, str], results: list[Result]) -> None:
    table = Table(title=f"{facts['cpu']}, {facts['cores']} cores, {facts['memory']}, Python {facts['python']}")
    for heading in ("part", "what", "n", "p50", "p99", "goal", "note"):
        table.add_column(heading, justify="right" if heading in ("n", "p50", "p99") else "left")
    for one in results:
        figures = (f"{one.p50:.3g} {one.unit}", f"{one.p99:.3g} {one.unit}")
        table.add_row(one.part, one.what, str(one.count), *figures, one.goal, one.note)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    sys.exit(main())
