"""One `ivr up`, and one `ivr dial`, for a var folder: a second one would take what the first one has for a leftover."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyUp(Exception):
    """The same command has this var folder; the message says what to do."""


@contextmanager
def alone(var: Path, command: str = "up") -> Iterator[None]:
    """Hold the folder; the kernel lets it go when this process ends, however it ends. Raises AlreadyUp."""
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (var / f"{command}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp(
                f"`ivr {command}` already runs in {var}; a second hospital needs a var folder of its own"
            ) from None
        yield
