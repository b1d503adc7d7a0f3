"""What a use case needs of the outside, named for its role."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, Self
from zoneinfo import ZoneInfo

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.consent import Consent, Wording
from ivr.domain.document import IdentityDocument
from ivr.domain.identifiers import Caller, Claim, OmsNumber, PhoneNumber
from ivr.domain.journal import CallRecord, LiveCall, StepRow
from ivr.domain.patient import Patient
from ivr.domain.referral import Referral
from ivr.domain.schedule import Absence, DayOverride, WorkRule
from ivr.domain.slot import Channel, Doctor, Hold, Slot, SlotKind, SlotState
from ivr.domain.slot_plan import PlannedSlot
from ivr.domain.speciality import Speciality
from ivr.domain.tasks import NewTask, Task, TaskKind, TaskOwner
from ivr.domain.waiting_list import WaitingEntry
from ivr.domain.worklist import Closing, ListedTask, Settled
from ivr.services.campaign_ports import CampaignFigures
from ivr.services.client_ports import Clients
from ivr.services.desk_ports import Changes, OperatorCalls, OperatorStates, RunSettings, Users, WebSessions
from ivr.services.dial_ports import Dials, OptOuts, SlotOffers
from ivr.services.follow_up_ports import FollowUps
from ivr.services.kiosk_ports import Kiosks
from ivr.services.portal_ports import PortalSessions
from ivr.services.recordings import Recordings
from ivr.services.report_ports import Reports

if TYPE_CHECKING:
    from ivr.services.absences import Noted
    from ivr.services.audit import Entry, Sought
    from ivr.services.events import Events
    from ivr.services.notices import Notices
    from ivr.services.region import Errands, Mirror, Region


class StorageDown(Exception):
    """The database cannot be asked now: gone, locked, full or not migrated. Nothing of the work was kept,
    unless it happened while committing: then the result is unknown and may be looked up by its key."""


@dataclass(frozen=True, slots=True)
class Offer:
    """To whom slots are shown, and when: decides what is free for him."""

    patient_id: int
    channel: Channel
    now: datetime
    call_key: str | None = None
    """Holds of this call do not hide a slot from it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which slots are looked for. Moments from `since` on, before `until`."""

    offer: Offer
    speciality: str
    kind: SlotKind
    since: datetime
    until: datetime
    doctor_id: int | None = None
    site: str | None = None
    beside: tuple[Slot, ...] = ()
    """Other visits of the patient, which a wanted slot must not clash with (1.6)."""
    gap: timedelta = timedelta(0)
    """Least time between the beginnings of two visits of one patient (1.6)."""
    shown_only: bool = False
    """Only what the regional system has shown to the patient."""


@dataclass(frozen=True, slots=True)
class GridSlot:
    """A slot as the registry's grid needs it."""

    slot: Slot
    state: SlotState
    held_by: str | None
    held_until: datetime | None
    booking_id: int | None
    patient_id: int | None
    """Whose booking fills it."""
    doctor_away: bool


