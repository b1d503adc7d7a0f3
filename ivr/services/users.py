"""Who works at the desk: added, changed, closed; there is always an administrator."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ivr.domain.refusals import LastAdministrator, NotFound, NotYourself
from ivr.domain.user import Role, User
from ivr.services import access, passwords
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Listed:
    """A user as the administrator sees him."""

    user: User
    seen_at: datetime | None
    """The last sign of life of a session that has not ended."""


def everybody(work: Work, *, idle: timedelta, now: datetime) -> list[Listed]:
    """By name, those who work here first."""
    with work.reading():
        users = work.users.all()
        seen = {user.id: [one.seen_at for one in work.web_sessions.live(user.id, now - idle)] for user in users}
    listed = [Listed(user, max(seen[user.id], default=None)) for user in users]
    return sorted(listed, key=lambda one: (not one.user.active, one.user.name))


def get(work: Work, user_id: int) -> User:
    """Raises NotFound."""
    with work.reading():
        return work.users.get(user_id)


def by_login(work: Work, login: str) -> User:
    """Raises NotFound."""
    with work.reading():
        known = work.users.secret(login.strip().lower())
    if known is None:
        raise NotFound(login)
    return known.user


def add(
    work: Work, *, login: str, name: str, role: Role, doctor_id: int | None = None, who: str, now: datetime
) -> tuple[int, str]:
    """A new user and the password for his first log-in. Raises LoginTaken, NotFound for an unknown doctor."""
    password = passwords.one_time()
    user = User(0, login, name, role, must_change=True, doctor_id=doctor_id if role is Role.DOCTOR else None)
    return access.add_user(work, user, password, who=who, now=now), password


def change(work: Work, user: User, *, by: int, now: datetime) -> None:
    """Name, role, doctor, open or closed; whoever is closed or gets other rights is logged out.

    Raises NotFound, NotYourself, LastAdministrator.
    """
    if user.role is not Role.DOCTOR:
        user = replace(user, doctor_id=None)
    with work:
        if user.doctor_id is not None:
            work.staff.doctor(user.doctor_id)
        before = work.users.get(user.id)
        if user.id == by and (user.role, user.active) != (before.role, before.active):
            raise NotYourself
        if _is_administrator(before) and not _is_administrator(user) and not _others(work, user.id):
            raise LastAdministrator
        work.users.save(replace(user, login=before.login, must_change=before.must_change))
        if not user.active or (user.role, user.doctor_id) != (before.role, before.doctor_id):
            work.web_sessions.end_all(user.id, now)
        detail = {"user": user.id, "role": user.role.value, "active": user.active, "doctor": user.doctor_id}
        work.audit.add(who=f"user:{by}", action="user changed", detail=detail, now=now)
        work.commit()


def reset_password(work: Work, user_id: int, *, who: str, now: datetime) -> str:
    """A password for one log-in; his sessions end, a lock is lifted. Raises NotFound."""
    password = passwords.one_time()
    fresh = passwords.digest(password)
    with work:
        work.users.get(user_id)
        work.users.set_password(user_id, fresh, must_change=True)
        work.web_sessions.end_all(user_id, now)
        work.audit.add(who=who, action="password reset", detail={"user": user_id}, now=now)
        work.commit()
    return password


def _is_administrator(user: User) -> bool:
    return user.active and user.role is Role.ADMINISTRATOR


def _others(work: Work, user_id: int) -> bool:
    return any(_is_administrator(other) for other in work.users.all() if other.id != user_id)
