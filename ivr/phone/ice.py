"""Where a browser may send its speech: the ICE lines of rtp.conf."""

import ipaddress
import socket

from ivr.phone.config import PhoneConfig

_ELSEWHERE = ("192.0.2.1", 9)
"""An address of no network: the kernel says which of ours it would use, and nothing is sent."""


def ice_lines(config: PhoneConfig) -> str:
    """Only the address that the settings name is offered; all of this machine's where they name none."""
    if config.external_address:
        return _candidates(own_address(), f"{config.external_address},include_local_address")
    address = ipaddress.ip_address(config.bind)
    if address.is_unspecified:
        return ""
    lines = f"ice_deny = 0.0.0.0/0\nice_permit = {config.bind}/32"
    # Asterisk offers no loopback address by itself: our own one is given out as it.
    return f"{lines}\n{_candidates(own_address(), config.bind)}" if address.is_loopback else lines


def own_address() -> str:
    """The address of this machine towards others; empty where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _candidates(own: str, advertised: str) -> str:
    return f"\n[ice_host_candidates]\n{own} => {advertised}" if own else ""
