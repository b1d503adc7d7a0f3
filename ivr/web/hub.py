"""Events for open pages: one bounded queue for each, filled from any thread."""

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

log = logging.getLogger(__name__)

BACKLOG = 500
"""More than this and the page is gone or asleep: it is told to look at everything again."""
PING_SECONDS = 15.0


class Page:
    """One open page of a user."""

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self._events: queue.Queue[str | None] = queue.Queue(BACKLOG)

    def put(self, text: str | None) -> None:
        try:
            self._events.put_nowait(text)
        except queue.Full:
            self._start_over()

    def _start_over(self) -> None:
        while True:
            try:
                self._events.get_nowait()
            except queue.Empty:
                break
        self._events.put_nowait(_event("again", {}))

    def stream(self, still: Callable[[], bool]) -> Iterator[str]:
        """Events as text/event-stream; ends when told to, or when `still`, asked every 15 seconds, says no."""
        yield "retry: 2000\n\n" + _event("hello", {})
        due = time.monotonic() + PING_SECONDS
        while (text := self._next(due)) is not None:
            if time.monotonic() >= due:
                due = time.monotonic() + PING_SECONDS
                text = text if still() else BYE
            yield text
            if text == BYE:
                return

    def _next(self, due: float) -> str | None:
        """The next event, or a ping where there is none until then; None where the site ends."""
        try:
            return self._events.get(timeout=max(0.0, due - time.monotonic()))
        except queue.Empty:
            return ": ping\n\n"


class Hub:
    """Every open page of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[int, set[Page]] = {}

    def join(self, user_id: int) -> Page:
        page = Page(user_id)
        with self._lock:
            self._pages.setdefault(user_id, set()).add(page)
        return page

    def leave(self, page: Page) -> bool:
        """True where it was the last page of its user."""
        with self._lock:
            own = self._pages.get(page.user_id, set())
            own.discard(page)
            if not own:
                self._pages.pop(page.user_id, None)
            return not own

    def is_here(self, user_id: int) -> bool:
        with self._lock:
            return user_id in self._pages

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """To every page of everybody."""
        self._put(_event(kind, data), None)

    def tell_user(self, user_id: int, kind: str, data: Mapping[str, Any]) -> None:
        self._put(_event(kind, data), user_id)

    def throw_out(self, user_id: int) -> None:
        """End the streams of a user whose sessions are over: his pages go to the log-in."""
        self._put(BYE, user_id)

    def close(self) -> None:
        """The site ends: pages stay as they are and listen again when it is back."""
        self._put(None, None)

    def _put(self, text: str | None, user_id: int | None) -> None:
        with self._lock:
            users = self._pages.values() if user_id is None else [self._pages.get(user_id, set())]
            pages = [page for own in users for page in own]
        for page in pages:
            page.put(text)


def _event(kind: str, data: Mapping[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False, default=str)}\n\n"


BYE = _event("bye", {})
