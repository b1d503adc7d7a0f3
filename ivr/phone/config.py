"""Everything the telephone side is told: addresses, ports, folders, secrets. bootstrap fills it from the settings."""

import hashlib
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from secrets import token_urlsafe

PROJECT = Path(__file__).parents[2]
UNPLAYABLE = ",&|$'\"\\\r\n\0"
"""Signs in the name of a sound that Asterisk takes apart: lists, arguments, variables."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")


class BadPhoneConfig(ValueError):
    """A value cannot stand in an Asterisk configuration; names the value and says what to do."""


def _checked_text(where: str, value: str) -> None:
    # A line break would start a directive of its own, a semicolon would hide the rest of the line.
    if any(sign in value for sign in "\r\n\0;"):
        raise BadPhoneConfig(f"{where}: a line break or a semicolon cannot stand in Asterisk's files; remove it")


def _checked_port(where: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise BadPhoneConfig(f"{where}: {port} is not a port; use 1 to 65535")


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator's telephone, registered by name and secret, and a member of the queue."""

    name: str
    secret: str = field(repr=False)
    title: str = "Operator"
    number: str = "101"

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BadPhoneConfig(f"operator {self.name!r}: use 1 to 40 Latin letters, digits, - or _")
        for where in ("secret", "title", "number"):
            _checked_text(f"operator {self.name}, {where}", getattr(self, where))


@dataclass(frozen=True, slots=True)
class Trunk:
    """The provider's line: where calls come from; with a user, where we register."""

    host: str
    """host or host:port."""
    match: str = ""
    """Addresses calls come from, comma separated; the host's own if empty."""
    user: str = ""
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for where in ("host", "match", "user", "secret"):
            _checked_text(f"trunk, {where}", getattr(self, where))


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """One instance of the telephone side. Two instances need different ports and folders, nothing else."""

    folder: Path
    """Where Asterisk's own files go: etc, data, log, run."""
    demo_secret: str = field(repr=False)
    ami_secret: str = field(repr=False)
    desk_secret: str = field(default_factory=token_urlsafe, repr=False)
    """Of the manager user by which the desk acts."""
    dial_secret: str = field(default_factory=token_urlsafe, repr=False)
    """Of the manager user by which patients are rung up."""
    agi_secret: str = field(default="", repr=False)
    """Stands in the AGI addresses of the dialplan; who connects without it is no Asterisk of ours."""
    bind: str = "127.0.0.1"
    external_address: str = ""
    """The address telephones see, when this machine is behind a router."""
    sip_port: int = 5060
    ws_host: str = "127.0.0.1"
    """Where telephones in browsers reach Asterisk, by WebSocket; a proxy with TLS may stand before it."""
    ws_port: int = 8088
    wss_port: int = 8089
    """The same with TLS, on `wss_host`, where there is a certificate."""
    wss_host: str = "127.0.0.1"
    certificate: Path | None = None
    certificate_key: Path | None = None
    web_guests: int = 20
    """Calls of guests' browsers at once."""
    guest_secret: str = field(default="", repr=False)
    """Signs the tokens that let a guest's call in; without it none is let in."""
    rtp_start: int = 20000
    rtp_end: int = 20999
    agi_host: str = "127.0.0.1"
    agi_port: int = 4573
    listen_host: str = "127.0.0.1"
    """Where `ivr listen` waits: an address, for an older Asterisk crashes on a name."""
    listen_port: int = 9198
    hears: bool = True
    """Callers may answer by voice."""
    barge: bool = True
    """A voice stops the prompt."""
    trunk_barge: bool = True
    """The same for calls from the trunk."""
    ami_host: str = "127.0.0.1"
    ami_port: int = 5038
    ami_user: str = "ivr"
    ami_permit: str = "127.0.0.1/255.255.255.255"
    demo_user: str = "patient"
    demo_number: str = "+79000000001"
    operators: tuple[Operator, ...] = ()
    trunk: Trunk | None = None
    amd: bool = False
    """Asterisk guesses whether a machine has answered our call; it costs a person a second and a half of silence."""
    system_name: str = "ivr"
    ivr_extension: str = "122"
    queue_extension: str = "100"
    max_calls: int = 232
    """Calls in conversation at once; more are queued for a person."""
    drain_seconds: float = 60.0
    colleague_seconds: int = 25
    """How long a colleague is rung."""
    queue_seconds: int = 300
    queue_length: int = 50
    queue_rounds: int = 12
    """How often the queue is tried again before the call ends with an apology."""
    ring_seconds: int = 20
    """How long an operator's telephone rings before the next one is tried."""
    back_seconds: int = 3
    """Music before a caller who was given back joins the queue again."""
    callback_offer_seconds: int = 25
    retry_seconds: int = 5
    """Music between two tries of the queue."""
    sounds: Path = PROJECT / "prompts" / "generated" / "asterisk"
    """Holds ru/<name>.alaw: what Asterisk itself says (sounds.ru.toml)."""
    apology: Path = PROJECT / "asterisk_config" / "sounds" / "apology"
    """Without extension; must play when everything else is broken."""
    recordings: Path | None = None
    """Folder of recorded talks with operators; nothing is recorded if None."""
    music: Path | None = None
    """Folder of music on hold; a quiet tune of our own if None."""
    templates: Path = PROJECT / "asterisk_config"
    extra_modules: tuple[str, ...] = ()
    extra_dialplan: str = ""

    def __post_init__(self) -> None:
        for where in ("sip_port", "ws_port", "wss_port", "rtp_start", "rtp_end", "agi_port", "ami_port", "listen_port"):
            _checked_port(where, getattr(self, where))
        for item in fields(self):
            if item.name != "extra_dialplan" and isinstance(value := getattr(self, item.name), str | Path):
                _checked_text(item.name, str(value))
        if self.rtp_end - self.rtp_start < 3:
            raise BadPhoneConfig(f"rtp_end: {self.rtp_start} to {self.rtp_end} holds no call; a call needs two ports")
        for where in ("apology", "sounds", "recordings"):
            path = getattr(self, where)
            if found := [sign for sign in UNPLAYABLE if sign in str(path)]:
                raise BadPhoneConfig(f"{where}: {path}: Asterisk cannot play from a folder with {' '.join(found)}")

    @property
    def desk_user(self) -> str:
        """The manager user that may make telephones and lead the queue."""
        return f"{self.ami_user}-desk"

    @property
    def dial_user(self) -> str:
        """The manager user that may begin calls."""
        return f"{self.ami_user}-dial"

    @property
    def media_address(self) -> str:
        """The one address where speech is taken; empty: any of this machine's."""
        everywhere = self.bind in {"0.0.0.0", "::"}  # noqa: S104  compared, not bound
        return "" if everywhere or self.external_address else self.bind

    @property
    def instance(self) -> str:
        """Tells this installation from another on the same machine."""
        return hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]

    @property
    def etc(self) -> Path:
        return self.folder / "etc"
