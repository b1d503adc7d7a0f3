"""Patients named, specialities, doctors and free time."""

from ivr.domain.client import Scope
from ivr.domain.identifiers import BadNumber, PhoneNumber, birth_date
from ivr.domain.refusals import (
    AlreadyBooked,
    CallerLocked,
    CertificateExpired,
    NeedsPerson,
    NoSlots,
    NotAdmitted,
    NotAttached,
    NotFound,
    NotIdentified,
    ReferralNeeded,
    RegionRefused,
)
from ivr.services import choice, client_visits, clients
from ivr.services.search import SlotQuery
from ivr.web.api import shown
from ivr.web.api.endpoint import Part
from ivr.web.api.invalid import refuse_number
from ivr.web.api.models import (
    Days,
    Doctors,
    ForPatient,
    Identify,
    Known,
    Me,
    OfSpeciality,
    Slots,
    SlotShown,
    Sought,
    SoughtDay,
    Specialities,
)
from ivr.web.clients import client
from ivr.web.site import run, site

system = Part("Система")
people = Part("Пациенты", (Scope.IDENTIFY,))
time = Part("Врачи и время", (Scope.SCHEDULE,))
IN_THE_WAY = (
    NotIdentified,
    NotFound,
    NotAttached,
    NotAdmitted,
    ReferralNeeded,
    AlreadyBooked,
    RegionRefused,
    NeedsPerson,
)
"""Of a search for one patient."""


@system.get("/me", "Кто вы и что вам разрешено", Me)
def me() -> Me:
    own = client()
    return Me(id=own.id, name=own.name, channel=own.channel, scopes=sorted(own.scopes), per_minute=own.per_minute)


@people.post(
    "/patients/identify",
    "Назвать пациента номером и датой рождения",
    Known,
    keyed=False,
    refusals=(NotIdentified, CertificateExpired, CallerLocked),
)
def identify(body: Identify) -> Known:
    field = "birth_date"
    try:
        born = birth_date(f"{body.birth_date:%d%m}{body.birth_date.year:04}", today=site().rules.today(site().now()))
        field = next(name for name in ("oms", "snils", "certificate") if getattr(body, name) is not None)
        claim = body.claim
    except BadNumber as problem:
        raise refuse_number(field, problem) from None
    patient, known = run(
        clients.identify,
        client(),
        claim,
        born,
        phone=None if body.phone is None else PhoneNumber(body.phone),
        ticket=body.ticket,
        rules=site().rules,
        now=site().now(),
    )
    return Known(patient=patient.id, until=shown.local(known.until), told=known.told)


@time.get(
    "/specialities", "Специальности; для пациента — те, что его принимают", Specialities, refusals=(NotIdentified,)
)
def specialities(query: ForPatient) -> Specialities:
    found = run(client_visits.specialities, client(), query.patient, rules=site().rules, now=site().now())
    return Specialities(specialities=[shown.speciality(one) for one in found])


@time.get("/doctors", "Врачи специальности", Doctors, refusals=(NotFound,))
def doctors(query: OfSpeciality) -> Doctors:
    return shown.doctors(run(choice.doctors_in, query.speciality))


@time.get("/patients/<int:patient>/doctors", "Врачи, у которых есть время", Doctors, refusals=IN_THE_WAY)
def free_doctors(patient: int, query: Sought) -> Doctors:
    asked = _asked(patient, query)
    return shown.doctors(run(client_visits.doctors, asked, rules=site().rules, now=site().now()))


@time.get("/patients/<int:patient>/slots/nearest", "Ближайшее время", SlotShown, refusals=(NoSlots, *IN_THE_WAY))
def nearest(patient: int, query: Sought) -> SlotShown:
    asked = _asked(patient, query)
    return shown.slot(run(client_visits.nearest, asked, rules=site().rules, now=site().now()))


@time.get("/patients/<int:patient>/slots/days", "Дни, в которые есть время", Days, refusals=IN_THE_WAY)
def days(patient: int, query: Sought) -> Days:
    asked = _asked(patient, query)
    return Days(days=run(client_visits.days, asked, rules=site().rules, now=site().now()))


@time.get("/patients/<int:patient>/slots", "Время одного дня", Slots, refusals=IN_THE_WAY)
def slots(patient: int, query: SoughtDay) -> Slots:
    asked = _asked(patient, query)
    found = run(client_visits.times, asked, query.day, query.part, rules=site().rules, now=site().now())
    return shown.slots(found)


def _asked(patient: int, query: Sought) -> list[SlotQuery]:
    return run(
        client_visits.queries,
        client(),
        patient,
        (query.speciality,),
        query.purpose,
        doctor_id=query.doctor,
        site=query.site,
        moves=query.moves,
        referral=query.referral,
        rules=site().rules,
        now=site().now(),
    )
