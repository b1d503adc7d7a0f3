"""Who may phone from a browser without an account: the bearer of a pass that the site gave a moment ago, once."""

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ivr.dialogue.line import CallerHungUp
from ivr.phone.agi_session import AgiCall, AgiFailure
from ivr.services.guest_token import LONGEST_SECONDS, BadToken, check

log = logging.getLogger(__name__)

_HEADER = "${PJSIP_HEADER(read,X-Call-Token)}"
_KEPT = timedelta(seconds=LONGEST_SECONDS)


class GuestDoor:
    """An AGI route before Answer: sets IVR_GUEST=1 for a good pass, and nothing for any other."""

    def __init__(self, secret: str, now: Callable[[], datetime]) -> None:
        self._secret = secret
        self._now = now
        self._used: dict[str, datetime] = {}
        """Nonces in the order of their use."""

    async def __call__(self, call: AgiCall) -> None:
        with contextlib.suppress(CallerHungUp, AgiFailure):
            try:
                self.admit(await call.evaluate(_HEADER))
            except BadToken as problem:
                log.warning("guest's call refused", extra={"reason": str(problem)})
                return
            await call.set("IVR_GUEST", "1")

    def admit(self, token: str) -> None:
        """Raises BadToken."""
        now = self._now()
        nonce = check(self._secret, token, now)
        self._forget(now)
        if nonce in self._used:
            raise BadToken("used before")
        self._used[nonce] = now

    def _forget(self, now: datetime) -> None:
        while self._used and now - next(iter(self._used.values())) > _KEPT:
            del self._used[next(iter(self._used))]
