"""Logs for people or for machines; digits and marked values of patients are masked, whoever writes them."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from ivr.settings import Log

PII = "pii."
"""Values beside a message whose name begins so are never written."""
_DATE = re.compile(r"\b\d{1,2}\.\d{1,2}\.\d{4}\b|\b\d{4}, \d{1,2}, \d{1,2}\b")
"""As people and as Python write it. Dates go first: digits before one would take its day along and leave the rest."""
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_HOST = rf"(?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}|\blocalhost|\[::1?\]"
_ADDRESS = rf"(?:{_HOST})(?::|', )\d{{1,5}}(?![\s()-]{{0,2}}\d|@)"
"""With its port, as people and as Python write it; where digits follow, the port may be the beginning of a number."""
_DIGITS = re.compile(rf"(?P<address>{_ADDRESS})|\+?\d(?:[\s()-]{{0,2}}\d){{4,}}")
"""Five digits or more that are no address's."""
_MAIL = re.compile(r"[\w.+-]+(?=@[\w-]+(?:\.[\w-]+)+)")
"""The part of an address that is a person's."""
_DETAIL = re.compile(r"^DETAIL:.*$", re.MULTILINE)
"""Here PostgreSQL repeats the row that it refused: the whole patient, with the name."""
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_UNMASKED = frozenset({"timestamp", "call", "pid", "port"})
"""Never of a patient, and useless when masked."""


def set_up(log: Log) -> None:
    """Send everything that is logged to standard error, masked."""
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False) if log.format == "json" else _console()
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _values_beside,
        structlog.processors.format_exc_info,
        mask,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log.level)
    # panoramisk writes whole actions with their secrets at this level.
    logging.getLogger("panoramisk").setLevel(logging.CRITICAL)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # It tells of every look at the health of the recogniser, one a second.
    logging.getLogger("websockets").setLevel(logging.WARNING)


def _console() -> Any:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _values_beside(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`extra=` of the standard library becomes values beside the message."""
    record = event.get("_record")
    if record is not None:
        event.update({name: value for name, value in vars(record).items() if name not in _STANDARD})
    return event


def mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out marked values; of any five digits or more leave the last two."""
    for name, value in list(event.items()):
        if name.startswith(PII):
            event[name] = "…"
        elif name not in _UNMASKED and not name.startswith("_"):
            event[name] = _masked_value(value)
    return event


def _masked_value(value: Any) -> Any:
    """Numbers without a patient's digits stay numbers; whatever else is told as text, masked."""
    if value is None or isinstance(value, bool | float):
        return value
    text = masked(str(value))
    return value if isinstance(value, int) and text == str(value) else text


def masked(text: str) -> str:
    """Policy numbers, SNILS, telephones and birth dates keep their last two digits, mail addresses their host."""
    told = _DETAIL.sub("DETAIL: …", text)
    undated = _DATE.sub(lambda found: _last_two(found[0]), _MAIL.sub("…", told))
    return _DIGITS.sub(lambda found: found["address"] or _last_two(found[0]), undated)


def _last_two(digits: str) -> str:
    return "…" + re.sub(r"\D", "", digits)[-2:]
