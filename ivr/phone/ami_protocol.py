"""The wire of the guarded AMI: whole letters, no event that breaks the connection, no answer waited for in vain."""

import codecs
import logging
from typing import Any

from panoramisk.ami_protocol import AMIProtocol  # type: ignore[import-untyped]

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 1_000_000
"""Characters without an end of message; more is not AMI."""

_quiet = logging.getLogger("ivr.phone.ami.wire")
# panoramisk logs whole messages and, when sending fails, whole actions: callers' numbers and secrets.
_quiet.disabled = True


class AmiDown(ConnectionError):
    """There is no connection to Asterisk, or it was lost before the answer: what became of the action is unknown."""


class GuardedProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk is untyped
    """Survives bad messages and handlers; fails what is unanswered when the connection goes."""

    closed: bool
    responses: dict[str, Any]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.log = _quiet
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def data_received(self, data: bytes) -> None:
        # A segment may end inside a letter; the rest of the letter comes with the next one.
        super().data_received(self._decoder.decode(data).encode())
        if self.queue and len(self.queue[0]) > LONGEST_MESSAGE:
            log.error("AMI message without an end, connection dropped")
            self.transport.abort()

    def handle_message(self, message: Any) -> None:
        try:
            action = self.responses.get(message.action_id or "")
            super().handle_message(message)
        except Exception:
            log.exception("AMI message not handled")
            return
        # panoramisk waits for the rest of a list that an error has refused.
        if action is not None and message.response == "Error" and not action.future.done():
            action.future.set_result(message)

    def forget(self, action: Any) -> None:
        """No longer wait for the answer to this action."""
        self.responses.pop(action.id, None)
        self.responses.pop(action.action_id, None)

    def close(self) -> None:
        """Drop the connection. Nothing is sent again later: a repeated Originate would phone twice."""
        unanswered, self.responses = list(self.responses.values()), {}
        for action in unanswered:
            if not action.future.done():
                action.future.set_exception(AmiDown("connection to Asterisk lost before the answer"))
                action.future.exception()
        if not self.closed:
            self.closed = True
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.close()
        if self.factory is not None:
            self.factory.connection_lost(exc)
