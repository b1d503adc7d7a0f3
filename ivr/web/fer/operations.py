"""The operations of ErWebService: each a request of the contract in, its response out, or a Refusal, or a BadField."""

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any
from uuid import UUID

from ivr.domain.notice import Method
from ivr.domain.patient import Patient
from ivr.domain.referral import Referral
from ivr.domain.refusals import NoSlots, NotFound, ReferralNotFound
from ivr.domain.speciality import Speciality
from ivr.fer import messages
from ivr.fer.messages import SUCCESS, CanceledReason
from ivr.services import booking, choice, portal, portal_booking, portal_choice
from ivr.services.portal_choice import Free
from ivr.services.portal_ports import PortalSession
from ivr.web.fer import asked, shown
from ivr.web.fer.errors import BadField
from ivr.web.fer.ids import Kind
from ivr.web.fer.service import known_as, service
from ivr.web.site import run, site

UNTOLD = "Адрес электронной почты не указан или записан с ошибкой: уведомлений не будет."


def get_patient_info(wish: messages.GetPatientInfoRequest) -> messages.GetPatientInfoResponse:
    patient = _opened(wish.session_id, wish.patient, wish.applicant)
    session = _session(wish.session_id)
    return messages.GetPatientInfoResponse(
        patient_id=str(shown.sealed(Kind.PATIENT, patient.id)),
        referrals=_referrals(session, _open_referrals(session)) if wish.pass_referral else (),
    )


def get_referral_info(wish: messages.GetReferralInfoRequest) -> messages.GetReferralInfoResponse:
    if wish.patient is not None:
        _opened(wish.session_id, wish.patient, wish.applicant)
    session = _session(wish.session_id)
    run(portal.patient_of, session)
    found = run(portal.referral_numbered, session, wish.referral_number, rules=site().rules, now=site().now())
    return messages.GetReferralInfoResponse(_referrals(session, [found]))


def get_mo_info_extended(wish: messages.GetMOInfoExtendedRequest) -> messages.GetMOInfoExtendedResponse:
    """Only the organisation of attachment (S1.5), which is this one."""
    session = _session(wish.session_id)
    open_to_him = _specialities(session)
    asked_for = bool(wish.posts or wish.specialties)  # doctors are known by their posts, not by specialities
    if asked_for and not any(shown.is_post(one, post.id) for one in open_to_him for post in wish.posts):
        raise NotFound("post")
    return messages.GetMOInfoExtendedResponse((shown.organisation(),))


def get_service_post_specs_info(
    wish: messages.GetServicePostSpecsInfoRequest,
) -> messages.GetServicePostSpecsInfoResponse:
    session = _session(wish.session_id)
    open_to_him = _specialities(session)
    if wish.mo_id != known_as().id:
        raise NotFound("organisation")
    if not open_to_him:
        raise NoSlots
    return messages.GetServicePostSpecsInfoResponse(tuple(shown.post(one) for one in open_to_him))


def get_mo_resource_info(wish: messages.GetMOResourceInfoRequest) -> messages.GetMOResourceInfoResponse:
    session = _session(wish.session_id)
    if wish.mo_oids and known_as().oid not in wish.mo_oids:
        raise NotFound("organisation")
    wanted = [post.id for post in wish.posts]
    found = _free(session, _wanted(session, wanted, wish.referral_id), wish)
    resources = tuple(shown.resource(one) for one in found)
    return messages.GetMOResourceInfoResponse((messages.MOAvailable(known_as().oid, resources),))


def get_schedule_info(wish: messages.GetScheduleInfoRequest) -> messages.GetScheduleInfoResponse:
    session = _session(wish.session_id)
    if wish.specialist_snils is None:
        raise BadField("Specialist_SNILS", "запись ведётся к врачам: нужен СНИЛС врача")
    if wish.mo_oid != known_as().oid:
        raise NotFound("organisation")
    doctors = run(portal_choice.doctors_known_by, asked.snils("Specialist_SNILS", wish.specialist_snils))
    staffed = [one for one in run(portal_choice.staffed) if one.key in {doctor.speciality for doctor in doctors}]
    wanted = [one for one in staffed if wish.post is None or shown.is_post(one, wish.post.id)]
    if not wanted:
        raise NotFound("doctor")
    found = [free for free in _free(session, wanted, wish) if free.doctor in doctors]
    slots = sorted((slot for free in found for slot in free.slots), key=lambda slot: slot.starts_at)
    in_hours = tuple(shown.slot(slot) for slot in slots if _in_hours(shown.local(slot.starts_at).time(), wish))
    if not in_hours:
        raise NoSlots
    return messages.GetScheduleInfoResponse(in_hours)


def create_appointment(wish: messages.CreateAppointmentRequest) -> messages.CreateAppointmentResponse:
    session = _session(wish.session_id)
    slot_id = service().ids.open(Kind.SLOT, wish.slot_id)
    if slot_id is None:
        raise NotFound("slot")
    method = None if wish.notice_method is None else Method(wish.notice_method)
    booked = run(portal_booking.book, session, slot_id, method, rules=site().rules, now=site().now())
    said = [f"Номер талона {booked.ticket}.", f"Адрес: {shown.address_of(run(booking.doctor_of, booked))}."]
    if not portal_booking.can_be_told(session, method):
        said.append(UNTOLD)
    return messages.CreateAppointmentResponse(
        book_id=str(shown.sealed(Kind.BOOKING, booked.id)),
        status=messages.Status(SUCCESS, " ".join(said)),
        slot_id=wish.slot_id,
        visit_time=shown.local(booked.slot.starts_at),
        room=booked.slot.room,
    )


