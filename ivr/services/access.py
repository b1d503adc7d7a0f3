"""Logging in at the desk: locked after wrong passwords, ended when idle, closed by a supervisor."""

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from ivr.domain.refusals import BadLogin, LoginLocked, NotFound
from ivr.domain.user import Role, User
from ivr.services import passwords
from ivr.services.desk_ports import WebSession
from ivr.services.ports import Work

LOCK_AFTER = 5
LOCK_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(seconds=30)
"""A sign of life is written no more often."""
LONGEST = timedelta(hours=14)
"""Longer than any shift: then one logs in again."""


def log_in(work: Work, login: str, password: str, *, now: datetime) -> tuple[User, str]:
    """The user and the token of his new session. Raises BadLogin, LoginLocked."""
    name = login.strip().lower()
    with work.reading():
        known = work.users.secret(name)
    if known is not None and known.user.is_locked(now):
        raise LoginLocked(name)
    fits = passwords.fits(known.password if known else None, password)
    if known is None:
        raise BadLogin(name)
    with work:
        if not fits or not known.user.active:
            _count(work, known.user.id, name, now)
            work.commit()
            raise BadLogin(name)
        token = _begin(work, known.user, now)
        work.commit()
    return known.user, token


def user_of(work: Work, token: str, *, idle: timedelta, now: datetime, alive: bool = True) -> User | None:
    """Whose session it is; None where it has ended, was idle too long, or its user is closed.

    `alive`: somebody is there, not only an open page that asks for news by itself.
    """
    digest = _digest(token)
    with work.reading():
        session = work.web_sessions.get(digest)
        user = None if session is None else work.users.get(session.user_id)
    if session is None or user is None or not user.active or not _lives(session, idle, now):
        return None
    if alive and now - session.seen_at >= SEEN_EVERY:
        with work:
            work.web_sessions.seen(digest, now)
            work.commit()
    return user


def log_out(work: Work, token: str, *, now: datetime) -> None:
    with work:
        work.web_sessions.end(_digest(token), now)
        work.commit()


def throw_out(work: Work, user_id: int, *, who: str, now: datetime) -> None:
    """End all sessions of a user."""
    with work:
        work.web_sessions.end_all(user_id, now)
        work.audit.add(who=who, action="sessions ended", detail={"user": user_id}, now=now)
        work.commit()


def change_password(work: Work, user_id: int, before: str, after: str, *, now: datetime) -> str:
    """A new password by its owner, who proves the old one; his other sessions end. The token of a new session.

    Raises BadLogin, WeakPassword.
    """
    with work.reading():
        user = work.users.get(user_id)
        known = work.users.secret(user.login)
    if known is None or not passwords.fits(known.password, before):
        raise BadLogin(user.login)
    passwords.must_be_strong(after, login=user.login, before=known.password)
    fresh = passwords.digest(after)
    with work:
        work.users.set_password(user_id, fresh, must_change=False)
        work.web_sessions.end_all(user_id, now)
        token = _begin(work, user, now)
        work.audit.add(who=f"user:{user_id}", action="password changed", detail={"user": user_id}, now=now)
        work.commit()
    return token


def add_user(work: Work, user: User, password: str, *, who: str, now: datetime) -> int:
    """Store a new user. Raises LoginTaken, NotFound for an unknown doctor."""
    fresh = passwords.digest(password)
    with work:
        if user.doctor_id is not None:
            work.staff.doctor(user.doctor_id)
        user_id = work.users.add(user, fresh, now)
        detail = {"user": user_id, "role": user.role.value, "doctor": user.doctor_id}
        work.audit.add(who=who, action="user added", detail=detail, now=now)
        work.commit()
    return user_id


def first_administrator(work: Work, *, now: datetime) -> tuple[str, str] | None:
    """Login and password of the administrator made for a database that has no user yet; None where there are users."""
    password = passwords.one_time()
    fresh = passwords.digest(password)
    with work:
        if work.users.all():
            return None
        admin = User(0, "admin", "Администратор", Role.ADMINISTRATOR, must_change=True)
        user_id = work.users.add(admin, fresh, now)
        work.audit.add(who="system", action="user added", detail={"user": user_id, "role": admin.role.value}, now=now)
        work.commit()
    return admin.login, password


def keep_demo_user(work: Work, user: User, password: str, *, now: datetime) -> None:
    """A user of the demo hospital with this password, made or set again."""
    with work.reading():
        known = work.users.secret(user.login)
    unlinked = known is not None and known.user.doctor_id is None and user.doctor_id is not None
    if known is not None and passwords.fits(known.password, password) and not unlinked:
        return
    fresh = passwords.digest(password)
    with work:
        if known is None:
            work.users.add(user, fresh, now)
        else:
            work.users.set_password(known.user.id, fresh, must_change=False)
            work.users.save(replace(known.user, active=True, doctor_id=known.user.doctor_id or user.doctor_id))
        work.commit()


def _begin(work: Work, user: User, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    work.users.set_failed(user.id, 0, None)
    work.web_sessions.add(WebSession(_digest(token), user.id, begun_at=now, seen_at=now))
    work.audit.add(who=f"user:{user.id}", action="log-in", detail={}, now=now)
    return token


def _count(work: Work, user_id: int, login: str, now: datetime) -> None:
    """One more wrong password; counted under the write lock, so that none is missed."""
    known = work.users.secret(login)
    if known is None:
        raise NotFound(login)
    failed = known.failed + 1
    locked = now + LOCK_FOR if failed >= LOCK_AFTER else None
    work.users.set_failed(user_id, 0 if locked else failed, locked)
    work.audit.add(who=f"user:{user_id}", action="log-in refused", detail={"locked": locked is not None}, now=now)


def _lives(session: WebSession, idle: timedelta, now: datetime) -> bool:
    return session.ended_at is None and now - session.seen_at < idle and now - session.begun_at < LONGEST


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
