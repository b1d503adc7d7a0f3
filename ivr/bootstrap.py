"""The one place that builds concrete things out of the settings. Importing it opens nothing."""

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from ivr.data import Catalogue, load_calendar, load_duty, load_hospital, load_specialities
from ivr.demo import load_demo
from ivr.desk import StoredJournal, ThreadDesk, utc_now
from ivr.dialogue import endings, inbound, queue
from ivr.dialogue.call import Call, Story
from ivr.dialogue.ears import Ears, load_hearings
from ivr.dialogue.line import Line, Utterance
from ivr.dialogue.menus import Menu, load_menus
from ivr.dialogue.outbound import answered
from ivr.domain.hospital import Hospital
from ivr.domain.identifiers import BadNumber, PhoneNumber
from ivr.domain.notice import Letterhead, Method
from ivr.domain.rules import Rules
from ivr.egisz.client import EgiszClient
from ivr.importing.imports import Clinic
from ivr.notices.delivery import Gateway
from ivr.notices.http_gateway import HttpGateway
from ivr.notices.mail import Mail, MailServer
from ivr.notices.smpp import Smpp, SmppServer
from ivr.phone.agi_line import AgiLine
from ivr.phone.caller import Caller
from ivr.phone.server import Story as PhoneStory
from ivr.regional.link import Link, Papers
from ivr.regional.region import FerRegion
from ivr.run_time import Current
from ivr.services import answers, booking, calls, choice, errands
from ivr.services.ports import StorageDown
from ivr.services.schedule import publish, set_duty
from ivr.settings import Database, Schedule, Settings
from ivr.speech.build import open_voice, usual
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.sounds import Voice
from ivr.speech.verbalise.dates import birth_parts
from ivr.speech.verbalise.specialities import read_specialities
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork
from ivr.understand.grammar import Grammar

Clock = Callable[[], datetime]
T = TypeVar("T")
Converse = Callable[[Line, PhoneNumber | None], Awaitable[str]]


def rules_of(settings: Settings) -> Rules:
    """The rules of this hospital. Raises DataError for a bad calendar."""
    book = settings.rules
    path = settings.hospital.calendar
    return Rules(
        zone=ZoneInfo(book.zone),
        calendar=load_calendar(settings.path(path) if path else None),
        horizon_days=book.horizon_days,
        lead_time=timedelta(minutes=book.lead_minutes),
        hold=timedelta(seconds=book.hold_seconds),
        max_active=book.max_active,
        min_gap=timedelta(minutes=book.min_gap_minutes),
        lock_after=book.lock_after,
        lock_window=timedelta(hours=book.lock_window_hours),
        lock_for=timedelta(minutes=book.lock_minutes),
        resume_within=timedelta(minutes=book.resume_minutes),
        waiting_window_days=book.waiting_window_days,
        referral_days=book.referral_days,
        centralised=book.model == "centralised",
        robot_calls=settings.rings,
        surveys=settings.outbound.surveys,
        sends_sms=settings.notices.sms != "none",
        zones={prefix: ZoneInfo(zone) for prefix, zone in settings.outbound.zones.items()},
        calls_from=settings.outbound.opens,
        calls_until=settings.outbound.closes,
    )


def hospital_of(settings: Settings) -> Hospital:
    """What callers hear of the hospital. Raises DataError."""
    path = settings.hospital.facts
    return load_hospital(settings.path(path) if path else None)


@cache
def _catalogue() -> Catalogue:
    return load_specialities()


class Works:
    """Makes units of work on one database; close it to give the connections back."""

    def __init__(self, engine: Engine, region: FerRegion | None = None) -> None:
        self._engine, self.region = engine, region

    def __call__(self) -> SqlWork:
        return SqlWork(self._engine, self.region)

    def close(self) -> None:
        if self.region is not None:
            self.region.close()
        self._engine.dispose()


def region_of(settings: Settings) -> FerRegion | None:
    """The regional system that keeps the schedule; None where it is kept here. Nothing is connected yet."""
    own = settings.schedule
    if own.provider == "own":
        return None
    papers = Papers(*(path and settings.path(path) for path in (own.certificate, own.key, own.authority)))
    return FerRegion(
        Link(own.url, seconds=own.seconds, papers=papers, now=utc_now),
        own.mo_oid,
        ZoneInfo(settings.rules.zone),
        patience=own.patience_seconds,
        fresh_for=own.fresh_seconds,
        usable_for=own.usable_seconds,
    )