@dataclass(frozen=True, slots=True)
class NewBooking:
    """A booking that is not stored yet; its key makes it once."""

    key: str
    call_key: str
    booking: Booking


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A waiting-list entry that is not stored yet."""

    key: str
    entry: WaitingEntry
    contact: PhoneNumber | None


class Patients(Protocol):
    def get(self, patient_id: int) -> Patient:
        """Raises NotFound."""

    def lock(self, patient_id: int) -> None:
        """One unit of work at a time may change the bookings of a patient. Raises NotFound."""

    def matching(self, claim: Claim, born: date) -> Patient | None: ...

    def known(self, numbers: Sequence[OmsNumber]) -> list[OmsNumber]:
        """Those of the numbers that somebody in the register has."""

    def phones(self, patient_ids: Sequence[int]) -> frozenset[PhoneNumber]: ...

    def numbered(self, claim: Claim) -> Patient | None: ...
    def with_document(self, document: IdentityDocument) -> Patient | None: ...
    def born(self, day: date) -> list[Patient]: ...
    def phoned(self, number: PhoneNumber) -> list[Patient]: ...
    def add_document(self, patient_id: int, document: IdentityDocument) -> None: ...
    def documents(self, patient_id: int) -> list[IdentityDocument]: ...

    def save(self, patient: Patient) -> None:
        """Keep everything but the representatives."""

    def add(self, patient: Patient) -> int:
        """Store a new patient (his id is not looked at) with representatives; return the id. Raises PatientKnown."""


class Staff(Protocol):
    """Doctors and specialities."""

    def doctor(self, doctor_id: int) -> Doctor:
        """Raises NotFound."""

    def doctors(self, *, former: bool = False) -> list[Doctor]:
        """Those who work here; with `former` also those who did."""

    def speciality(self, key: str) -> Speciality:
        """Raises NotFound."""

    def specialities(self, *, staffed: bool = False) -> list[Speciality]:
        """In the hospital's order; `staffed`: those that have an active doctor."""

    def add_doctor(self, doctor: Doctor, code: str | None = None) -> int:
        """Store a new doctor (its id is not looked at); return the id."""

    def save_doctor(self, doctor: Doctor) -> None:
        """Replace what is stored under his id."""

    def save_speciality(self, speciality: Speciality, position: int = 0) -> None:
        """Store, or replace what is stored under the key."""


class Schedule(Protocol):
    """What doctors work; slots are made of it."""

    def rules(self) -> dict[int, list[WorkRule]]:
        """By doctor."""

    def overrides(self) -> list[DayOverride]: ...
    def absences(self) -> list[Absence]: ...
    def add_rules(self, rules: Iterable[WorkRule]) -> None: ...
    def add_override(self, override: DayOverride) -> None: ...

    def add_absence(self, absence: Absence, zone: ZoneInfo, reason: str = "") -> int:
        """Slots of the doctor on those local days are offered to nobody; the id of the absence."""

    def noted_absences(self) -> "list[Noted]": ...

    def absence(self, absence_id: int) -> "Noted":
        """Raises NotFound."""

    def remove_absence(self, absence_id: int) -> None: ...
    def numbered_rules(self, doctor_id: int) -> list[tuple[int, WorkRule]]: ...
    def remove_rule(self, rule_id: int) -> None: ...

    def forget(self, doctor_ids: Iterable[int]) -> None:
        """Remove rules, absences and overrides of these doctors; slots stay as they are."""


class Slots(Protocol):
    def get(self, slot_id: int) -> Slot:
        """Raises NotFound."""

    def first(self, wanted: Wanted) -> Slot | None: ...

    def all(self, wanted: Wanted) -> list[Slot]:
        """In the order of time."""

    def spans_with_any(self, wanted: Wanted, spans: Sequence[tuple[datetime, datetime]]) -> list[int]:
        """Numbers of the spans (from, before) in which at least one wanted slot starts, in order."""

    def doctors(self, wanted: Wanted) -> list[Doctor]:
        """Active doctors who have a wanted slot, who has the nearest one first."""

    def opened_for(self, offer: Offer, since: datetime, until: datetime) -> list[Slot]:
        """Free slots that a doctor opened for the patient, in the order of time."""

    def hold(self, slot_id: int, offer: Offer, until: datetime) -> bool:
        """Hold for the call of the offer; False where the slot is not free for it."""

    def book(self, slot_id: int, offer: Offer) -> bool:
        """Take the slot for good; False where it is not free for the offer."""

    def held_by_other(self, slot_id: int, offer: Offer) -> bool: ...

    def is_free(self, slot_id: int) -> bool:
        """Neither booked nor closed; somebody may hold it."""

    def free(self, slot_id: int) -> None:
        """A booked slot can be offered again."""

    def open_for(self, slot_id: int, offer: Offer) -> bool:
        """Keep a slot for this patient, in whatever channel he books; False where it is not free for the offer."""

    def close_for(self, slot_id: int, offer: Offer) -> bool:
        """The opened slot is vacant again; False where the patient has booked it, or talks about it now."""

    def renew(self, call_key: str, until: datetime) -> None: ...

    def release(self, call_key: str, *, but: int | None = None) -> None:
        """Let go of every slot that the call holds, except one."""

    def add_extra(self, planned: PlannedSlot) -> int:
        """Store one beside the timetable; its id. A microsecond later for each slot that begins there already."""

    def move_room(self, doctor_id: int, room: str, since: datetime) -> None:
        """Whoever comes after that moment is seen there."""

    def add(self, planned: Iterable[PlannedSlot], *, for_patient_id: int | None = None) -> None:
        """Store new slots. One that another process has just added is left as it is."""

    def of_doctors(self, doctor_ids: Sequence[int], since: datetime, until: datetime) -> list[Slot]:
        """All slots, free or not, in the order of time."""


