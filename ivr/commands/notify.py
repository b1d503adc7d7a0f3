"""`ivr notify`: messages to patients, sent by whatever gateways are set; events to other systems."""

import logging
import os
import signal
import threading
import time
from dataclasses import asdict
from json import dumps

import typer

from ivr import bootstrap
from ivr.commands.probing import sign_of_life
from ivr.desk import utc_now
from ivr.notices.webhooks import Courier
from ivr.notices.worker import Worker
from ivr.run_time import Current
from ivr.services.ports import StorageDown
from ivr.settings import Settings

log = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
COURIER_ENDS = 12.0
"""Seconds that the last events may take when it stops."""


def send(settings: Settings, *, once: bool, as_json: bool, parent: int | None = None) -> None:
    """Send until SIGTERM or SIGINT, or until the parent is gone; with `once` what is due now."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    works = bootstrap.work_factory(settings, threads=2)
    current = Current(bootstrap.rules_of(settings), bootstrap.hospital_of(settings), works)
    worker = Worker(
        works,
        bootstrap.gateways_of(settings),
        head=lambda: bootstrap.letterhead_of(settings, current.hospital),
        place=current.hospital.name,
        now=utc_now,
    )
    courier = Courier(works, now=utc_now)
    try:
        if once:
            _once(worker, courier if settings.api.webhooks else None, as_json=as_json)
        else:
            carrying = _carry(courier, stopping) if settings.api.webhooks else None
            _always(settings, worker, stopping, parent)
            stopping.set()
            if carrying is not None:
                carrying.join(COURIER_ENDS)
    finally:
        courier.close()
        worker.close()
        works.close()


def _carry(courier: Courier, stopping: threading.Event) -> threading.Thread:
    """By a thread of its own: a subscriber that is slow to answer keeps no message to a patient waiting."""

    def run() -> None:
        while not stopping.is_set():
            try:
                busy = courier.turn()
            except StorageDown:
                log.error("the database is down; events wait")
                busy = 0
            except Exception:
                log.exception("events could not be sent")
                busy = 0
            stopping.wait(0 if busy else PAUSE_SECONDS)

    thread = threading.Thread(target=run, name="courier", daemon=True)
    thread.start()
    return thread


def _once(worker: Worker, courier: Courier | None, *, as_json: bool) -> None:
    while worker.turn():
        pass
    done = asdict(worker.tally)
    if courier is not None:
        done["events"] = sum(iter(courier.turn, 0))
    typer.echo(dumps(done) if as_json else ", ".join(f"{name}: {number}" for name, number in done.items()))


def _always(settings: Settings, worker: Worker, stopping: threading.Event, parent: int | None) -> None:
    sign = sign_of_life(settings, "notify")
    while not stopping.is_set():
        if parent is not None and os.getppid() != parent:
            log.error("ivr up is gone, ending too")
            return
        try:
            busy = worker.turn()
            sign.touch()
        except StorageDown:
            log.error("the database is down; messages wait")
            time.sleep(PAUSE_SECONDS)
            continue
        stopping.wait(0 if busy else PAUSE_SECONDS)
