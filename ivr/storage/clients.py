"""Other systems: who they are, whom they know, and what their commands were answered with."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, null, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.client import Acquaintance, Client, Scope
from ivr.domain.refusals import ClientKnown
from ivr.domain.slot import Channel
from ivr.services.client_ports import Reply, Sent
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import client_commands as commands
from ivr.storage.tables import client_patients as known
from ivr.storage.tables import clients


class ClientRegister(Register):
    def get(self, client_id: int) -> Client:
        return found(self._one(clients.c.id == client_id), f"client {client_id}")

    def named(self, name: str) -> Client | None:
        return self._one(clients.c.name == name)

    def of_digest(self, digest: str) -> Client | None:
        return self._one(clients.c.digest == digest)

    def all(self) -> list[Client]:
        return [_client(row) for row in self._run(select(clients).order_by(clients.c.name))]

    def lock(self, client_id: int) -> None:
        # NO KEY UPDATE: rows that refer to the client may be written meanwhile. SQLite has one writer anyway.
        chosen = select(clients.c.id).where(clients.c.id == client_id).with_for_update(key_share=True)
        found(self._run(chosen).scalar(), f"client {client_id}")

    def add(self, client: Client, digest: str) -> int:
        values = {
            "name": client.name,
            "digest": digest,
            "channel": client.channel.value,
            "scopes": sorted(client.scopes),
            "hosts": list(client.hosts),
            "per_minute": client.per_minute,
            "active": client.active,
            "created_at": client.created_at,
        }
        try:
            with self._connection.begin_nested():
                return self._insert(clients, **values)
        except IntegrityError:
            raise ClientKnown(client.name) from None

    def revoke(self, client_id: int, now: datetime) -> None:
        own = (clients.c.id == client_id) & clients.c.active
        self._run(update(clients).where(own).values(active=False, revoked_at=now))

    def meet(self, client_id: int, known_now: Acquaintance) -> None:
        row = {"told": known_now.told, "until": known_now.until}
        keys = {"client_id": client_id, "patient_id": known_now.patient_id}
        met = upsert(self._connection, known).values(keys | row)
        self._run(met.on_conflict_do_update(index_elements=list(keys), set_=row))

    def knows(self, client_id: int, patient_id: int, now: datetime) -> Acquaintance | None:
        own = (known.c.client_id == client_id) & (known.c.patient_id == patient_id) & (known.c.until > now)
        row = self._run(select(known.c.patient_id, known.c.told, known.c.until).where(own)).one_or_none()
        return None if row is None else Acquaintance(**row._mapping)

    def send(self, client_id: int, key: str, fingerprint: str, now: datetime) -> Sent:
        row = {"client_id": client_id, "key": key, "fingerprint": fingerprint, "sent_at": now, "body": null()}
        self._run(upsert(self._connection, commands).values(row).on_conflict_do_nothing())
        return self._sent(client_id, key)

    def answer(self, client_id: int, key: str, reply: Reply) -> Reply:
        first = _command(client_id, key) & commands.c.status.is_(None)
        self._run(update(commands).where(first).values(status=reply.status, body=reply.body))
        kept = self._sent(client_id, key).reply
        return reply if kept is None else kept

    def forget_commands(self, before: datetime) -> None:
        self._run(delete(commands).where(commands.c.sent_at < before))

    def forget_patients(self, now: datetime) -> None:
        self._run(delete(known).where(known.c.until <= now))

    def _sent(self, client_id: int, key: str) -> Sent:
        row = self._run(select(commands).where(_command(client_id, key))).one()
        return Sent(row.fingerprint, None if row.status is None else Reply(row.status, row.body))

    def _one(self, condition: ColumnElement[bool]) -> Client | None:
        row = self._run(select(clients).where(condition)).one_or_none()
        return None if row is None else _client(row)


def _command(client_id: int, key: str) -> ColumnElement[bool]:
    return (commands.c.client_id == client_id) & (commands.c.key == key)


def _client(row: Row[Any]) -> Client:
    return Client(
        id=row.id,
        name=row.name,
        channel=Channel(row.channel),
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        per_minute=row.per_minute,
        active=row.active,
        created_at=row.created_at,
        hosts=tuple(row.hosts),
        revoked_at=row.revoked_at,
    )
