"""Who may call the federal service: a client known by his certificate, by his address, or by both (docs/epgu.md)."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from flask import Request

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Gate:
    """What is asked of a client; an empty list asks nothing, and one of `clients` and `addresses` is not empty."""

    clients: frozenset[str]
    """Names in certificates."""
    addresses: Sequence[Network]
    proxies: Sequence[Network]
    """Whose header is believed: they check the certificate."""
    header: str
    """In which a proxy passes the name of the client that it has verified."""

    def admits(self, request: Request) -> bool:
        by_name = not self.clients or not self.clients.isdisjoint(self.names(request))
        by_address = not self.addresses or _within(request.remote_addr, self.addresses)
        return by_name and by_address

    def names(self, request: Request) -> frozenset[str]:
        """What a certificate that was checked calls the client."""
        if _within(_peer(request), self.proxies):
            passed = request.headers.get(self.header, "").strip()
            return frozenset({passed} if passed else ())
        return _certified(request.environ.get("gunicorn.socket"))


def _peer(request: Request) -> str | None:
    """Who is at the other end of the connection, whatever he says of others."""
    original = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    address = original.get("REMOTE_ADDR")
    return None if address is None else str(address)


def _certified(connection: object) -> frozenset[str]:
    """Common name and DNS names of the certificate of a TLS connection of our own."""
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    if not certificate:
        return frozenset()
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    also = certificate.get("subjectAltName", ())
    wanted = {"commonName", "DNS"}
    return frozenset(str(value) for kind, value in [*subject, *also] if kind in wanted)


def _within(address: str | None, networks: Sequence[Network]) -> bool:
    try:
        found = ip_address(address or "")
    except ValueError:
        return False
    return any(found in network for network in networks)
