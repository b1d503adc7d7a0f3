"""The regional system of «Запись на приём к врачу» v2, as the use cases see it. Implements `services.region.Region`."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from ivr.domain.errand import Answer, Cancelled, Made, NotSent, Refused, Silent
from ivr.domain.identifiers import BadNumber, Snils
from ivr.domain.patient import Patient
from ivr.fer.messages import (
    MO,
    SUCCESS,
    CancelAppointmentRequest,
    CancelAppointmentResponse,
    CanceledReason,
    CreateAppointmentRequest,
    CreateAppointmentResponse,
    Error,
    ErrorCode,
    GetMOInfoExtendedRequest,
    GetMOInfoExtendedResponse,
    GetMOResourceInfoRequest,
    GetMOResourceInfoResponse,
    GetPatientInfoRequest,
    GetScheduleInfoRequest,
    GetScheduleInfoResponse,
    GetServicePostSpecsInfoRequest,
    GetServicePostSpecsInfoResponse,
    PatientData,
    Post,
    Request,
    Resource,
    Slot,
    Specialist,
)
from ivr.regional.link import Link, NoAnswer, NotReached, TurnedDown
from ivr.services.region import OF_PATIENT, FarDoctor, FarSlot, RegionDown, Unsettled

log = logging.getLogger(__name__)

T = TypeVar("T")
THREADS = 8
"""Questions at once; who comes later waits, no longer than a caller may."""
NOTHING_FREE = frozenset({ErrorCode.NO_DATA_FOUND, ErrorCode.NO_FREE_SLOTS})


class FarError(Exception):
    """The far end answers with an error; `code` is its Error_Code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class FerRegion:
    """Every question belongs to a session that the patient's data open; the session's GUID is ours to choose."""

    def __init__(
        self,
        link: Link,
        mo_oid: str,
        zone: ZoneInfo,
        *,
        patience: float = 4.0,
        fresh_for: float = 60.0,
        usable_for: float = 600.0,
    ) -> None:
        self.fresh_for, self.usable_for = fresh_for, usable_for
        self._link, self._mo_oid, self._zone, self._patience = link, mo_oid, zone, patience
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="region")

    def answers(self) -> bool:
        """An error is an answer, too: it knows no such session."""
        try:
            self.organisations(uuid4())
        except FarError:
            return True
        except (NotReached, NoAnswer, TurnedDown):
            return False
        return True

    def doctors(self, patient: Patient, post: str, first: date, last: date) -> Sequence[FarDoctor]:
        """Raises RegionDown, and the refusals of OF_PATIENT."""
        try:
            session = self.open(uuid4(), patient)
            found = [
                _doctor(each.specialist, self._slots(session, each.specialist, each.dates))
                for each in self._resources(session, post, first, last)
                if each.specialist is not None and each.dates
            ]
        except FarError as error:
            raise OF_PATIENT.get(error.code, RegionDown)(error.code) from None
        except (NotReached, NoAnswer, TurnedDown) as problem:
            raise RegionDown(str(problem)) from None
        return [each for each in found if each is not None]

    def book(self, session: UUID, patient: Patient, slot_id: str, starts_at: datetime) -> Answer:
        """A session that the far end has forgotten meanwhile is opened anew, once, under the same GUID."""
        for _ in range(2):
            answer = self._book(session, patient, UUID(slot_id), starts_at)
            if answer != NotSent(ErrorCode.SESSION_TIMED_OUT):
                break
        return answer

    def cancel(self, session: UUID, patient: Patient, far_id: str) -> Answer:
        try:
            self.open(session, patient)
        except (NotReached, NoAnswer, TurnedDown) as problem:
            return NotSent(str(problem))
        except FarError as error:
            return _refused(error)
        request = CancelAppointmentRequest(session, far_id, CanceledReason.CANCELED_BY_PATIENT)
        try:
            answer = self._asked(CancelAppointmentResponse, request)
        except NotReached as problem:
            return NotSent(str(problem))
        except NoAnswer as problem:
            return Silent(str(problem))
        except TurnedDown as problem:
            return Refused(str(problem))
        except FarError as error:
            return _refused(error)
        return Cancelled() if answer.status_code == SUCCESS else Refused(answer.status_code or "no status")

    def hurry(self, job: Callable[[], T]) -> T:
        running = self._threads.submit(job)
        try:
            return running.result(timeout=self._patience)
        except TimeoutError:
            raise Unsettled("no answer in time") from None

    def close(self) -> None:
        """What was begun ends first; what was not is found as an open errand."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def open(self, session: UUID, patient: Patient) -> UUID:
        """Raises NotReached, NoAnswer, TurnedDown, FarError."""
        request = GetPatientInfoRequest(session, _data(patient))
        answer = self._link.ask(request)
        _unless_error(answer.error)
        return session

    def organisations(self, session: UUID) -> tuple[MO, ...]:
        return self._asked(GetMOInfoExtendedResponse, GetMOInfoExtendedRequest(session)).organisations

    def posts(self, session: UUID, mo_id: str) -> tuple[Post, ...]:
        return self._asked(GetServicePostSpecsInfoResponse, GetServicePostSpecsInfoRequest(session, mo_id)).posts

    def _book(self, session: UUID, patient: Patient, slot_id: UUID, starts_at: datetime) -> Answer:
        try:
            self.open(session, patient)
        except (NotReached, NoAnswer) as problem:  # the slot was not asked for yet
            return NotSent(str(problem))
        except TurnedDown as problem:
            return Refused(str(problem))
        except FarError as error:
            return _refused(error, silent=NotSent)
        try:
            answer = self._asked(CreateAppointmentResponse, CreateAppointmentRequest(session, slot_id))
        except NotReached as problem:
            return NotSent(str(problem))
        except NoAnswer as problem:
            return Silent(str(problem))
        except TurnedDown as problem:
            return Refused(str(problem))
        except FarError as error:
            return _refused(error)
        return self._made(answer, slot_id, starts_at)

    def _made(self, answer: CreateAppointmentResponse, slot_id: UUID, starts_at: datetime) -> Answer:
        """Only a booking of this slot at this time is one."""
        made = answer.status is not None and answer.status.code == SUCCESS
        if not made or answer.slot_id != slot_id or answer.visit_time is None or answer.book_id is None:
            return Silent("not the booking that was asked for")
        if self._aware(answer.visit_time) != starts_at:
            return Silent("booked at another time")
        return Made(answer.book_id)

    def _resources(self, session: UUID, post: str, first: date, last: date) -> Sequence[Resource]:
        request = GetMOResourceInfoRequest(session, first, last, posts=(Post(post),), mo_oids=(self._mo_oid,))
        try:
            found = self._asked(GetMOResourceInfoResponse, request).organisations
        except FarError as error:
            if error.code in NOTHING_FREE:
                return ()
            raise
        return [each for one in found if one.mo_oid == self._mo_oid for each in one.resources]

    def _slots(self, session: UUID, doctor: Specialist, days: Sequence[date]) -> tuple[FarSlot, ...]:
        request = GetScheduleInfoRequest(
            session, self._mo_oid, min(days), max(days), specialist_snils=doctor.snils, post=Post(doctor.post.id)
        )
        try:
            found: tuple[Slot, ...] = self._asked(GetScheduleInfoResponse, request).slots
        except FarError as error:
            if error.code in NOTHING_FREE:  # the last one has just gone
                return ()
            raise
        return tuple(FarSlot(str(each.id), self._aware(each.visit_time), each.room) for each in found)

    def _aware(self, moment: datetime) -> datetime:
        """Some systems leave the offset out: then it is the hospital's."""
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)

    def _asked(self, kind: type[T], request: Request) -> T:
        answer = self._link.ask(request)
        if not isinstance(answer, kind):
            raise NoAnswer("the answer is to another question")
        _unless_error(answer.error)
        return answer


