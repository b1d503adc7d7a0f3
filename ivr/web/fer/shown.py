"""Values of ours, as the portal gets them."""

from datetime import date, datetime
from uuid import UUID

from ivr.domain.booking import Booking, BookingStatus
from ivr.domain.referral import Referral
from ivr.domain.slot import Doctor, Slot
from ivr.domain.speciality import Speciality
from ivr.fer import messages
from ivr.fer.messages import AppointmentStatus, AvailableRecord
from ivr.services.portal_choice import Free
from ivr.web.fer.ids import Kind
from ivr.web.fer.service import known_as, service
from ivr.web.site import site
from ivr.web.wording import address, telephone

REFERRAL_TYPE = "4"
"""One of those that clients are known to take (4, 6, 8); the register keeps none."""
STATUSES = {
    BookingStatus.BOOKED: AppointmentStatus.RECORDED,
    BookingStatus.PASSED: AppointmentStatus.RECORDED,
    BookingStatus.VISITED: AppointmentStatus.SUCCESS,
    BookingStatus.NO_SHOW: AppointmentStatus.PATIENT_NOT_ARRIVED,
}
"""The others are CANCELED (3.3)."""


def sealed(kind: Kind, number: int) -> UUID:
    return service().ids.seal(kind, number)


def organisation() -> messages.MO:
    here = site().hospital
    return messages.MO(
        id=known_as().id,
        oid=known_as().oid,
        name=here.name,
        address=address(here.adult_address),
        phone=telephone(here.registry_phone),
        age_group="Взрослые и дети",
    )


def post(speciality: Speciality) -> messages.Post:
    """By its federal code; where that is not verified, by the hospital's own key."""
    return messages.Post(speciality.post_code or speciality.key, speciality.name)


def is_post(speciality: Speciality, code: str) -> bool:
    return code == post(speciality).id


def resource(free: Free) -> messages.Resource:
    zone = site().rules.zone
    days: list[date] = sorted({slot.starts_at.astimezone(zone).date() for slot in free.slots})
    return messages.Resource(specialist=_specialist(free.doctor, free.speciality), dates=tuple(days))


def slot(found: Slot) -> messages.Slot:
    return messages.Slot(sealed(Kind.SLOT, found.id), local(found.starts_at), found.room)


def referral(found: Referral, speciality: Speciality, open_to_him: bool, snils: str | None) -> messages.Referral:
    """Available to the portal where it shows the speciality to this patient; else the registry helps."""
    return messages.Referral(
        id=str(sealed(Kind.REFERRAL, found.id)),
        number=found.number,
        type=REFERRAL_TYPE,
        end_date=found.valid_until,
        post=post(speciality),
        specialist_snils=snils,
        available=AvailableRecord.AVAILABLE if open_to_him else AvailableRecord.AVAILABLE_ONLY_RECEPTION,
    )


def appointment(visit: Booking) -> messages.Appointment:
    return messages.Appointment(
        book_id=str(sealed(Kind.BOOKING, visit.id)),
        status=STATUSES.get(visit.status, AppointmentStatus.CANCELED),
        slot_id=sealed(Kind.SLOT, visit.slot.id),
        visit_time=local(visit.slot.starts_at),
        referral_number=visit.referral_number,
        room=visit.slot.room,
    )


def address_of(doctor: Doctor) -> str:
    """Where he sees patients, on paper."""
    here = site().hospital
    return address(here.sites.get(doctor.site, here.adult_address))


def local(moment: datetime) -> datetime:
    """In the hospital's zone, as whole seconds."""
    return moment.astimezone(site().rules.zone).replace(microsecond=0)


def _specialist(doctor: Doctor, speciality: Speciality) -> messages.Specialist:
    return messages.Specialist(
        last_name=doctor.surname,
        first_name=doctor.given_name,
        middle_name=doctor.patronymic,
        snils=doctor.snils.digits if doctor.snils else "",
        post=post(speciality),
    )