class Grid(Protocol):
    """Slots with who has them, in the order of time."""

    def of_doctors(self, doctor_ids: Sequence[int], since: datetime, until: datetime) -> list[GridSlot]: ...
    def of_ids(self, slot_ids: Sequence[int]) -> list[GridSlot]: ...

    def held_for(self, call_key: str, now: datetime) -> Hold | None:
        """The live hold of a call or page."""


class Bookings(Protocol):
    def get(self, booking_id: int) -> Booking:
        """Raises NotFound."""

    def of_key(self, key: str) -> Booking | None: ...
    def of_ticket(self, ticket: str) -> Booking | None: ...

    def of_call(self, call_key: str, patient_id: int) -> Booking | None:
        """An active one that was made for the patient in the call."""

    def of_call_key(self, call_key: str) -> list[Booking]:
        """All that were made in the call, in the order in which they were made."""

    def of_doctor(self, doctor_id: int, since: datetime, until: datetime) -> list[Booking]:
        """Status BOOKED, beginning from `since` on and before `until`, in the order of time."""

    def filling(self, doctor_id: int, since: datetime, until: datetime) -> list[Booking]:
        """The same, also those that are over, however they ended; not those that were cancelled or moved."""

    def mark(self, booking: Booking, status: BookingStatus) -> Booking:
        """Whether the patient came, or that nobody knows. Raises WrongTurn."""

    def active(self, patient_id: int) -> list[Booking]:
        """Status BOOKED, in the order of time; also those whose time is over."""

    def pending(self, patient_id: int) -> list[Booking]:
        """Status PENDING: the regional system has not told yet whether they are booked."""

    def made_far(self, booking: Booking, far_id: str, now: datetime) -> Booking:
        """PENDING becomes BOOKED under its number in the regional system. Raises WrongTurn."""

    def of_far(self, far_id: str) -> Booking | None:
        """The visit that has this number in the regional system."""

    def made_too_late(self, booking: Booking, far_id: str) -> None:
        """The regional system made what nobody waits for any more: its number, to cancel it by."""

    def add(self, new: NewBooking) -> Booking:
        """Raises SlotTaken or AlreadyBooked where the database's own guard says no."""

    def of_patient(self, patient_id: int, limit: int) -> list[Booking]:
        """Whatever became of them, the latest visit first."""

    def close(
        self, booking: Booking, status: BookingStatus, *, key: str | None, now: datetime, reason: str | None = None
    ) -> Booking:
        """Make the move in the table of moves. Raises WrongTurn."""


class Referrals(Protocol):
    def get(self, referral_id: int) -> Referral:
        """Raises NotFound."""

    def find(self, patient_id: int, number: str) -> Referral | None: ...
    def open_of(self, patient_id: int, today: date) -> list[Referral]:
        """Not used and still valid, the first to end first."""

    def opens(self, patient_id: int, speciality: str, today: date) -> bool:
        """One lets him there: not used, or its visit is still to come and may be moved."""

    def use(self, referral_id: int, booking_id: int) -> None: ...

    def withdraw(self, referral_id: int, today: date) -> bool:
        """It is valid no more; False where something was booked with it."""

    def give_back(self, booking_id: int) -> None:
        """What this booking used can be used again."""

    def add(self, referral: Referral) -> int:
        """Store a new referral (its id is not looked at); return the id."""