def work_factory(settings: Settings, *, threads: int | None = None) -> Works:
    """New units of work on the database of the settings; nothing is opened before the first one."""
    if settings.database_url.startswith("sqlite:"):
        settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_engine(settings.database_url, pool_size=(threads or settings.phone.threads) + 2)
    return Works(engine, region_of(settings))


@contextmanager
def clinic_of(settings: Settings, *, now: datetime | None = None) -> Iterator[Clinic]:
    """What imports and listings work on."""
    works = work_factory(settings)
    try:
        yield Clinic(
            work=works,
            catalogue=_catalogue(),
            hospital=hospital_of(settings),
            rules=rules_of(settings),
            now=now or utc_now(),
        )
    finally:
        works.close()


def prepare_database(settings: Settings) -> int:
    """Migrate, load the demo hospital into an empty database, publish slots up to the horizon; how many were added."""
    if settings.database_url.startswith("sqlite:"):
        settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate(settings.database_url)
    with clinic_of(settings) as clinic:
        if settings.hospital.demo and settings.schedule.provider == "own":
            load_demo(clinic.work(), clinic.catalogue, clinic.hospital, rules=clinic.rules, now=clinic.now)
        calendar = settings.hospital.calendar
        duty = load_duty(settings.path(calendar) if calendar else None)
        set_duty(clinic.work(), partial(duty.overrides, hours=clinic.hospital.duty_hours))
        return publish(clinic.work(), clinic.catalogue.posts, rules=clinic.rules, now=clinic.now)


def egisz_of(settings: Settings) -> EgiszClient | None:
    """The identification service; None where the hospital has none (S2.2)."""
    egisz = settings.egisz
    return EgiszClient(egisz.url, timeout=egisz.seconds, token=egisz.token) if egisz.url else None


def gateways_of(settings: Settings) -> Mapping[Method, Gateway]:
    """The ways in which messages can be sent; nothing is connected before the first one."""
    own, ways = settings.notices, dict[Method, Gateway]()
    if own.sms == "smpp":
        server = SmppServer(
            own.smpp_host,
            own.smpp_port,
            own.smpp_user,
            own.smpp_secret,
            own.sender,
            tls=own.smpp_tls,
            per_second=own.smpp_per_second,
        )
        ways[Method.SMS] = Smpp(server)
    if own.sms == "http":
        ways[Method.SMS] = HttpGateway(own.http_url, token=own.http_token, sender=own.sender)
    if own.smtp_host:
        hospital = hospital_of(settings).name
        mail = MailServer(own.smtp_host, own.smtp_port, own.mail_from, hospital, own.smtp_user, own.smtp_secret)
        ways[Method.EMAIL] = Mail(replace(mail, tls=own.smtp_tls))
    return ways


def letterhead_of(settings: Settings, hospital: Hospital) -> Letterhead:
    digits = "".join(filter(str.isdecimal, hospital.registry_phone))
    return Letterhead(settings.notices.signature, digits, ZoneInfo(settings.rules.zone))


def sounds_folder(settings: Settings) -> Path:
    return settings.path(settings.folders.sounds) / "speech"


def voice_of(settings: Settings) -> Voice:
    """The voice that callers hear. Raises BadVoice, BadWording."""
    rhvoice = settings.path(settings.folders.build) / "rhvoice"
    use = rhvoice if settings.voice.engine != "espeak" and rhvoice.is_dir() else None
    return open_voice(
        sounds_folder(settings),
        rhvoice=use,
        prompts=settings.path(settings.folders.prompts),
        most_bytes=settings.voice.cache_mb * 1_000_000,
    )


def usual_sounds(settings: Settings, house: "House") -> Sequence[Utterance]:
    """What most callers hear in the days of the horizon, and the parts that birth dates are read back with."""
    today = house.desk.now().astimezone(house.desk.rules.zone).date()
    births = (Utterance("birth", part) for part in sorted(birth_parts()))
    return [*usual(house.phrasebook, today=today, days=settings.rules.horizon_days + 1), *births]


DOCTORS_SECONDS = 60.0
"""How long a new doctor may stay unknown to those who listen."""


