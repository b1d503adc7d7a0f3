"""gunicorn, started from Python: one process, many threads, because each open page holds one."""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError

from ivr.web.slow import Patience

log = logging.getLogger(__name__)

CannotServe = AppImportError
"""Raised by `begin`: its text alone is printed, and the server ends with the status CANNOT_SERVE."""
CANNOT_SERVE: int = Arbiter.APP_LOAD_ERROR


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the site is served, and how."""

    host: str
    port: int
    threads: int
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    """Of whom certificates are asked for; browsers have none and come in without."""
    patience: float = 30
    """Seconds for a client to send his request, and to take a part of its answer."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn is untyped
    """One worker; `begin` runs in it before the first request, and returns what ends it."""

    def __init__(self, where: Listening, begin: Callable[[], tuple[Flask, Callable[[], None]]]) -> None:
        self._where, self._begin = where, begin
        self._end: Callable[[], None] = lambda: None
        super().__init__()

    def load_config(self) -> None:
        where = self._where
        values: dict[str, Any] = {
            "bind": f"{where.host}:{where.port}",
            "worker_class": "gthread",
            "workers": 1,
            "threads": where.threads,
            "timeout": 60,
            # Streams of open pages never end by themselves.
            "graceful_timeout": 3,
            "keepalive": 15,
            "accesslog": None,
            "errorlog": "-",
            "loglevel": "warning",
            "control_socket_disable": True,
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108 - only its time is looked at
            "post_worker_init": Patience(where.patience).keep,
            "worker_exit": self._ended,
        }
        if where.certificate:
            values |= {"certfile": str(where.certificate), "keyfile": str(where.key), "ssl_version": ssl.PROTOCOL_TLS}
        if where.client_ca:
            values |= {"ca_certs": str(where.client_ca), "cert_reqs": ssl.CERT_OPTIONAL}
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def _ended(self, _arbiter: object, _worker: object) -> None:
        self._end()

    def load(self) -> Flask:
        app, self._end = self._begin()
        return app