class WaitingList(Protocol):
    def get(self, entry_id: int) -> WaitingEntry:
        """Raises NotFound."""

    def of_key(self, key: str) -> WaitingEntry | None: ...

    def open_of(self, patient_id: int) -> list[WaitingEntry]:
        """In the order of their deadlines."""

    def add(self, new: NewEntry) -> WaitingEntry:
        """Raises AlreadyWaiting."""

    def save(self, entry: WaitingEntry, now: datetime) -> None:
        """Keep status, counters and priority; what people were to do for an entry that is over is dropped."""

    def all_open(self) -> list[WaitingEntry]:
        """The nearest deadline first, then who goes before others, then who came first (1.5)."""

    def waiting_for(self, speciality: str) -> list[WaitingEntry]:
        """Status ACTIVE, in the order of `all_open`."""

    def offer_to(self, entry_id: int, now: datetime) -> bool:
        """ACTIVE becomes OFFERED; False where it is not active now."""

    def contact(self, entry_id: int) -> PhoneNumber | None:
        """The number at which he wants to be rung up."""

    def key_of(self, entry_id: int) -> str:
        """The key of the command that made it."""


class Tasks(Protocol):
    def add(self, task: NewTask, now: datetime) -> int:
        """Store it and return its id; where the key is known, the id of the task that has it."""

    def get(self, task_id: int) -> Task:
        """Raises NotFound."""

    def of_booking(self, booking_id: int, kind: TaskKind) -> Task | None:
        """The newest one."""

    def drop(self, booking_id: int, kind: TaskKind) -> None:
        """Open tasks of that kind about a booking are no longer needed."""

    def reopen(self, booking_id: int, kind: TaskKind) -> None:
        """Those that were dropped are needed after all."""

    def like(self, kind: TaskKind, key: str) -> list[Task]:
        """Tasks whose key begins so."""

    def has(self, key: str) -> bool:
        """Whether there ever was a task of that key."""

    def open_of_entry(self, entry_id: int, kind: TaskKind | None = None) -> Task | None:
        """What a person is to do for an entry of the waiting list; the newest one."""

    def of_entry(self, entry_id: int) -> int:
        """How many tasks there ever were for the entry."""

    def for_people(self, now: datetime) -> list[ListedTask]:
        """Open tasks that a person works on and that are due to be shown, in the order of their time."""

    def done_since(self, moment: datetime) -> list[ListedTask]:
        """The latest first."""

    def take(self, task_id: int, who: str, until: datetime, now: datetime) -> bool:
        """Lease an open task that nobody has leased now; False where somebody else has, or it is not open."""

    def renew(self, task_id: int, who: str, until: datetime) -> bool:
        """Only who has the lease may; True where it holds until then."""

    def give_back(self, task_id: int, who: str) -> bool: ...

    def close(self, closing: Closing, now: datetime) -> bool:
        """Keep what came of this attempt; False where it is not this person's, or another attempt."""

    def due_for_robot(self, now: datetime, limit: int, *, by_sms: bool = False) -> list[Task]:
        """Open, due and nobody's now; what is lost soonest first. Other diallers are not shown the same ones.

        With `by_sms` those alone that are an SMS from the start.
        """

    def settle(self, task_id: int, settled: Settled, now: datetime) -> None:
        """Keep what the robot's attempt came to and let go of the lease; what is done already stays as it is."""

    def hand_over(self, task_id: int, owner: TaskOwner, now: datetime) -> None:
        """A person does it from now on."""

    def postpone(self, task_id: int, until: datetime) -> None:
        """Not looked at before."""


class Consents(Protocol):
    """The ledger of what patients agree to: it only grows."""

    def add(self, consent: Consent, words: str | None = None) -> int:
        """Its id (the id of the value is not looked at); `words` are kept under the version that it names."""

    def latest(self, patient_id: int, visits: Sequence[int], purpose: str) -> Consent | None:
        """The newest answer about one of these visits, or about all visits of the patient."""

    def of_patient(self, patient_id: int) -> list[Consent]:
        """In the order in which they were said."""

    def of_people(self, since: datetime, before: datetime, patient_id: int | None) -> Iterable[Consent]:
        """All answers of everybody (or of one) who said something then; patient by patient, in the order of time."""

    def wordings(self) -> list[Wording]:
        """Every version that was ever used."""


