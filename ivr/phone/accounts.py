"""Operators' telephones as Asterisk keeps them in its own database while they are logged in."""

import hashlib
import json
import re
from collections.abc import Mapping

from ivr.phone.config import PhoneConfig

FAMILY = "ivr"
"""Of Asterisk's database (sorcery.conf)."""
REALM = "asterisk"
"""What Asterisk asks passwords for, unless told otherwise."""
_NAME = re.compile(r"op[1-9]\d{0,8}")


def phone_of(user_id: int) -> str:
    return f"op{user_id}"


def number_of(user_id: int) -> str:
    """What colleagues dial (ivr-colleague of the dialplan)."""
    return f"7{user_id:02d}"


def is_operator(phone: str) -> bool:
    """Whether it is one of ours; no other name may reach Asterisk."""
    return _NAME.fullmatch(phone) is not None


def ha1(phone: str, password: str) -> str:
    text = f"{phone}:{REALM}:{password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()  # SIP's digest is made of it


def account(config: PhoneConfig, phone: str, number: str, digest: str) -> Mapping[str, str]:
    """The three objects by kind, each as JSON; the password itself is in none."""
    endpoint = {
        "webrtc": "yes",
        "disallow": "all",
        "allow": "opus",  # one clock rate only, see [webguest]
        "dtmf_mode": "rfc4733",
        "direct_media": "no",
        "rtp_symmetric": "yes",
        "force_rport": "yes",
        "rewrite_contact": "yes",
        "context": "from-operator",
        "auth": phone,
        "aors": phone,
        "callerid": f"<{number}>",
        "identify_by": "username",
        "allow_subscribe": "no",
        "rtp_timeout": "60",
        "rtp_timeout_hold": "600",
        "device_state_busy_at": "1",
        "language": "ru",
        **_media(config),
    }
    aor = {"max_contacts": "1", "remove_existing": "yes", "maximum_expiration": "300"}
    return {"aor": json.dumps(aor), "auth": login(phone, digest), "endpoint": json.dumps(endpoint)}


def login(phone: str, digest: str) -> str:
    """What Asterisk checks the telephone's password against."""
    return json.dumps({"auth_type": "md5", "username": phone, "md5_cred": digest, "realm": REALM})


def _media(config: PhoneConfig) -> Mapping[str, str]:
    address = config.media_address
    return {"media_address": address, "bind_rtp_to_media_address": "yes"} if address else {}
