"""Which machines are kiosks: a pass is made, typed in once at the machine, and changed for a secret of its own."""

import hashlib
import secrets
from datetime import datetime, timedelta

from ivr.domain.kiosk import Kiosk, check_name
from ivr.domain.refusals import PassRefused
from ivr.services import infomat
from ivr.services.ports import Work

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without letters that look like digits."""
GROUPS, GROUP = 4, 4
PASS_LASTS = timedelta(hours=24)
DEMO_LASTS = timedelta(days=7)


def make_pass(work: Work, name: str, *, who: str, now: datetime) -> str:
    """A pass for the kiosk of that name, new or known; it is shown once. Valid for a day, for one machine.

    The machine that is this kiosk now goes on until the pass is typed in at another one. Raises BadKioskName.
    """
    check_name(name)
    fresh = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    with work:
        kiosk_id = _pass(work, name, fresh, now + PASS_LASTS, now)
        work.audit.add(who=who, action="kiosk.pass", detail={"kiosk": kiosk_id, "name": name}, now=now)
        work.commit()
    return fresh


def keep_demo_pass(work: Work, name: str, password: str, *, now: datetime) -> None:
    """The demo's kiosk can be let in by this password whenever the program begins."""
    with work:
        _pass(work, name, password, now + DEMO_LASTS, now)
        work.commit()


def admit(work: Work, typed: str, *, now: datetime) -> tuple[Kiosk, str]:
    """The kiosk and the secret by which its machine is known from now on. Raises PassRefused."""
    device = secrets.token_urlsafe(32)
    with work:
        kiosk = work.kiosks.with_pass(_digest(typed.strip()))
        if kiosk is None or not kiosk.has_pass(now):
            raise PassRefused
        infomat.end_within(work, kiosk.id)
        work.kiosks.admit(kiosk.id, _digest(device), now)
        work.audit.add(who=f"infomat:{kiosk.id}", action="kiosk.admitted", detail={"kiosk": kiosk.id}, now=now)
        work.commit()
    return kiosk, device


def kiosk_of(work: Work, device: str) -> Kiosk | None:
    """Which kiosk a machine is; None: none, or no more."""
    with work.reading():
        kiosk = work.kiosks.with_device(_digest(device))
    return kiosk if kiosk is not None and kiosk.is_open else None


def revoke(work: Work, kiosk_id: int, *, who: str, now: datetime) -> None:
    """The machine is a kiosk no more. Raises NotFound."""
    with work:
        kiosk = work.kiosks.get(kiosk_id)
        infomat.end_within(work, kiosk_id)
        work.kiosks.revoke(kiosk_id, now)
        work.audit.add(who=who, action="kiosk.revoked", detail={"kiosk": kiosk_id, "name": kiosk.name}, now=now)
        work.commit()


def get(work: Work, kiosk_id: int) -> Kiosk:
    """Raises NotFound."""
    with work.reading():
        return work.kiosks.get(kiosk_id)


def everybody(work: Work) -> list[Kiosk]:
    with work.reading():
        return work.kiosks.all()


def _pass(work: Work, name: str, fresh: str, until: datetime, now: datetime) -> int:
    kiosk_id = work.kiosks.add(name, now)
    work.kiosks.set_pass(kiosk_id, _digest(fresh), until)
    return kiosk_id


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
