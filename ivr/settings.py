"""Settings: a TOML file and the environment, typed; an unknown or malformed value refuses to start and says why."""

import fcntl
import os
import re
import secrets
import tomllib
from dataclasses import dataclass
from datetime import time
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ivr.domain.dialling import CallingHours

PROJECT = Path(__file__).parents[1]
CONFIG_VARIABLE = "IVR_CONFIG"


class BadSettings(Exception):
    """The settings cannot be used; the message names the file or variable, the key and the reason."""


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}; write Europe/Moscow")
    return name


def _database_url(url: str) -> str:
    """The address may hold a password: no message repeats it."""
    if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("write sqlite:///path or postgresql+psycopg://…")
    if url in ("sqlite:///", "sqlite:///:memory:"):
        raise ValueError("SQLite needs a file: write sqlite:///path")
    if url.startswith("postgresql"):
        _checked_address(url)
    return url


def _checked_address(url: str) -> None:
    try:
        urlsplit(url).port  # noqa: B018 - reading it checks it
    except ValueError:
        raise ValueError("cannot be read; write postgresql+psycopg://user:password@host:port/name") from None


def _literal_address(host: str) -> str:
    """Older releases of Asterisk crash where a name leads to IPv6 (asterisk#545)."""
    try:
        return str(ip_address(host))
    except ValueError:
        raise ValueError("write an address like 127.0.0.1, not a name") from None


Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """A table of the file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Folders(Section):
    var: Path = Field(Path("var"), description="What the program writes: database, secrets, logs, Asterisk's own files")
    build: Path = Field(Path("build"), description="What set-up fetches: Asterisk and the voice")
    prompts: Path = Field(Path("prompts"), description="Phrases, menus, recordings")
    sounds: Path = Field(Path("prompts/generated"), description="Rendered speech")
    models: Path = Field(Path("models"), description="Speech models for recognition")


class Database(Section):
    url: Annotated[str, AfterValidator(_database_url)] = Field(
        "", description="`sqlite:///path` or `postgresql+psycopg://…`; empty: SQLite in the var folder"
    )


class Sip(Section):
    bind: str = Field("127.0.0.1", description="Address telephones reach; 0.0.0.0 for the local network")
    port: Port = Field(5062, description="SIP, UDP")
    ws_host: str = Field("127.0.0.1", description="Where Asterisk waits for telephones in browsers")
    ws_port: Port = Field(8088, description="WebSocket, TCP; path /ws")
    wss_port: Port = Field(8089, description="The same with TLS, on web.host, where web.certificate is set")
    rtp_start: Port = Field(20000, description="First port of speech, UDP")
    rtp_end: Port = Field(20999, description="Last port of speech")
    external_address: str = Field("", description="Address telephones see when this machine is behind a router")
    extension: str = Field("122", pattern=r"^[0-9]{1,20}$", description="Number that is dialled for the IVR")
    trunk_host: str = Field("", description="Provider's host or host:port; empty: no trunk")
    trunk_match: str = Field("", description="Addresses the provider calls from, comma separated")
    trunk_user: str = Field("", description="User for registration with the provider")
    trunk_secret: str = Field("", description="Its password; better in the environment than in a file")


class Agi(Section):
    host: str = Field("127.0.0.1", description="Where `ivr phone` waits for Asterisk")
    port: Port = Field(4573, description="FastAGI, TCP")


class Ami(Section):
    host: str = Field("127.0.0.1", description="Asterisk's manager interface")
    port: Port = Field(5038, description="TCP")
    user: str = Field("ivr", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Manager user with least rights")


class Voice(Section):
    engine: Literal["auto", "rhvoice", "espeak"] = Field(
        "auto", description="auto: RHVoice where it is, else espeak-ng"
    )
    cache_mb: int = Field(2048, ge=16, le=1_000_000, description="Size of the cache of rendered speech, megabytes")


class Listen(Section):
    enabled: bool = Field(True, description="Callers may answer by voice; false: by keys only")
    barge: bool = Field(True, description="A voice stops the prompt; false where lines bring the prompt back as echo")
    trunk_barge: bool = Field(True, description="The same for calls that come by the trunk")
    host: Annotated[str, AfterValidator(_literal_address)] = Field(
        "127.0.0.1", description="Where `ivr listen` waits for Asterisk: an address, not a name"
    )
    port: Port = Field(9198, description="Speech, health and metrics, TCP")
    model: Path = Field(
        Path("tiny"),
        description="In the models folder: `small` or `big` for people; `tiny` understands synthetic voices only",
    )
    workers: int = Field(0, ge=0, le=256, description="Processes that recognise, a model in each; 0: one a core")


class RuleBook(Section):
    zone: Annotated[str, AfterValidator(_zone)] = Field("Europe/Moscow", description="The hospital's time zone")
    horizon_days: int = Field(14, ge=1, le=90, description="Booking horizon, days from tomorrow (D-01)")
    lead_minutes: int = Field(30, ge=0, le=10_080, description="Least time before a visit (D-12)")
    hold_seconds: int = Field(180, ge=30, le=3_600, description="A slot is held so long while talking (D-14)")
    max_active: int = Field(4, ge=1, le=100, description="Active bookings of one patient (1.6)")
    min_gap_minutes: int = Field(30, ge=0, le=1_440, description="Between two visits of one patient (1.6)")
    lock_after: int = Field(5, ge=1, le=1_000, description="Failed identifications that lock a number (D-06)")
    lock_window_hours: int = Field(24, ge=1, le=8_760, description="Counted within so many hours (D-06)")
    lock_minutes: int = Field(30, ge=1, le=43_200, description="Locked for so long (D-06)")
    resume_minutes: int = Field(10, ge=0, le=1_440, description="A cut call may be resumed within (P011)")
    waiting_window_days: int = Field(30, ge=1, le=366, description="Default window of a waiting-list entry (1.5)")
    referral_days: int = Field(30, ge=1, le=366, description="So long a referral of our own doctors is valid (S4.2)")
    model: Literal["centralised", "decentralised"] = Field("centralised", description="Who makes feedback calls (S4.3)")


class HospitalFiles(Section):
    facts: Path | None = Field(None, description="hospital.toml of this hospital; absent: the demo hospital")
    calendar: Path | None = Field(None, description="calendar.toml with days off; absent: the bundled one")
    demo: bool = Field(True, description="Load the demo hospital into an empty database")


class Phone(Section):
    max_calls: int = Field(232, ge=1, le=10_000, description="Calls in conversation at once; more go to a person")
    drain_seconds: float = Field(
        60, ge=0, le=86_400, allow_inf_nan=False, description="At the end calls may finish within this time"
    )
    threads: int = Field(8, ge=1, le=256, description="Threads for the database")


class Queue(Section):
    seconds: int = Field(300, ge=10, le=86_400, description="Longest wait for an operator in one round")
    ring_seconds: int = Field(20, ge=2, le=300, description="An operator's telephone rings so long; then the next one")
    length: int = Field(50, ge=1, le=10_000, description="Most callers waiting")
    callback_offer_seconds: int = Field(25, ge=5, le=3_600, description="How often a call-back is offered")


class Web(Section):
    enabled: bool = Field(True, description="The site: web phone, desk, registry")
    host: str = Field("127.0.0.1", description="Address of the site; 0.0.0.0: the whole network, with a certificate")
    port: Port = Field(8080, description="TCP")
    threads: int = Field(150, ge=8, le=2_000, description="Each open page holds one: twice the operators and more")
    idle_minutes: int = Field(30, ge=1, le=840, description="A log-in ends when nobody is at the page for so long")
    certificate: Path | None = Field(None, description="PEM file; absent: http, which browsers trust only on 127.0.0.1")
    key: Path | None = Field(None, description="Its private key, PEM")
    proxies: int = Field(
        0, ge=0, le=5, description="Proxies of your own before the site; their X-Forwarded-For is believed"
    )
    websocket: str = Field(
        "",
        description="Path or address of the telephones' websocket behind a proxy; empty: ws_port",
    )
    guests: int = Field(20, ge=0, le=1_000, description="Calls by the web phone at once")

    @model_validator(mode="after")
    def _both(self) -> "Web":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self


def _long_token(token: str) -> str:
    if token and (len(token) < 32 or not token.isascii() or not token.isprintable() or " " in token):
        raise ValueError("must be 32 characters or more, without spaces; `openssl rand -hex 32` makes one")
    return token


def _http_url(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("write http://… or https://…")
    return url


class Egisz(Section):
    url: Annotated[str, AfterValidator(_http_url)] = Field(
        "", description="Adapter of the federal identification service; empty: only the own register is searched (S2.2)"
    )
    token: str = Field("", description="Bearer token for it; better in the environment than in a file")
    seconds: float = Field(3, ge=0.2, le=30, allow_inf_nan=False, description="Longest wait for its answer")


class Schedule(Section):
    provider: Literal["own", "fer"] = Field(
        "own", description="Who keeps the schedule: `own`, or the regional system, by the federal protocol v2 (`fer`)"
    )
    url: Annotated[str, AfterValidator(_http_url)] = Field("", description="Its ErWebService")
    mo_oid: str = Field("", pattern=r"^([0-9]+(\.[0-9]+)+)?$", description="This hospital's OID there")
    seconds: float = Field(10, ge=0.5, le=60, allow_inf_nan=False, description="Longest wait for one answer of it")
    patience_seconds: float = Field(
        4, ge=0.2, le=5, allow_inf_nan=False, description="A caller waits so long before he hears that it takes longer"
    )
    fresh_seconds: int = Field(60, ge=0, le=3_600, description="Its free times are asked for again after so long")
    usable_seconds: int = Field(
        600, ge=0, le=86_400, description="While it does not answer, what it last told is offered for so long"
    )
    certificate: Path | None = Field(None, description="Our certificate for mutual TLS, PEM")
    key: Path | None = Field(None, description="Its private key, PEM")
    authority: Path | None = Field(None, description="Who signed the far end's certificate; absent: the machine's list")

    @model_validator(mode="after")
    def _complete(self) -> "Schedule":
        if self.provider == "fer" and not (self.url and self.mo_oid):
            raise ValueError("provider = fer needs url and mo_oid")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        return self


class Recording(Section):
    enabled: bool = Field(True, description="Talks with operators are recorded, and the greeting says so")
    days: int = Field(90, ge=1, le=3_660, description="Kept for so many days, then removed")


NumberStart = Annotated[str, StringConstraints(pattern=r"^\+[0-9]{1,15}$")]


class Outbound(Section):
    enabled: bool = Field(True, description="The robot rings patients; it does where there is a trunk (sip.trunk_host)")
    opens: time = Field(time(10), description="Patients are rung from this local time on, never before 09:00")
    closes: time = Field(time(18), description="And before this one, never after 20:00; on working days only")
    zones: dict[NumberStart, Annotated[str, AfterValidator(_zone)]] = Field(
        {}, description="Zones of numbers elsewhere, by how they begin: those hours are kept there too"
    )
    lines: int = Field(2, ge=1, le=1_000, description="Calls the robot makes at once")
    trunk_lines: int = Field(6, ge=1, le=10_000, description="Lines of the trunk, shared with those who call")
    reserve: int = Field(2, ge=0, le=10_000, description="Lines kept free for those who call")
    per_minute: float = Field(10, gt=0, le=6_000, allow_inf_nan=False, description="Calls begun in a minute, evenly")
    ring_seconds: int = Field(30, ge=5, le=120, description="A patient's telephone rings so long")
    prefix: Literal["+7", "8", "7"] = Field("+7", description="How the provider wants Russian numbers to begin")
    caller_id: str = Field("", pattern=r"^\+?[0-9]{0,15}$", description="Number patients see; empty: the provider's")
    amd: bool = Field(False, description="Asterisk guesses answering machines: a person waits 1.5 s in silence")
    surveys: bool = Field(False, description="Who came to his visit is asked two questions about it")

    @model_validator(mode="after")
    def _in_hours(self) -> "Outbound":
        CallingHours(self.opens, self.closes)
        return self


class Notices(Section):
    signature: str = Field("Спасская РБ", max_length=20, description="Short name that ends every message")
    sms: Literal["none", "smpp", "http"] = Field("none", description="How short messages are sent")
    sender: str = Field("", description="Name or number they come from, as agreed with the provider")
    smpp_host: str = Field("", description="The provider's SMSC")
    smpp_port: Port = Field(2775, description="TCP")
    smpp_user: str = Field("", description="system_id")
    smpp_secret: str = Field("", description="Its password; better in the environment than in a file")
    smpp_tls: bool = Field(False, description="TLS to the SMSC")
    smpp_per_second: float = Field(10, gt=0, le=1_000, allow_inf_nan=False, description="Messages in a second")
    http_url: Annotated[str, AfterValidator(_http_url)] = Field("", description="Gateway that takes JSON")
    http_token: str = Field("", description="Bearer token for it; better in the environment than in a file")
    smtp_host: str = Field("", description="Mail server; empty: no letters are sent")
    smtp_port: Port = Field(587, description="TCP")
    smtp_user: str = Field("", description="User there; empty: no log-in")
    smtp_secret: str = Field("", description="Its password; better in the environment than in a file")
    smtp_tls: Literal["none", "starttls", "tls"] = Field("starttls", description="How the connection is protected")
    mail_from: str = Field("", description="Address letters come from")
    feed_token: Annotated[str, AfterValidator(_long_token)] = Field(
        "", description="Bearer token of who reads the feed, 32 characters or more; empty: nobody does"
    )

    @model_validator(mode="after")
    def _complete(self) -> "Notices":
        if self.sms == "smpp" and not self.smpp_host:
            raise ValueError("sms = smpp needs smpp_host")
        if self.sms == "http" and not self.http_url:
            raise ValueError("sms = http needs http_url")
        if self.smtp_host and not self.mail_from:
            raise ValueError("smtp_host needs mail_from")
        return self

    @property
    def sends(self) -> bool:
        """Messages to patients can be sent."""
        return self.sms != "none" or bool(self.smtp_host)


def _networks(text: str) -> str:
    for one in parted(text):
        try:
            ip_network(one)
        except ValueError:
            raise ValueError("write addresses like 192.0.2.7 or 192.0.2.0/24, by commas") from None
    return text


Networks = Annotated[str, AfterValidator(_networks)]


def parted(text: str) -> list[str]:
    """What stands between commas."""
    return [one.strip() for one in text.split(",") if one.strip()]


class Fer(Section):
    enabled: bool = Field(False, description="The state portal books at /fer/v2 (docs/epgu.md)")
    clients: str = Field("", description="Names in certificates of who may call it, comma separated")
    addresses: Networks = Field(
        "", description="Addresses of who may call it, or networks; beside `clients` both must fit"
    )
    ca: Path | None = Field(
        None, description="Authorities of clients' certificates, PEM, where the site itself does TLS"
    )
    proxies: Networks = Field("", description="Proxies that check certificates; their header is believed")
    header: str = Field(
        "X-Client-Name",
        pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$",
        description="Holds the client's name",
    )
    per_minute: int = Field(600, ge=1, le=100_000, description="Requests of one client in a minute")
    session_minutes: int = Field(20, ge=1, le=240, description="A session ends so long after it was opened")
    applicant: Literal["optional", "required"] = Field(
        "optional", description="Whether each request must say who applies (S1.1); without: the patient himself"
    )

    @model_validator(mode="after")
    def _guarded(self) -> "Fer":
        if self.enabled and not parted(self.clients) and not parted(self.addresses):
            raise ValueError("enabled needs clients or addresses: it is open to nobody else")
        if parted(self.clients) and self.ca is None and not parted(self.proxies):
            raise ValueError("clients needs ca or proxies: somebody must check their certificates")
        return self


class Api(Section):
    webhooks: bool = Field(False, description="Other systems may ask for events to be sent to them; `ivr notify` does")


def _printers(text: str) -> str:
    """Each kiosk once, with what its printer is reached by."""
    names = [name for name, _ in printers_of(text)]
    if len(set(names)) != len(names) or not all(names):
        raise ValueError("write each kiosk's name once: name=host:port, or name=usb:04b8:0e15, by commas")
    return text


def printers_of(text: str) -> list[tuple[str, "PrinterAddress"]]:
    """Names of kiosks and addresses of their printers. Raises ValueError."""
    pairs = [one.partition("=") for one in parted(text)]
    return [(name.strip(), PrinterAddress.parse(address.strip())) for name, _, address in pairs]


@dataclass(frozen=True, slots=True)
class PrinterAddress:
    """By the network, or as USB device of this machine."""

    host: str = ""
    port: int = 9100
    usb: tuple[int, int] | None = None
    """Numbers of vendor and product."""

    @classmethod
    def parse(cls, text: str) -> "PrinterAddress":
        if found := re.fullmatch(r"usb:([0-9a-fA-F]{4}):([0-9a-fA-F]{4})", text):
            return cls(usb=(int(found[1], 16), int(found[2], 16)))
        found = re.fullmatch(r"([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?", text)
        if found and 1 <= (port := int(found[2] or 9100)) <= 65535:
            return cls(found[1], port)
        raise ValueError("write name=host:port, or name=usb:04b8:0e15, by commas")


class Kiosk(Section):
    enabled: bool = Field(True, description="Patients book at infomats, /kiosk; only machines with a pass are let in")
    idle_seconds: int = Field(30, ge=4, le=600, description="Nobody touches the screen: then everything is wiped")
    per_minute: int = Field(10, ge=1, le=1_000, description="Policy numbers of one kiosk in a minute (D-06)")
    unknown_per_hour: int = Field(60, ge=1, le=10_000, description="Numbers that nobody has, in an hour (D-06)")
    printers: Annotated[str, AfterValidator(_printers)] = Field(
        "",
        description="ESC/POS printers by the kiosk's name: `hall=192.0.2.7:9100, child=usb:04b8:0e15`; others print in "
        "their browser",
    )


class Log(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level written")
    format: Literal["console", "json"] = Field("console", description="For people or for machines")


class Settings(BaseSettings):
    """Everything that may differ between two installations."""

    model_config = SettingsConfigDict(
        env_prefix="IVR_", env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    folders: Folders = Folders()
    database: Database = Database()
    sip: Sip = Sip()
    agi: Agi = Agi()
    ami: Ami = Ami()
    voice: Voice = Voice()
    listen: Listen = Listen()
    rules: RuleBook = RuleBook()
    hospital: HospitalFiles = HospitalFiles()
    phone: Phone = Phone()
    queue: Queue = Queue()
    web: Web = Web()
    egisz: Egisz = Egisz()
    schedule: Schedule = Schedule()
    recording: Recording = Recording()
    outbound: Outbound = Outbound()
    notices: Notices = Notices()
    fer: Fer = Fer()
    api: Api = Api()
    kiosk: Kiosk = Kiosk()
    log: Log = Log()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    def path(self, path: Path) -> Path:
        """Relative folders are meant from the folder of the settings file, or of the project."""
        base = config_file().parent if config_file().exists() else PROJECT
        return path if path.is_absolute() else (base / path).resolve()

    @property
    def var(self) -> Path:
        return self.path(self.folders.var)

    @property
    def models(self) -> Path:
        return self.path(self.folders.models)

    @property
    def speech_model(self) -> Path:
        """The folder of the model in use."""
        return self.models / self.listen.model

    @property
    def rings(self) -> bool:
        """The robot rings patients."""
        return self.outbound.enabled and bool(self.sip.trunk_host)

    @property
    def posts(self) -> bool:
        """There is something for `ivr notify` to do."""
        return self.notices.sends or self.api.webhooks

    @property
    def database_url(self) -> str:
        """SQLite's path is meant as any other path of the settings."""
        scheme, file, path = self.database.url.partition("sqlite:///")
        return f"sqlite:///{self.path(Path(path))}" if file else scheme or f"sqlite:///{self.var / 'ivr.db'}"


