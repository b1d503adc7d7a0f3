"""The unit of work: one transaction, and the registers that speak within it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ivr.services.ports import StorageDown
from ivr.services.region import Region
from ivr.storage.bookings import BookingRegister
from ivr.storage.calls import CallRegister
from ivr.storage.campaign import CampaignRegister
from ivr.storage.clients import ClientRegister
from ivr.storage.consents import ConsentRegister
from ivr.storage.desk import (
    ChangeRegister,
    OperatorCallRegister,
    OperatorStateRegister,
    RunSettingRegister,
    UserRegister,
    WebSessionRegister,
)
from ivr.storage.dialling import DialRegister, OptOutRegister, SlotOfferRegister
from ivr.storage.engine import OURS, reading, turn_to_write
from ivr.storage.errands import ErrandRegister
from ivr.storage.events import EventRegister
from ivr.storage.follow_ups import FollowUpRegister
from ivr.storage.grid import GridRegister
from ivr.storage.kiosks import KioskRegister
from ivr.storage.mirror import MirrorRegister
from ivr.storage.notices import NoticeRegister
from ivr.storage.patients import PatientRegister
from ivr.storage.portal import PortalSessionRegister
from ivr.storage.recordings import RecordingRegister
from ivr.storage.records import AttemptRegister, AuditRegister
from ivr.storage.referrals import ReferralRegister
from ivr.storage.reports import ReportRegister
from ivr.storage.schedule import ScheduleRegister
from ivr.storage.slots import SlotRegister
from ivr.storage.staff import StaffRegister
from ivr.storage.tasks import TaskRegister
from ivr.storage.waiting import WaitingRegister


class SqlWork:
    """A unit of work on SQLite or PostgreSQL. Implements Work."""

    patients: PatientRegister
    staff: StaffRegister
    schedule: ScheduleRegister
    slots: SlotRegister
    grid: GridRegister
    bookings: BookingRegister
    referrals: ReferralRegister
    follow_ups: FollowUpRegister
    waiting: WaitingRegister
    tasks: TaskRegister
    consents: ConsentRegister
    calls: CallRegister
    attempts: AttemptRegister
    audit: AuditRegister
    users: UserRegister
    web_sessions: WebSessionRegister
    changes: ChangeRegister
    operator_calls: OperatorCallRegister
    operator_states: OperatorStateRegister
    run_settings: RunSettingRegister
    recordings: RecordingRegister
    reports: ReportRegister
    campaign: CampaignRegister
    dials: DialRegister
    slot_offers: SlotOfferRegister
    opt_outs: OptOutRegister
    notices: NoticeRegister
    portal: PortalSessionRegister
    clients: ClientRegister
    events: EventRegister
    errands: ErrandRegister
    mirror: MirrorRegister
    kiosks: KioskRegister

    def __init__(self, engine: Engine, region: Region | None = None) -> None:
        self._engine = engine
        self.region = region
        self._connection: Connection | None = None
        self._turn = ExitStack()

    @property
    def connection(self) -> Connection:
        """The open transaction, for imports that write many rows at once."""
        if self._connection is None:
            raise RuntimeError("a unit of work is used between `with work:` and its end")
        return self._connection

    def __enter__(self) -> Self:
        self._unless_open()
        with ExitStack() as turn:
            turn.enter_context(turn_to_write(self._engine))
            self._open(read_only=False)
            self._turn = turn.pop_all()
        return self

    def __exit__(self, *problem: object) -> None:
        connection, self._connection = self.connection, None
        # Closing rolls back what was not committed. What the caller must hear of has been raised before.
        with self._turn, _unless_down():
            connection.close()

    def commit(self) -> None:
        """Keep all that was done. Raises StorageDown: then nobody knows whether it was kept."""
        with _unless_down():
            self.connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Self]:
        """A transaction that only looks, and waits for nobody who writes."""
        self._open(read_only=True)
        try:
            yield self
        finally:
            self.__exit__()

    def _unless_open(self) -> None:
        if self._connection is not None:
            raise RuntimeError("this unit of work is open already")

    def _open(self, *, read_only: bool) -> Self:
        self._unless_open()
        with _unless_down():
            connection = self._begun(read_only=read_only)
        self._connection = connection
        self._registers(connection)
        return self

    def _begun(self, *, read_only: bool) -> Connection:
        """A connection in a transaction; one that cannot begin goes back to the pool at once."""
        with ExitStack() as giving_back:
            connection = giving_back.enter_context(self._engine.connect())
            (reading(connection) if read_only else connection).begin()
            giving_back.pop_all()
        return connection

    def _registers(self, connection: Connection) -> None:
        self.patients = PatientRegister(connection)
        self.staff = StaffRegister(connection)
        self.schedule = ScheduleRegister(connection)
        self.slots = SlotRegister(connection)
        self.grid = GridRegister(connection)
        self.bookings = BookingRegister(connection)
        self.referrals = ReferralRegister(connection)
        self.follow_ups = FollowUpRegister(connection)
        self.waiting = WaitingRegister(connection)
        self.tasks = TaskRegister(connection)
        self.consents = ConsentRegister(connection)
        self.calls = CallRegister(connection)
        self.attempts = AttemptRegister(connection)
        self.audit = AuditRegister(connection)
        self.users = UserRegister(connection)
        self.web_sessions = WebSessionRegister(connection)
        self.changes = ChangeRegister(connection)
        self.operator_calls = OperatorCallRegister(connection)
        self.operator_states = OperatorStateRegister(connection)
        self.run_settings = RunSettingRegister(connection)
        self.recordings = RecordingRegister(connection)
        self.reports = ReportRegister(connection)
        self.campaign = CampaignRegister(connection)
        self.dials = DialRegister(connection)
        self.slot_offers = SlotOfferRegister(connection)
        self.opt_outs = OptOutRegister(connection)
        self.notices = NoticeRegister(connection)
        self.portal = PortalSessionRegister(connection)
        self.clients = ClientRegister(connection)
        self.events = EventRegister(connection)
        self.errands = ErrandRegister(connection)
        self.mirror = MirrorRegister(connection)
        self.kiosks = KioskRegister(connection)


@contextmanager
def _unless_down() -> Iterator[None]:
    """Trouble beside statements: no connection to be had, or none left in the pool."""
    try:
        yield
    except SQLAlchemyError as problem:
        if isinstance(problem, DBAPIError) and isinstance(problem, OURS):
            raise
        raise StorageDown(type(problem).__name__) from problem
