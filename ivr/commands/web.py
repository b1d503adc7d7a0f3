"""`ivr web`: the site, for browsers on this machine or in the hospital's network."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from flask import Flask

from ivr import bootstrap_web
from ivr.settings import Settings
from ivr.web.server import Server

log = logging.getLogger(__name__)


def serve(settings: Settings, *, parent: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent is gone; alone it also makes the first administrator."""
    os.umask(0o077)
    if parent is not None:
        threading.Thread(target=_end_without, args=(parent,), daemon=True).start()
    elif first := bootstrap_web.prepare_users(settings):
        print(f"First administrator: {first[0]}, password {first[1]} (shown only this once)")

    def begin() -> tuple[Flask, Callable[[], None]]:
        opened = bootstrap_web.open_site(settings)
        return opened.app, opened.close

    Server(bootstrap_web.listening_of(settings), begin).run()


def _end_without(parent: int) -> None:
    """`ivr up` was killed: end, so that the next one finds the port free."""
    own = os.getpid()
    while os.getppid() == parent:
        time.sleep(1)
    log.error("ivr up is gone, ending too")
    os.kill(own, signal.SIGTERM)
