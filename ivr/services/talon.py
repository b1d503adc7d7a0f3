"""What stands on a talon (1.6, S3.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ivr.domain.hospital import Hospital
from ivr.domain.slot import Channel
from ivr.services.ports import Work


@dataclass(frozen=True, slots=True)
class Talon:
    """Printed for the patient; not to be mixed up with form 025-1/у, which is a medical record."""

    ticket: str
    patient_id: int
    patient: str
    speciality: str
    doctor: str
    room: str
    address: str
    starts_at: datetime
    hospital: str
    registry_phone: str
    channel: Channel
    created_at: datetime
    stands: bool
    """False: cancelled or moved, of no use any more."""


class PrinterDown(Exception):
    """The talon could not be printed; what the printer said is in the message."""


class TalonPrinter(Protocol):
    """A printer that the server reaches by itself."""

    def print(self, talon: Talon) -> None:
        """Raises PrinterDown."""


def talon(work: Work, booking_id: int, hospital: Hospital) -> Talon:
    """The talon of a booking. Raises NotFound."""
    with work.reading():
        booking = work.bookings.get(booking_id)
        patient = work.patients.get(booking.patient_id)
        doctor = work.staff.doctor(booking.slot.doctor_id)
        speciality = work.staff.speciality(booking.slot.speciality)
    return Talon(
        ticket=booking.ticket,
        patient_id=patient.id,
        patient=patient.full_name,
        speciality=speciality.name,
        doctor=doctor.full_name,
        room=booking.slot.room,
        address=hospital.sites.get(doctor.site, hospital.adult_address),
        starts_at=booking.slot.starts_at,
        hospital=hospital.name,
        registry_phone=hospital.registry_phone,
        channel=booking.channel,
        created_at=booking.created_at,
        stands=booking.closed_at is None,
    )
