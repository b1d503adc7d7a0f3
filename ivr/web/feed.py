"""What other processes change reaches open pages: the table `changes` is read a few times a second."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from ivr.services.desk_ports import Change
from ivr.services.ports import StorageDown, Work
from ivr.web.hub import Hub

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.03
"""Together with the way to the page less than the 50 ms in which a page shows what happened."""
BEHIND = 200
"""A transaction may commit after one with a greater id: so many ids are looked at again, once in LOOKS_BACK reads."""
LOOKS_BACK = 16
KEPT = 20_000
MOST_REFS = 50
"""More changes of a kind at once are told as one: look at everything again."""


class Feed:
    """Reads changes and tells the hub; `interested` also hears of each."""

    def __init__(self, new_work: Callable[[], Work], hub: Hub) -> None:
        self._new_work, self._hub = new_work, hub
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._after: int | None = None
        self._reads = 0
        self._ending = threading.Event()
        self._down = False
        self._thread = threading.Thread(target=self._run, name="changes", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            try:
                self._step()
            except StorageDown:
                self._tell_down()
            except Exception:
                log.exception("changes could not be told")

    def _step(self) -> None:
        work = self._new_work()
        with work.reading():
            if self._after is None:
                self._after = work.changes.last()
                # Whatever is there already is on the pages that are opened from now on.
                self._remember(work.changes.since(max(0, self._after - BEHIND)))
                return
            self._reads += 1
            behind = 0 if self._reads % LOOKS_BACK else BEHIND
            fresh = [change for change in work.changes.since(self._after - behind) if change.id not in self._seen]
        if self._down:
            self._down = False
            self._hub.tell("again", {})
        if fresh:
            self._remember(fresh)
            self._tell(fresh)
            self._forget()

    def _remember(self, fresh: Sequence[Change]) -> None:
        for change in fresh:
            self._seen[change.id] = None
            self._after = max(self._after or 0, change.id)
        while len(self._seen) > 4 * BEHIND:
            self._seen.popitem(last=False)

    def _tell(self, fresh: Sequence[Change]) -> None:
        by_kind: dict[str, dict[str, None]] = {}
        for change in fresh:
            by_kind.setdefault(change.kind, {})[change.ref] = None
        for kind, refs in by_kind.items():
            self._hub.tell(kind, {"refs": list(refs) if len(refs) <= MOST_REFS else None})

    def _forget(self) -> None:
        """Keep the table short; now and then is enough."""
        if self._after is None or self._after % 500:
            return
        work = self._new_work()
        with work:
            work.changes.forget(self._after - KEPT)
            work.commit()

    def _tell_down(self) -> None:
        if not self._down:
            self._down = True
            log.error("the database is down; pages are not told of changes")