def config_file() -> Path:
    """IVR_CONFIG, else ivr.toml of the project."""
    return Path(os.environ.get(CONFIG_VARIABLE) or PROJECT / "ivr.toml").resolve()


def load_settings() -> Settings:
    """Read file and environment. Raises BadSettings."""
    path = config_file()
    if os.environ.get(CONFIG_VARIABLE) and not path.is_file():
        raise BadSettings(f"{path}: no such file; {CONFIG_VARIABLE} names it")
    _refuse_unknown_variables()
    try:
        return Settings()
    except tomllib.TOMLDecodeError as problem:
        raise BadSettings(f"{path}: not TOML: {problem}") from problem
    except UnicodeDecodeError as problem:
        raise BadSettings(f"{path}: not UTF-8 at byte {problem.start}") from problem
    except ValidationError as problem:
        raise BadSettings("\n".join(_told(path, error) for error in problem.errors())) from problem


def _told(path: Path, error: Any) -> str:
    """One line: where, which key, what is wrong. The value itself may be a password and is not repeated."""
    names = [str(name) for name in error["loc"]]
    variable = "IVR_" + "__".join(names).upper()
    where = variable if variable in os.environ else str(path)
    reason = "there is no such setting" if error["type"] == "extra_forbidden" else error["msg"]
    return f"{where}: {'.'.join(names)}: {reason}"


