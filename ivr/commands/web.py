"""`ivr web`: the site, for browsers on this machine or in the hospital's network."""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from flask import Flask

from ivr import bootstrap_web
from ivr.commands.child import REFUSED
from ivr.commands.mendable import MENDABLE
from ivr.settings import Settings
from ivr.web.server import CANNOT_SERVE, CannotServe, Server

log = logging.getLogger(__name__)


def serve(settings: Settings, *, parent: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent is gone; alone it also makes the first administrator."""
    os.umask(0o077)
    if parent is not None:
        threading.Thread(target=_end_without, args=(parent,), daemon=True).start()
    elif first := bootstrap_web.prepare_users(settings):
        print(f"First administrator: {first[0]}, password {first[1]} (shown only this once)")

    def begin() -> tuple[Flask, Callable[[], None]]:
        try:
            opened = bootstrap_web.open_site(settings)
        except MENDABLE as problem:
            raise CannotServe(str(problem)) from problem
        return opened.app, opened.close

    arbiter = os.getpid()
    try:
        Server(bootstrap_web.listening_of(settings), begin).run()
    except SystemExit as end:  # the worker's own end comes this way, too
        sys.exit(REFUSED if end.code == CANNOT_SERVE and os.getpid() == arbiter else end.code)


def _end_without(parent: int) -> None:
    """`ivr up` was killed: end, so that the next one finds the port free."""
    own = os.getpid()
    while os.getppid() == parent:
        time.sleep(1)
    log.error("ivr up is gone, ending too")
    os.kill(own, signal.SIGTERM)
