"""Who works at the desk, what they are doing, and what has changed for the pages they look at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ivr.domain.refusals import LoginTaken
from ivr.domain.user import Role, User
from ivr.services.desk_ports import Change, OperatorCall, Secret, WebSession
from ivr.storage.register import Register, found, upsert
from ivr.storage.tables import changes, operator_calls, operator_states, run_settings, users, web_sessions


class UserRegister(Register):
    def get(self, user_id: int) -> User:
        row = self._run(select(users).where(users.c.id == user_id)).one_or_none()
        return _user(found(row, f"user {user_id}"))

    def secret(self, login: str) -> Secret | None:
        row = self._run(select(users).where(users.c.login == login)).one_or_none()
        return None if row is None else Secret(_user(row), row.password, row.failed)

    def all(self) -> list[User]:
        return [_user(row) for row in self._run(select(users).order_by(users.c.name, users.c.id))]

    def add(self, user: User, password: str, now: datetime) -> int:
        values = {"login": user.login} | _kept(user)
        try:
            with self._connection.begin_nested():
                return self._insert(users, **values, password=password, created_at=now)
        except IntegrityError:
            raise LoginTaken(user.login) from None

    def save(self, user: User) -> None:
        self._run(update(users).where(users.c.id == user.id).values(_kept(user)))

    def set_password(self, user_id: int, password: str, *, must_change: bool) -> None:
        fresh = {"password": password, "must_change": must_change, "failed": 0, "locked_until": None}
        self._run(update(users).where(users.c.id == user_id).values(fresh))

    def set_failed(self, user_id: int, failed: int, locked_until: datetime | None) -> None:
        self._run(update(users).where(users.c.id == user_id).values(failed=failed, locked_until=locked_until))


class WebSessionRegister(Register):
    def add(self, session: WebSession) -> None:
        values = {"digest": session.digest, "user_id": session.user_id}
        self._run(insert(web_sessions).values(**values, begun_at=session.begun_at, seen_at=session.seen_at))

    def get(self, digest: str) -> WebSession | None:
        return next(iter(self._sessions(select(web_sessions).where(web_sessions.c.digest == digest))), None)

    def seen(self, digest: str, now: datetime) -> None:
        self._run(update(web_sessions).where(web_sessions.c.digest == digest).values(seen_at=now))

    def end(self, digest: str, now: datetime) -> None:
        own = (web_sessions.c.digest == digest) & web_sessions.c.ended_at.is_(None)
        self._run(update(web_sessions).where(own).values(ended_at=now))

    def end_all(self, user_id: int, now: datetime) -> None:
        own = (web_sessions.c.user_id == user_id) & web_sessions.c.ended_at.is_(None)
        self._run(update(web_sessions).where(own).values(ended_at=now))

    def live(self, user_id: int, since: datetime) -> list[WebSession]:
        own = web_sessions.c
        return self._sessions(
            select(web_sessions).where(own.user_id == user_id, own.ended_at.is_(None), own.seen_at > since)
        )

    def _sessions(self, chosen: Select[Any]) -> list[WebSession]:
        return [WebSession(**row._mapping) for row in self._run(chosen)]


class ChangeRegister(Register):
    def add(self, kind: str, refs: Sequence[object]) -> None:
        if refs:
            self._run(insert(changes), [{"kind": kind, "ref": str(ref)} for ref in refs])

    def since(self, after: int) -> list[Change]:
        rows = self._run(select(changes).where(changes.c.id > after).order_by(changes.c.id))
        return [Change(**row._mapping) for row in rows]

    def last(self) -> int:
        return self._run(select(func.max(changes.c.id))).scalar() or 0

    def forget(self, before: int) -> None:
        self._run(delete(changes).where(changes.c.id < before))


class OperatorCallRegister(Register):
    def add(self, call: OperatorCall) -> int:
        values = {"call_key": call.call_key, "user_id": call.user_id, "outcome": call.outcome, "rang_at": call.rang_at}
        return self._insert(operator_calls, **values, waited_s=call.waited_s)

    def get(self, call_id: int) -> OperatorCall:
        row = self._run(select(operator_calls).where(operator_calls.c.id == call_id)).one_or_none()
        return _operator_call(found(row, f"operator's call {call_id}"))

    def open_of(self, user_id: int) -> OperatorCall | None:
        own = operator_calls.c
        still = own.wrapped_at.is_(None) & own.outcome.in_(("RINGING", "ANSWERED", "TRANSFERRED"))
        chosen = select(operator_calls).where(own.user_id == user_id, still).order_by(own.id.desc()).limit(1)
        row = self._run(chosen).one_or_none()
        return None if row is None else _operator_call(row)

    def of_call(self, call_key: str) -> list[OperatorCall]:
        own = operator_calls.c
        rows = self._run(select(operator_calls).where(own.call_key == call_key).order_by(own.id))
        return [_operator_call(row) for row in rows]

    def change(self, call_id: int, **values: Any) -> None:
        self._run(update(operator_calls).where(operator_calls.c.id == call_id).values(values))


class OperatorStateRegister(Register):
    def begin(self, user_id: int, state: str, reason: str, now: datetime) -> None:
        self._end(operator_states.c.user_id == user_id, now)
        self._insert(operator_states, user_id=user_id, state=state, reason=reason, since=now)

    def end_all(self, now: datetime) -> None:
        self._end(operator_states.c.until.is_(None), now)

    def _end(self, whose: Any, now: datetime) -> None:
        self._run(update(operator_states).where(whose, operator_states.c.until.is_(None)).values(until=now))


class RunSettingRegister(Register):
    def all(self) -> dict[str, Any]:
        return {row.key: row.value for row in self._run(select(run_settings.c.key, run_settings.c.value))}

    def set(self, key: str, value: Any, *, who: str, now: datetime) -> None:
        values = {"value": value, "changed_by": who, "changed_at": now}
        change = upsert(self._connection, run_settings).values(key=key, **values)
        self._run(change.on_conflict_do_update(index_elements=["key"], set_=values))

    def remove(self, key: str) -> None:
        self._run(delete(run_settings).where(run_settings.c.key == key))


def _kept(user: User) -> dict[str, Any]:
    """What may change of him beside his password."""
    return {
        "name": user.name,
        "role": user.role.value,
        "active": user.active,
        "must_change": user.must_change,
        "doctor_id": user.doctor_id,
    }


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        login=row.login,
        name=row.name,
        role=Role(row.role),
        active=row.active,
        must_change=row.must_change,
        locked_until=row.locked_until,
        doctor_id=row.doctor_id,
    )


def _operator_call(row: Row[Any]) -> OperatorCall:
    return OperatorCall(**row._mapping)
