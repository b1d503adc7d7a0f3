"""Builds the site out of the settings. Importing it opens nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from ipaddress import ip_network

from flask import Flask

from ivr import bootstrap
from ivr.data import load_specialities
from ivr.desk import utc_now
from ivr.domain.hospital import Hospital
from ivr.domain.user import Role, User
from ivr.importing.editing import TimetableEditor
from ivr.importing.storing import doctors_by_code
from ivr.phone.exchange import AmiExchange
from ivr.phone_config import phone_config_of, recordings_folder
from ivr.printing.escpos import NetworkPrinter, UsbPrinter
from ivr.run_time import Current
from ivr.services import access, guest_token, kiosks
from ivr.services.exchange import Exchange
from ivr.services.talon import TalonPrinter
from ivr.settings import BadSettings, PrinterAddress, Settings, parted, printers_of, secret_of
from ivr.speech.phrasebook import Phrasebook
from ivr.spoken import HeardPhrases
from ivr.web.app import create_app
from ivr.web.feed import Feed
from ivr.web.fer.gate import Gate
from ivr.web.fer.ids import Ids
from ivr.web.fer.service import FerService
from ivr.web.hub import Hub
from ivr.web.kiosk.service import KioskService
from ivr.web.notices import NoticeFeed
from ivr.web.server import Listening
from ivr.web.site import PhoneDoor, Site
from ivr.web.workplace import Workplaces

CONNECTIONS = 16
"""Most threads only wait for events; those that answer share these."""

DEMO_USERS = (
    User(0, "operator", "Ольга Оператор", Role.OPERATOR),
    User(0, "operator2", "Павел Оператор", Role.OPERATOR),
    User(0, "registrar", "Раиса Регистратор", Role.REGISTRAR),
    User(0, "supervisor", "Светлана Старшая", Role.SUPERVISOR),
    User(0, "doctor", "Ирина Здоровых", Role.DOCTOR),
)
DEMO_KIOSK = "demo"
"""Let in by the demo users' password."""
DEMO_DOCTOR = "therapist-3"
"""Who of the staff the demo's doctor is."""


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site at work: its application, and what ends it."""

    app: Flask
    site: Site
    close: Callable[[], None]


def _notice_feed(settings: Settings) -> NoticeFeed | None:
    """None: nobody may read it."""
    token = settings.notices.feed_token
    return NoticeFeed(token, bootstrap.letterhead_of(settings, bootstrap.hospital_of(settings))) if token else None


def fer_service_of(settings: Settings, hospital: Hospital) -> FerService | None:
    """None: it is off. Raises BadSettings."""
    fer = settings.fer
    if not fer.enabled:
        return None
    if hospital.federal is None:
        raise BadSettings("fer.enabled: hospital.toml needs a table [federal] with mo_id, mo_oid and region")
    if fer.ca is not None and settings.web.certificate is None:
        raise BadSettings("fer.ca: certificates of clients are checked only where web.certificate is set")
    gate = Gate(
        clients=frozenset(parted(fer.clients)),
        addresses=[ip_network(one) for one in parted(fer.addresses)],
        proxies=[ip_network(one) for one in parted(fer.proxies)],
        header=fer.header,
    )
    return FerService(
        gate=gate,
        ids=Ids(secret_of(settings, "fer")),
        lasts=timedelta(minutes=fer.session_minutes),
        per_minute=fer.per_minute,
        asks_applicant=fer.applicant == "required",
    )


def kiosk_service_of(settings: Settings) -> KioskService | None:
    """None: the hospital has no kiosks."""
    ours = settings.kiosk
    if not ours.enabled:
        return None
    return KioskService(
        idle=ours.idle_seconds,
        per_minute=ours.per_minute,
        unknown_per_hour=ours.unknown_per_hour,
        printers={name: _printer(address, settings) for name, address in printers_of(ours.printers)},
    )


def _printer(address: PrinterAddress, settings: Settings) -> TalonPrinter:
    zone = bootstrap.rules_of(settings).zone
    if address.usb is not None:
        return UsbPrinter(*address.usb, zone)
    return NetworkPrinter(address.host, address.port, zone)


def open_site(settings: Settings, *, exchange: Exchange | None = None, clock: bootstrap.Clock = utc_now) -> OpenSite:
    """Open the database and the exchange, begin to tell pages what changes. Raises DataError, BadSettings."""
    works = bootstrap.work_factory(settings, threads=min(settings.web.threads, CONNECTIONS))
    current = Current(bootstrap.rules_of(settings), bootstrap.hospital_of(settings), works)
    hub, exchange = Hub(), exchange or AmiExchange(phone_config_of(settings), clock)
    spoken = HeardPhrases(
        Phrasebook.load(settings.path(settings.folders.prompts)),
        lambda: bootstrap.voice_of(settings),
    )
    desk = Workplaces(exchange, hub, works, lambda: current.rules, clock)
    site = Site(
        new_work=works,
        rules_now=lambda: current.rules,
        hospital_now=lambda: current.hospital,
        now=clock,
        exchange=exchange,
        door=door_of(settings),
        make_guest_token=partial(guest_token.make, secret_of(settings, "guest")),
        desk=desk,
        hub=hub,
        spoken=spoken,
        look_at_settings=current.look,
        timetable=TimetableEditor(works, load_specialities().posts, lambda: current.rules, clock),
        extras={
            "on_log_out": (desk.leave,),
            "on_left": (desk.page_gone,),
            "egisz": bootstrap.egisz_of(settings),
            "recordings": recordings_folder(settings),
            "notices": _notice_feed(settings),
            "fer": fer_service_of(settings, current.hospital),
            "webhooks": settings.api.webhooks,
            "kiosk": kiosk_service_of(settings),
        },
        idle=timedelta(minutes=settings.web.idle_minutes),
    )
    app = create_app(
        site,
        secret_key=secret_of(settings, "web"),
        https=settings.web.certificate is not None or settings.web.proxies > 0,
        proxies=settings.web.proxies,
        connect=_connect(site.door),
    )
    feed = Feed(works, site.hub)
    feed.start()
    desk.start()

    def close() -> None:
        desk.close()
        feed.close()
        site.hub.close()
        site.exchange.close()
        spoken.close()
        works.close()

    return OpenSite(app, site, close)


def listening_of(settings: Settings) -> Listening:
    web = settings.web
    return Listening(
        web.host,
        web.port,
        web.threads,
        certificate=settings.path(web.certificate) if web.certificate else None,
        key=settings.path(web.key) if web.key else None,
        client_ca=settings.path(settings.fer.ca) if settings.fer.enabled and settings.fer.ca else None,
    )


def site_address(settings: Settings) -> str:
    """What to type into a browser on this machine."""
    host = "127.0.0.1" if settings.web.host == "0.0.0.0" else settings.web.host  # noqa: S104 - only compared
    return f"{'https' if settings.web.certificate else 'http'}://{host}:{settings.web.port}/"


def door_of(settings: Settings) -> PhoneDoor:
    own = not settings.web.websocket
    return PhoneDoor(
        path=settings.web.websocket or "/ws",
        port=(settings.sip.wss_port if settings.web.certificate else settings.sip.ws_port) if own else None,
    )


def _connect(door: PhoneDoor) -> str:
    """What the pages may connect to beside their own host: the host is known to the browser only."""
    if door.port is not None:
        return f"ws://*:{door.port} wss://*:{door.port}"
    return door.path if "://" in door.path else ""


def prepare_users(settings: Settings) -> tuple[str, str] | None:
    """Users of the demo hospital, or the first administrator; his login and password if he was made just now."""
    works = bootstrap.work_factory(settings)
    try:
        made = access.first_administrator(works(), now=utc_now())
        if settings.hospital.demo:
            for user in DEMO_USERS:
                own = replace(user, doctor_id=_demo_doctor(works)) if user.role is Role.DOCTOR else user
                access.keep_demo_user(works(), own, demo_password(settings), now=utc_now())
            if settings.kiosk.enabled:
                kiosks.keep_demo_pass(works(), DEMO_KIOSK, demo_password(settings), now=utc_now())
    finally:
        works.close()
    return made


def _demo_doctor(works: bootstrap.Works) -> int | None:
    """None where real staff has taken the place of the demo's."""
    with works().reading() as work:
        found = doctors_by_code(work.connection).get(DEMO_DOCTOR)
    return None if found is None else int(found["id"])


def demo_password(settings: Settings) -> str:
    """One password for all demo users, made for this installation."""
    return secret_of(settings, "demo-desk")
