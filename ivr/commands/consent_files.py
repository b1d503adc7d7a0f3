"""The ledger of consents as CSV, JSON and XLSX: the same facts in each."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ivr.domain.consent import Consent, LineState
from ivr.services.consent_export import Exported, Ledger
from ivr.web.registry import words
from ivr.web.reports.files import to_csv, to_xlsx
from ivr.web.reports.table import Chart, Column, Kind, Table

TITLES: Mapping[str, str] = {
    "number": "№",
    "surname": "Фамилия",
    "given_name": "Имя",
    "patronymic": "Отчество",
    "birth_date": "Дата рождения",
    "oms": "Полис ОМС",
    "snils": "СНИЛС",
    "ticket": "Талон",
    "purpose": "На что",
    "answer": "Ответ",
    "state": "Состояние",
    "method": "Способ",
    "phone": "Телефон",
    "email": "Электронная почта",
    "said_at": "Когда",
    "channel": "Где",
    "proof": "Чем подтверждено",
    "call_key": "Звонок",
    "noted_by": "Кто записал",
    "wording": "Версия формулировки",
    "words": "Формулировка",
    "withdrawn_at": "Отозвано",
    "withdrawn_channel": "Где отозвано",
    "withdrawn_proof": "Чем подтверждён отзыв",
    "withdrawn_noted_by": "Кто записал отзыв",
    "withdrawal": "№ отзыва",
}
"""Keys of JSON, titles of the tables."""
Facts = dict[str, Any]


def to_json(told: Ledger, zone: ZoneInfo) -> bytes:
    facts = {
        "consents": list(_all_facts(told, zone)),
        "wordings": [{"version": one.version, "purpose": one.purpose, "text": one.text} for one in told.wordings],
    }
    return json.dumps(facts, ensure_ascii=False, indent=1, default=lambda value: value.isoformat()).encode()


def csv_of(told: Ledger, zone: ZoneInfo) -> bytes:
    return to_csv(_table(told, zone))


def xlsx_of(told: Ledger, zone: ZoneInfo) -> bytes:
    columns = tuple(Column(title, Kind.TEXT) for title in ("Версия", "На что", "Формулировка"))
    rows = [(one.version, words.CONSENTS[one.purpose], one.text) for one in told.wordings]
    return to_xlsx([_table(told, zone), Table("wordings", "Формулировки", columns, rows, Chart())])


WRITERS: Mapping[str, Callable[[Ledger, ZoneInfo], bytes]] = {".csv": csv_of, ".json": to_json, ".xlsx": xlsx_of}


def _table(told: Ledger, zone: ZoneInfo) -> Table:
    columns = tuple(Column(title, Kind.TEXT) for title in TITLES.values())
    rows = [[_in_russian(key, fact) for key, fact in facts.items()] for facts in _all_facts(told, zone)]
    return Table("consents", "Согласия", columns, rows, Chart())


def _all_facts(told: Ledger, zone: ZoneInfo) -> list[Facts]:
    said = {(one.version, one.purpose): one.text for one in told.wordings}
    return [_facts(one, said, told.users, zone) for one in told.lines]


def _facts(one: Exported, said: Mapping[Any, str], users: Mapping[str, str], zone: ZoneInfo) -> Facts:
    own, patient = one.line.said, one.patient
    facts = {
        "number": own.id,
        "surname": patient.surname,
        "given_name": patient.given_name,
        "patronymic": patient.patronymic,
        "birth_date": patient.birth_date,
        "oms": patient.oms and patient.oms.digits,
        "snils": patient.snils and patient.snils.digits,
        "ticket": one.ticket,
        "purpose": own.purpose,
        "answer": "YES" if own.given else "NO",
        "state": one.line.state.value,
        "method": own.method,
        "phone": own.phone and own.phone.e164,
        "email": own.email,
        "said_at": own.at.astimezone(zone),
        "channel": own.channel,
        "proof": own.proof,
        "call_key": own.call_key,
        "noted_by": _name(own, users),
        "wording": own.wording,
        "words": said.get((own.wording, own.purpose)),
    }
    ended = one.line.ended if one.line.state is LineState.WITHDRAWN else None
    return facts | {
        "withdrawn_at": ended and ended.at.astimezone(zone),
        "withdrawn_channel": ended and ended.channel,
        "withdrawn_proof": ended and ended.proof,
        "withdrawn_noted_by": ended and _name(ended, users),
        "withdrawal": ended and ended.id,
    }


def _name(said: Consent, users: Mapping[str, str]) -> str | None:
    return users.get(said.noted_by, said.noted_by) if said.noted_by else None


_RUSSIAN: Mapping[str, Mapping[Any, str]] = {
    "purpose": words.CONSENTS,
    "answer": {"YES": "да", "NO": "нет"},
    "state": words.LINE_STATES,
    "method": words.METHODS,
    "channel": words.CHANNELS,
    "withdrawn_channel": words.CHANNELS,
}


def _in_russian(key: str, fact: Any) -> str:
    match fact:
        case None:
            return ""
        case datetime():
            return f"{fact:%d.%m.%Y %H:%M:%S}"
        case _ if key == "birth_date":
            return f"{fact:%d.%m.%Y}"
        case _ if key in ("proof", "withdrawn_proof"):
            return words.proof(fact)
        case _:
            return _RUSSIAN.get(key, {}).get(fact, str(fact))