def grammar_of(settings: Settings) -> Grammar:
    """What callers may say, without the doctors' names. Raises BadMenu, BadWording."""
    prompts = settings.path(settings.folders.prompts)
    menus = load_menus(prompts / "menus.ru.toml")
    specialities = read_specialities(prompts / "specialities.toml")
    return Grammar(
        {name: menu.words for name, menu in menus.items()},
        {key: speciality.said for key, speciality in specialities.items()},
    )


class HospitalVocabulary:
    """The words of each question for `ivr listen`, with the names of the doctors who work here now."""

    def __init__(self, settings: Settings) -> None:
        self._grammar = grammar_of(settings)
        self._zone = ZoneInfo(settings.rules.zone)
        self._works = work_factory(settings)
        self._asked = float("-inf")
        self._turn = threading.Lock()
        self._made: dict[str, Sequence[str]] = {}

    def __call__(self, question: str) -> Sequence[str]:
        """Raises LookupError for a question that is none."""
        with self._turn:
            if time.monotonic() - self._asked > DOCTORS_SECONDS:
                self._asked = time.monotonic()
                self._made.clear()
                with suppress(StorageDown):  # surnames are not understood for a while
                    self._grammar.know(choice.surnames(self._works()))
            if question not in self._made:
                today = datetime.now(self._zone).date()
                self._made[question] = self._grammar.vocabulary(question, today=today)
            return self._made[question]


class House:
    """Everything that stays for as long as the program runs and all its calls share."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now) -> None:
        self._began = clock()
        self.executor = ThreadPoolExecutor(settings.phone.threads, thread_name_prefix="database")
        self.new_work = work_factory(settings)
        prompts = settings.path(settings.folders.prompts)
        self._recorded = settings.recording.enabled
        self.phrasebook = Phrasebook.load(prompts)
        self.menus: Mapping[str, Menu] = load_menus(prompts / "menus.ru.toml")
        self._grammar = grammar_of(settings)
        self._ears = Ears(self._grammar, load_hearings(prompts / "voice.ru.toml"))
        self._doctors_known = float("-inf")
        self._current = Current(rules_of(settings), hospital_of(settings), self.new_work)
        self.node = f"{socket.gethostname()}:{settings.agi.port}"
        self.desk = ThreadDesk(
            new_work=self.new_work,
            rules=rules_of(settings),
            hospital=hospital_of(settings),
            executor=self.executor,
            clock=clock,
        )

    async def converse(self, line: Line, caller: PhoneNumber | None, *, key: str, name: str, story: Story) -> str:
        """One conversation from its first word to its ending; returns the outcome."""
        # If the database is down now, the story meets that itself and passes the caller to a person.
        with suppress(StorageDown):
            await self.desk.do(calls.begin, call_key=key, caller=caller, line=name, now=self.desk.now(), node=self.node)
            await self._know_doctors()
            await self._take_up_settings()
        call = Call(
            line=line,
            phrasebook=self.phrasebook,
            menus=self.menus,
            ears=self._ears,
            desk=self.desk,
            journal=StoredJournal(self.desk, key),
            key=key,
            caller=caller,
            recorded=self._recorded,
        )
        return await endings.conduct(call, story)

    async def _know_doctors(self) -> None:
        """Surnames of those who work here now, for callers who name one."""
        if time.monotonic() - self._doctors_known > DOCTORS_SECONDS:
            self._doctors_known = time.monotonic()
            self._grammar.know(await self.desk.do(choice.surnames))

    async def _take_up_settings(self) -> None:
        """What the administrator has changed while the program runs."""
        known = await asyncio.get_running_loop().run_in_executor(self.executor, self._current.known)
        self.desk.rules, self.desk.hospital = known

    async def other_end(self, call_key: str, caller: Caller) -> PhoneNumber | None:
        """Who is on the line: the caller, or whom we have rung up, where the line names ourselves."""
        with suppress(StorageDown):
            return await self.desk.do(answers.rung, call_key) or _number(caller.number)
        return None

    async def keep_hold(self, call_key: str) -> None:
        """The caller waits for an operator: what he holds stays his (D-14)."""
        with suppress(StorageDown):  # it lapses, and the operator searches again
            await self.desk.do(booking.renew, call_key, rules=self.desk.rules, now=self.desk.now())

    async def let_go(self, call_key: str) -> None:
        """The caller gave up waiting."""
        with suppress(StorageDown):  # it lapses by itself
            await self.desk.do(booking.release, call_key)

    async def close_crashed(self) -> int:
        """Calls that a crash of this node left open are closed, so that callers may resume them."""
        return await self.work(calls.close_crashed, self.node, now=self._began)

    async def settle(self) -> errands.Tally:
        """Go on with what the regional system was asked and has not answered (X14); nothing where it is not asked."""
        if self.new_work.region is None:
            return errands.Tally()
        return await self.work(errands.settle, rules=self.desk.rules, now=self.desk.now())

    async def publish(self) -> int:
        """Turn the timetable into slots up to the horizon; how many were added."""
        desk = self.desk
        return await self.work(publish, _catalogue().posts, rules=desk.rules, now=desk.now())

    async def work(self, use_case: Callable[..., T], *args: object, **named: object) -> T:
        """As the desk does it, but nobody waits on the line: it may take its time."""
        job = partial(use_case, self.new_work(), *args, **named)
        return await asyncio.get_running_loop().run_in_executor(self.executor, job)

    def close(self) -> None:
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.new_work.close()


STORIES: Mapping[str, Story] = {
    "inbound": inbound.answer,
    "callback": queue.callback,
    "unserved": queue.unserved,
    "outbound": answered.answer,
}


def phone_stories(house: House, voice: Voice) -> Mapping[str, PhoneStory]:
    """What `ivr phone` does behind each AGI route."""

    def told(name: str, story: Story) -> PhoneStory:
        async def tell(line: AgiLine, caller: Caller, call_key: str) -> None:
            with voice.private(call_key):
                chosen = answered.machine if caller.is_machine else story
                number = _number(caller.number) if name == "inbound" else await house.other_end(call_key, caller)
                await house.converse(line, number, key=call_key, name=name, story=chosen)

        return tell

    return {name: told(name, story) for name, story in STORIES.items()}


def _number(text: str | None) -> PhoneNumber | None:
    """The caller's number where it is one; extensions and withheld numbers are none."""
    try:
        return PhoneNumber.parse(text) if text else None
    except BadNumber:
        return None