class Calls(Protocol):
    def begin(self, record: CallRecord) -> None:
        """A repeat changes nothing."""

    def get(self, call_key: str) -> CallRecord:
        """Raises NotFound."""

    def save_progress(self, call_key: str, progress: Mapping[str, Any]) -> None: ...
    def add_steps(self, call_key: str, rows: Sequence[StepRow]) -> None: ...
    def steps(self, call_key: str) -> list[StepRow]: ...
    def finish(self, call_key: str, *, outcome: str, detail: str | None, now: datetime) -> None: ...

    def of_caller(self, caller: PhoneNumber, limit: int) -> list[CallRecord]:
        """The latest first."""

    def recent(self, caller: PhoneNumber, since: datetime) -> list[CallRecord]:
        """Calls from a number with a sign of life after that moment, the latest first."""

    def running(self, node: str) -> list[CallRecord]: ...

    def live(self, seen_since: datetime) -> list[LiveCall]:
        """Not ended, with a sign of life since that moment; the longest first."""

    def resume(self, call_key: str, now: datetime) -> bool:
        """Mark as resumed; False where somebody did so before."""


class Attempts(Protocol):
    """Failed identifications, per telephone or terminal, withheld numbers together; what was entered is not kept."""

    def lock(self, caller: Caller | None) -> None:
        """Calls from one telephone try one after another, so that each is counted before the next."""

    def add(self, caller: Caller | None, now: datetime) -> None: ...

    def since(self, caller: Caller | None, moment: datetime) -> list[datetime]:
        """In the order of time."""


class Audit(Protocol):
    def add(self, *, who: str, action: str, detail: Mapping[str, Any], now: datetime) -> None: ...

    def find(self, sought: "Sought", *, limit: int, skip: int) -> "list[Entry]":
        """The newest first."""

    def actions(self) -> list[str]: ...


class Work(Protocol):
    """A unit of work: `with work:` opens one transaction; leaving without commit() undoes everything."""

    @property
    def patients(self) -> Patients: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def slots(self) -> Slots: ...
    @property
    def grid(self) -> Grid: ...
    @property
    def bookings(self) -> Bookings: ...
    @property
    def referrals(self) -> Referrals: ...
    @property
    def follow_ups(self) -> FollowUps: ...
    @property
    def waiting(self) -> WaitingList: ...
    @property
    def tasks(self) -> Tasks: ...
    @property
    def consents(self) -> Consents: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def users(self) -> Users: ...
    @property
    def web_sessions(self) -> WebSessions: ...
    @property
    def changes(self) -> Changes: ...
    @property
    def operator_calls(self) -> OperatorCalls: ...
    @property
    def operator_states(self) -> OperatorStates: ...
    @property
    def run_settings(self) -> RunSettings: ...
    @property
    def recordings(self) -> Recordings: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def campaign(self) -> CampaignFigures: ...
    @property
    def dials(self) -> Dials: ...
    @property
    def slot_offers(self) -> SlotOffers: ...
    @property
    def opt_outs(self) -> OptOuts: ...
    @property
    def notices(self) -> "Notices": ...
    @property
    def portal(self) -> PortalSessions: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def events(self) -> "Events": ...
    @property
    def errands(self) -> "Errands": ...
    @property
    def mirror(self) -> "Mirror": ...

    @property
    def region(self) -> "Region | None":
        """The regional system, where that keeps the schedule; asked outside any transaction."""

    @property
    def kiosks(self) -> Kiosks: ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *problem: object) -> None: ...
    def commit(self) -> None: ...

    def reading(self) -> AbstractContextManager[Self]:
        """One transaction that only looks, and waits for nobody who writes."""
