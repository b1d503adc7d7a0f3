"""A command that comes again with its Idempotency-Key is answered as the first one was, and done once."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime

from flask import request

from ivr.domain.client import Client
from ivr.domain.refusals import KeyReused
from ivr.services.client_ports import Reply
from ivr.services.ports import Work
from ivr.web.problems import Problem
from ivr.web.site import run, site

HEADER = "Idempotency-Key"
PATTERN = r"^[A-Za-z0-9._:-]{8,128}$"


def key_of_request() -> str:
    """Raises Problem 400 where there is none."""
    key = request.headers.get(HEADER, "").strip().strip('"')
    if not re.fullmatch(PATTERN, key):
        raise Problem(400, "key_needed", f"Нужен заголовок {HEADER}: от 8 до 128 латинских букв, цифр и знаков . _ : -")
    return key


def once(client: Client, key: str, command: object, do: Callable[[], Reply], *, remembered: bool = True) -> Reply:
    """What the first command of this key was answered with; it is done where it has no answer yet.

    Two that come at one moment both do it: the services know the key and do it once. A refusal is not remembered:
    it has changed nothing, and what stood in the way may be gone. Nor is an answer that may become untrue
    (not `remembered`): then the services are asked each time. Raises KeyReused for another command.
    """
    sent = run(_send, client, key, _fingerprint(command), site().now())
    if sent is not None:
        return sent
    reply = do()
    return run(_answer, client, key, reply) if remembered else reply


def _send(work: Work, client: Client, key: str, fingerprint: str, now: datetime) -> Reply | None:
    with work:
        sent = work.clients.send(client.id, key, fingerprint, now)
        if sent.fingerprint != fingerprint:
            raise KeyReused(key)
        work.commit()
    return sent.reply


def _answer(work: Work, client: Client, key: str, reply: Reply) -> Reply:
    with work:
        kept = work.clients.answer(client.id, key, reply)
        work.commit()
    return kept


def _fingerprint(command: object) -> str:
    told = json.dumps([request.method, request.path, command], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()