def cancel_appointment(wish: messages.CancelAppointmentRequest) -> messages.CancelAppointmentResponse:
    run(
        portal_booking.cancel,
        _session(wish.session_id),
        _booking(wish.book_id),
        wish.reason.value,
        by_patient=wish.reason is CanceledReason.CANCELED_BY_PATIENT,
        rules=site().rules,
        now=site().now(),
    )
    return messages.CancelAppointmentResponse(SUCCESS, "Запись отменена.")


def referral_appointment_information(
    wish: messages.ReferralAppointmentInformationRequest,
) -> messages.ReferralAppointmentInformationResponse:
    session = _session(wish.session_id)
    if (wish.referral_number is None) == (wish.book_id is None):
        raise BadField("Referral_Number", "нужен либо номер направления, либо номер записи")
    if wish.book_id is not None:
        visits = [run(portal_booking.what_became_of, session, _booking(wish.book_id))]
    else:
        visits = run(portal_booking.by_referral, session, wish.referral_number or "")
    return messages.ReferralAppointmentInformationResponse(tuple(shown.appointment(visit) for visit in visits))


HANDLERS: Mapping[str, Callable[[Any], messages.Response]] = {
    "GetPatientInfo": get_patient_info,
    "GetReferralInfo": get_referral_info,
    "GetMOInfoExtended": get_mo_info_extended,
    "GetServicePostSpecsInfo": get_service_post_specs_info,
    "GetMOResourceInfo": get_mo_resource_info,
    "GetScheduleInfo": get_schedule_info,
    "CreateAppointment": create_appointment,
    "CancelAppointment": cancel_appointment,
    "ReferralAppointmentInformation": referral_appointment_information,
}


def _opened(session_id: UUID, patient: messages.PatientData, applicant: messages.Applicant | None) -> Patient:
    run(portal.end_session, str(session_id))  # who is named anew and not found must not book for whom was found before
    now = site().now()
    session = asked.new_session(str(session_id), patient, applicant, now)
    return run(portal.open_session, session, asked.named(patient, session.subject, now), now=now)


def _session(session_id: UUID) -> PortalSession:
    return run(portal.session_of, str(session_id), now=site().now())


def _specialities(session: PortalSession) -> list[Speciality]:
    return run(portal_choice.specialities, session, rules=site().rules, now=site().now())


def _open_referrals(session: PortalSession) -> list[Referral]:
    return run(portal.referrals_of, session, rules=site().rules, now=site().now())


def _referrals(session: PortalSession, found: list[Referral]) -> tuple[messages.Referral, ...]:
    open_to_him = {one.key for one in _specialities(session)}
    return tuple(_referral(one, one.speciality in open_to_him) for one in found)


def _referral(found: Referral, open_to_him: bool) -> messages.Referral:
    doctor = None if found.doctor_id is None else run(choice.doctor, found.doctor_id)
    snils = None if doctor is None or doctor.snils is None else doctor.snils.digits
    return shown.referral(found, run(choice.speciality_of, found.speciality), open_to_him, snils)


def _wanted(session: PortalSession, posts: list[str], referral_id: str | None) -> list[Speciality]:
    """Specialities that are asked for by posts, or by a referral of this patient alone."""
    sent_to = None if referral_id is None else _sent_to(session, referral_id)
    if not posts and sent_to is None:
        raise BadField("Service_Posts", "нужна должность врача или направление")
    staffed = run(portal_choice.staffed)
    if posts:
        found = [one for one in staffed if any(shown.is_post(one, code) for code in posts)]
    else:
        found = [one for one in staffed if one.key == sent_to]
    if not found:
        raise NotFound("post")
    return found


def _sent_to(session: PortalSession, referral_id: str) -> str:
    number = service().ids.open(Kind.REFERRAL, referral_id)
    for referral in _open_referrals(session):
        if referral.id == number:
            return referral.speciality
    raise ReferralNotFound


def _free(
    session: PortalSession,
    wanted: list[Speciality],
    wish: messages.GetMOResourceInfoRequest | messages.GetScheduleInfoRequest,
) -> list[Free]:
    if wish.start_date > wish.end_date:
        raise BadField("End_Date_Range", "последний день раньше первого")
    days = (wish.start_date, wish.end_date)
    return run(portal_choice.free, session, wanted, days, rules=site().rules, now=site().now())


def _in_hours(at: time, wish: messages.GetScheduleInfoRequest) -> bool:
    since = (wish.start_time or time.min).replace(tzinfo=None)
    until = (wish.end_time or time.max).replace(tzinfo=None)
    return since <= at <= until


def _booking(book_id: str) -> int:
    found = service().ids.open(Kind.BOOKING, book_id)
    if found is None:
        raise NotFound("booking")
    return found