@contextmanager
def scratch_hospital(settings: Settings, *, at: datetime) -> Iterator[Settings]:
    """Settings of a demo hospital in a database of its own, as it stands on the morning of that local day."""
    with TemporaryDirectory() as folder:
        own = {"database": Database(url=f"sqlite:///{folder}/scratch.db"), "schedule": Schedule()}
        scratch = settings.model_copy(update=own)
        migrate(scratch.database_url)
        morning = at.replace(hour=6, minute=0, tzinfo=ZoneInfo(settings.rules.zone)).astimezone(UTC)
        with clinic_of(scratch, now=morning) as clinic:
            load_demo(clinic.work(), clinic.catalogue, clinic.hospital, rules=clinic.rules, now=morning)
        yield scratch


@contextmanager
def simulated_clinic(settings: Settings, *, at: datetime) -> Iterator[Clinic]:
    """A demo hospital of that local day that nobody else sees, in a database that is gone afterwards."""
    with scratch_hospital(settings, at=at) as scratch:
        works = Works(open_engine(scratch.database_url, lasting=False))
        now = at.replace(tzinfo=ZoneInfo(settings.rules.zone)).astimezone(UTC)
        try:
            yield Clinic(works, _catalogue(), hospital_of(settings), rules_of(settings), now)
        finally:
            works.close()


@asynccontextmanager
async def conversations(
    settings: Settings, *, at: datetime | None = None, story: str = "inbound"
) -> AsyncIterator[Converse]:
    """Conversations without a telephone, for `ivr talk`; `at` is a local time at which the clock stands."""
    frozen = at.replace(tzinfo=ZoneInfo(settings.rules.zone)).astimezone(UTC) if at else None
    house = House(settings, clock=(lambda: frozen) if frozen else utc_now)

    async def converse(line: Line, caller: PhoneNumber | None) -> str:
        return await house.converse(line, caller, key=uuid.uuid4().hex, name="talk", story=STORIES[story])

    try:
        yield converse
    finally:
        house.close()