def _refuse_unknown_variables() -> None:
    """A misspelt IVR_… variable must not be silently ignored."""
    sections = {f"IVR_{name.upper()}" for name in Settings.model_fields}
    known = sections | {CONFIG_VARIABLE, "IVR_ASTERISK"}
    for variable in os.environ:
        if variable in sections:
            raise BadSettings(f"{variable}: names a whole section; write one setting, {variable}__…")
        if variable.startswith("IVR_") and variable.partition("__")[0] not in known:
            raise BadSettings(f"{variable}: there is no such setting; see docs/settings.md")


def secret_of(settings: Settings, name: str) -> str:
    """A password of this installation, made once and kept in the var folder for its owner alone. Raises BadSettings."""
    path = settings.var / "secrets.toml"
    known = _secrets(path)
    if name not in known:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)  # two commands at once must not make two
            known = _secrets(path)
            known.setdefault(name, secrets.token_urlsafe(12))
            _write_secrets(path, known)
        finally:
            os.close(folder)
    return str(known[name])


def _secrets(path: Path) -> dict[str, str]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as problem:
        raise BadSettings(f"{path}: {problem}; remove it, and new passwords are made") from problem


def _write_secrets(path: Path, known: dict[str, str]) -> None:
    part = path.with_suffix(f".{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(f'{key} = "{value}"\n' for key, value in known.items())
    part.replace(path)
