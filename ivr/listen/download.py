"""A big file by HTTP, in pieces: what is here already is not fetched again."""

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ivr.listen.trouble import BadModel

Progress = Callable[[int, int], None]
"""Bytes here, bytes in all (0: unknown)."""

TRIES = 5
"""So often in a row without a single new byte."""
_PIECE = 256 * 1024
_PATIENCE = 30.0
_LONGEST_TEXT = 4 * 1024 * 1024


def fetch(url: str, into: Path, progress: Progress, *, pause: float = 1.0) -> None:
    """Append to `into` until it is whole. Raises BadModel; what has come stays for the next time."""
    failures = 0
    while failures < TRIES:
        before = _size(into)
        try:
            if _fetch_rest(url, into, progress):
                return
            reason = "the connection ended early"
        except urllib.error.HTTPError as problem:
            with problem:
                if problem.code < 500:
                    raise BadModel(f"{url}: {problem.code} {problem.reason}; {_BY_HAND}") from None
                reason = f"{problem.code} {problem.reason}"
        except (OSError, http.client.HTTPException) as problem:
            reason = str(problem)
        failures = 0 if _size(into) > before else failures + 1
        time.sleep(pause * failures)
    raise BadModel(f"{url}: {reason}; try again, the download goes on where it ended; or {_BY_HAND}")


_BY_HAND = "bring the archive from another machine and give it: `ivr models install … --from FILE.zip`"


def text(url: str) -> str:
    """A short document. Raises BadModel."""
    try:
        with _open(url) as response:
            return str(response.read(_LONGEST_TEXT).decode("utf-8"))
    except (OSError, ValueError, http.client.HTTPException) as problem:
        raise BadModel(f"{url}: {problem}; {_BY_HAND}") from problem


def _fetch_rest(url: str, into: Path, progress: Progress) -> bool:
    """Whether the file is whole now."""
    here = _size(into)
    try:
        response = _open(url, **({"Range": f"bytes={here}-"} if here else {}))
    except urllib.error.HTTPError as problem:
        if problem.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        with problem:
            if problem.headers.get("Content-Range", "") == f"bytes */{here}":
                return True
        into.unlink()  # another file lies there now
        return False
    with response:
        goes_on = response.status == http.HTTPStatus.PARTIAL_CONTENT
        return _save(response, into, here if goes_on else 0, progress)


def _save(response: Any, into: Path, here: int, progress: Progress) -> bool:
    length = response.headers.get("Content-Length")
    total = here + int(length) if length else 0
    with into.open("ab" if here else "wb") as file:
        progress(here, total)
        while piece := response.read(_PIECE):
            file.write(piece)
            here += len(piece)
            progress(here, total)
    return not total or here == total


def _open(url: str, **headers: str) -> Any:
    if urlsplit(url).scheme not in ("http", "https"):
        raise BadModel(f"{url}: only http and https can be fetched")
    request = urllib.request.Request(url, headers={"User-Agent": "ivr", **headers})  # noqa: S310  checked above
    return urllib.request.urlopen(request, timeout=_PATIENCE)  # noqa: S310


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