def _unless_error(error: Error | None) -> None:
    if error is not None:
        raise FarError(error.code)


def _refused(error: FarError, silent: type[Silent] | type[NotSent] = Silent) -> Answer:
    """An error that nobody defined may have happened after the visit was booked."""
    if error.code == ErrorCode.SESSION_TIMED_OUT:  # that says nothing of the visit
        return NotSent(error.code)
    return silent(error.code) if error.code == ErrorCode.UNDEFINED_ERROR else Refused(error.code)


def _doctor(found: Specialist, slots: tuple[FarSlot, ...]) -> FarDoctor | None:
    """None for one whose SNILS is none: nobody could be told apart by it."""
    try:
        snils = Snils(found.snils)
    except BadNumber:
        log.warning("the regional system has a doctor whose SNILS has a wrong check digit")
        return None
    return FarDoctor(snils, found.last_name, found.first_name, found.middle_name, slots)


def _data(patient: Patient) -> PatientData:
    """As little as the far end needs to know who he is."""
    return PatientData(
        oms_number=patient.oms.digits if patient.oms else None,
        snils=patient.snils.digits if patient.snils else None,
        first_name=patient.given_name,
        last_name=patient.surname,
        middle_name=patient.patronymic,
        birth_date=patient.birth_date,
        sex=patient.sex.value,
    )
