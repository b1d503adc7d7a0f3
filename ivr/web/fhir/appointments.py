"""Slots, proposals and bookings as Slot and Appointment; what came back read strictly."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir.resources.R4B.appointment import Appointment
from fhir.resources.R4B.slot import Slot as SlotResource

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.purpose import Purpose
from ivr.domain.slot import Doctor, Slot, SlotKind
from ivr.domain.speciality import Speciality
from ivr.web.fhir.staff import service_id
from ivr.web.fhir.systems import (
    CANCELLED_BY,
    IHE,
    PURPOSE,
    REFERRAL,
    SPECIALITY,
    TICKET,
    TYPE_OF_VISIT,
    coded,
    to,
)

STATUSES = {
    BookingStatus.PENDING: "pending",
    BookingStatus.NOT_MADE: "cancelled",
    BookingStatus.BOOKED: "booked",
    BookingStatus.PASSED: "booked",
    BookingStatus.VISITED: "fulfilled",
    BookingStatus.NO_SHOW: "noshow",
    BookingStatus.CANCELLED_BY_PATIENT: "cancelled",
    BookingStatus.CANCELLED_BY_CLINIC: "cancelled",
    BookingStatus.MOVED: "cancelled",
}
"""FHIR has no word for a time that is over while nobody has said yet who came."""
REASONS = {
    BookingStatus.CANCELLED_BY_PATIENT: coded(CANCELLED_BY, "pat", "Patient"),
    BookingStatus.CANCELLED_BY_CLINIC: coded(CANCELLED_BY, "prov", "Provider"),
    BookingStatus.MOVED: coded(CANCELLED_BY, "other", "Other") | {"text": "Запись перенесена."},
    BookingStatus.NOT_MADE: coded(CANCELLED_BY, "other", "Other") | {"text": "Региональная система не записала."},
}
PROFILE = f"{IHE}/StructureDefinition/ihe-sched-appt"
MOST_DIGITS = 18
_PROPOSAL = re.compile(rf"slot-([1-9][0-9]{{0,{MOST_DIGITS - 1}}})-patient-([1-9][0-9]{{0,{MOST_DIGITS - 1}}})")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A slot for a patient, not booked: an Appointment whose id says both."""

    slot_id: int
    patient_id: int

    @property
    def id(self) -> str:
        return f"slot-{self.slot_id}-patient-{self.patient_id}"

    @classmethod
    def of(cls, text: str) -> "Proposal | None":
        found = _PROPOSAL.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None


def slot_resource(slot: Slot, speciality: Speciality, status: str) -> SlotResource:
    return SlotResource.model_validate(
        {
            "id": str(slot.id),
            "specialty": [coded(SPECIALITY, speciality.key, speciality.name)],
            "schedule": to("Schedule", slot.doctor_id),
            "status": status,
            "start": slot.starts_at.isoformat(),
            "end": slot.ends_at.isoformat(),
            "comment": f"Кабинет {slot.room}" if slot.room else None,
        }
    )


def proposed(
    slot: Slot, patient_id: int, doctor: Doctor, speciality: Speciality, purpose: Purpose, *, until: datetime | None
) -> Appointment:
    """What `$find` offers; `until`: it is held so long (D-14), which FHIR calls pending."""
    told = _common(slot, patient_id, doctor, speciality, purpose) | {
        "id": Proposal(slot.id, patient_id).id,
        "status": "proposed" if until is None else "pending",
        "comment": None if until is None else f"Время удерживается до {until.isoformat()}.",
    }
    return Appointment.model_validate(told | {"meta": {"profile": [PROFILE]}})


def booked(booking: Booking, doctor: Doctor, speciality: Speciality) -> Appointment:
    """A booking, with a version that changes whenever anything of it does."""
    told = _common(booking.slot, booking.patient_id, doctor, speciality, booking.purpose) | {
        "id": str(booking.id),
        "identifier": [{"system": TICKET, "value": booking.ticket}],
        "status": STATUSES[booking.status],
        "cancelationReason": REASONS.get(booking.status),
        "created": booking.created_at.isoformat(),
        "basedOn": [_referral(booking.referral_number)] if booking.referral_number else None,
    }
    version = hashlib.sha256(repr((told, booking.status, booking.closed_at)).encode()).hexdigest()[:16]
    changed = booking.closed_at or booking.created_at
    meta = {"versionId": version, "lastUpdated": changed.isoformat(), "profile": [PROFILE]}
    return Appointment.model_validate(told | {"meta": meta})


def _common(slot: Slot, patient_id: int, doctor: Doctor, speciality: Speciality, purpose: Purpose) -> dict[str, object]:
    period = {"start": slot.starts_at.isoformat(), "end": slot.ends_at.isoformat()}
    actors = (
        to("Patient", patient_id),
        to("Practitioner", doctor.id) | {"display": doctor.full_name},
        to("HealthcareService", service_id(speciality.key)) | {"display": speciality.name},
    )
    return {
        "serviceType": [coded(PURPOSE, purpose)],
        "specialty": [coded(SPECIALITY, speciality.key, speciality.name)],
        "appointmentType": coded(TYPE_OF_VISIT, "FOLLOWUP" if slot.kind is SlotKind.REPEAT else "ROUTINE"),
        "description": f"{speciality.name}, кабинет {slot.room}" if slot.room else speciality.name,
        **period,
        "minutesDuration": int((slot.ends_at - slot.starts_at) / timedelta(minutes=1)),
        "slot": [to("Slot", slot.id)],
        "participant": [{"actor": actor, "status": "accepted"} for actor in actors],
        "requestedPeriod": [period],
    }


def _referral(number: str) -> dict[str, object]:
    return {"type": "ServiceRequest", "identifier": {"system": REFERRAL, "value": number}}
