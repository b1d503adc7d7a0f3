"""Other systems: let in by a token, bound to what they were given, watched in the audit log (4.2, D-05, D-06)."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from ivr.domain.client import USUAL_RATE, Acquaintance, BadClient, Client, Scope
from ivr.domain.identifiers import Claim, PhoneNumber, Terminal
from ivr.domain.patient import Patient
from ivr.domain.refusals import BadToken, NotFound, NotIdentified
from ivr.domain.rules import Rules
from ivr.domain.slot import Channel
from ivr.services import identification
from ivr.services.ports import Work

MARK = "ivr_"
"""Tokens begin with it: whoever finds one in a file knows what it is."""
KNOWN_FOR = timedelta(hours=12)
"""So long a client may act for a patient whom it has named; then it names him again."""

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?|[0-9a-f]{0,4}:[0-9a-f:]*")


def add(
    work: Work,
    name: str,
    scopes: Iterable[Scope],
    *,
    channel: Channel = Channel.OTHER,
    per_minute: int = USUAL_RATE,
    hosts: Iterable[str] = (),
    who: str,
    now: datetime,
) -> tuple[Client, str]:
    """The new client, and its token, which is known to nobody afterwards. Raises ClientKnown, BadClient."""
    token = MARK + secrets.token_urlsafe(32)
    named = tuple(sorted({host.strip().lower() for host in hosts}))
    client = Client(0, name.strip(), channel, frozenset(scopes), per_minute, True, now, named)
    _check_what_is_given(client)
    with work:
        client_id = work.clients.add(client, _digest(token))
        detail = {"client": client_id, "channel": channel, "scopes": sorted(client.scopes), "hosts": list(named)}
        work.audit.add(who=who, action="client added", detail=detail, now=now)
        work.commit()
        return work.clients.get(client_id), token


def _check_what_is_given(client: Client) -> None:
    """Raises BadClient. Clients that were registered before stay as they are."""
    if not client.scopes:
        raise BadClient("scopes", "a client may do something: name a scope")
    if wrong := [host for host in client.hosts if not _HOST.fullmatch(host)]:
        raise BadClient("hosts", f"a host is a name alone, without https://, port or path: {', '.join(wrong)}")


def revoke(work: Work, name: str, *, who: str, now: datetime) -> Client:
    """The client of that name is let in no more, from the next request on. Raises NotFound."""
    with work:
        client = work.clients.named(name.strip())
        if client is None:
            raise NotFound(name)
        if client.active:
            work.clients.revoke(client.id, now)
            work.audit.add(who=who, action="client revoked", detail={"client": client.id}, now=now)
            work.commit()
        return work.clients.get(client.id)


def get(work: Work, client_id: int) -> Client:
    """Raises NotFound."""
    with work.reading():
        return work.clients.get(client_id)


def all_clients(work: Work) -> list[Client]:
    with work.reading():
        return work.clients.all()


def of_token(work: Work, token: str) -> Client:
    """Whose token it is. Raises BadToken, whatever is wrong with it."""
    with work.reading():
        client = work.clients.of_digest(_digest(token))
    if client is None or not client.active:
        raise BadToken
    return client


def identify(
    work: Work,
    client: Client,
    claim: Claim,
    born: date,
    *,
    phone: PhoneNumber | None = None,
    ticket: str | None = None,
    rules: Rules,
    now: datetime,
) -> tuple[Patient, Acquaintance]:
    """The patient, for whom the client may act from now on. `phone`: one that the client has verified itself.

    Raises NotIdentified, CertificateExpired, CallerLocked: failures count against the telephone, else against the
    client; and against the number, whatever telephones are named. Both in the hands of this client alone: what it
    says of a telephone locks no calls from there, nor other clients.
    """
    caller = Terminal(f"api:{client.id}") if phone is None else _in_hands_of(client, phone.e164, shared=False)
    number = _in_hands_of(client, claim.digits)
    identification.refuse_locked(work, number, rules=rules, now=now)
    try:
        patient = identification.identify(work, claim, born, caller=caller, rules=rules, now=now)
    except NotIdentified:
        identification.count(work, number, now=now)
        raise
    told = client.may(Scope.REGISTRY) or (
        client.may(Scope.VISITS)
        and identification.may_hear_bookings(work, patient, caller=phone, ticket=ticket, rules=rules, now=now)
    )
    known = Acquaintance(patient.id, told, now + KNOWN_FOR)
    with work:
        work.clients.meet(client.id, known)
        detail = {"patient": patient.id, "why": "identified", "told": told}
        work.audit.add(who=client.who, action="patient shown", detail=detail, now=now)
        work.commit()
    return patient, known


def patient_of(work: Work, client: Client, patient_id: int, *, why: str, now: datetime) -> tuple[Patient, Acquaintance]:
    """A patient whom the client has named lately; that it looked at him is kept before anything is shown.

    Raises NotIdentified, also where there is no such patient (4.2).
    """
    with work:
        known = work.clients.knows(client.id, patient_id, now)
        if known is None:
            raise NotIdentified
        patient = work.patients.get(patient_id)
        detail = {"patient": patient_id, "why": why}
        work.audit.add(who=client.who, action="patient shown", detail=detail, now=now)
        work.commit()
    return patient, known


def _in_hands_of(client: Client, number: str, *, shared: bool = True) -> Terminal:
    return Terminal(f"a{_digest(f'{client.id}:{number}')[:15]}", shared)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
