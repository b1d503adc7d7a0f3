"""Rules and facts as they are now: the files, with what was changed at run time."""

import logging
import threading
import time
from collections.abc import Callable

from ivr.domain.hospital import Hospital
from ivr.domain.rules import Rules
from ivr.domain.run_time import adjusted_hospital, adjusted_rules
from ivr.services import run_time
from ivr.services.ports import StorageDown, Work

log = logging.getLogger(__name__)

FRESH_SECONDS = 20.0
"""How long a change may take to reach every process."""


class Current:
    """Asked by many threads; looks into the database now and then, and keeps what it knows while that is down."""

    def __init__(self, rules: Rules, hospital: Hospital, new_work: Callable[[], Work]) -> None:
        self._files = (rules, hospital)
        self._known = (rules, hospital)
        self._new_work = new_work
        self._looked = float("-inf")
        self._turn = threading.Lock()

    @property
    def rules(self) -> Rules:
        return self.known()[0]

    @property
    def hospital(self) -> Hospital:
        return self.known()[1]

    def look(self) -> None:
        """Take up what has been changed."""
        self._looked = time.monotonic()
        try:
            stored = run_time.stored(self._new_work())
            self._known = adjusted_rules(self._files[0], stored), adjusted_hospital(self._files[1], stored)
        except StorageDown:
            log.warning("settings of run time cannot be read now; what was known holds")
        except ValueError:
            log.exception("a setting of run time makes no sense; what was known holds")

    def known(self) -> tuple[Rules, Hospital]:
        """Rules and hospital of one moment."""
        if time.monotonic() - self._looked > FRESH_SECONDS and self._turn.acquire(blocking=False):
            try:
                self.look()
            finally:
                self._turn.release()
        return self._known
