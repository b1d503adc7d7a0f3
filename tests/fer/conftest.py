"""The federal service on a socket, and zeep before it: a SOAP client that knows nothing of ours but the WSDL."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from lxml import etree
from zeep import Client
from zeep import Settings as ZeepSettings

from ivr.bootstrap_web import OpenSite, open_site
from ivr.domain.identifiers import Snils
from ivr.domain.patient import Patient
from ivr.settings import Database, Fer, Folders, Notices, Settings
from ivr.web.no_exchange import NoExchange
from tests.builders import NOW, Clinic
from tests.web.conftest import serve

LOCAL = Fer(enabled=True, addresses="127.0.0.1", per_minute=100_000)
MO_ID, MO_OID = "620001", "1.2.643.5.1.13.13.12.2.62.0000.0.000001"
GRADUSOVA = Snils("90001000187")
TODAY = date(2026, 4, 27)
LAST = TODAY + timedelta(days=14)


@dataclass
class Clock:
    """The site's clock; a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Portal:
    """The concentrator: what it sends, in one session unless a test names another."""

    address: str
    opened: OpenSite
    clinic: Clinic
    clock: Clock
    session: str = field(default_factory=lambda: str(uuid.uuid4()))
    _soap: Client | None = None

    @property
    def soap(self) -> Client:
        if self._soap is None:
            self._soap = Client(f"{self.address}/fer/v2?wsdl", settings=ZeepSettings(strict=True))
        return self._soap

    def ask(self, operation: str, **wish: Any) -> Any:
        return self.soap.service[operation](**({"Session_ID": self.session} | wish))

    def identify(self, patient: Patient, applicant: dict[str, str] | None = None, **data: Any) -> Any:
        return self.ask(
            "GetPatientInfo",
            Patient_Data=data_of(patient) | data,
            Pass_referral="1",
            **({} if applicant is None else {"Applicant": applicant}),
        )

    def resources(self, post: str = "110", **wish: Any) -> Any:
        posts = {"Service_Posts": {"Post": [{"Post_Id": post}]}}
        return self.ask("GetMOResourceInfo", **(posts | a_range() | wish))

    def schedule(self, snils: str = GRADUSOVA.digits, **wish: Any) -> Any:
        return self.ask("GetScheduleInfo", **({"Specialist_SNILS": snils, "MO_OID": MO_OID} | a_range() | wish))

    def slot_ids(self, **wish: Any) -> list[str]:
        return [slot.Slot_Id for slot in self.schedule(**wish).Schedule.Slots]

    def book(self, slot_id: str, **wish: Any) -> Any:
        return self.ask("CreateAppointment", Slot_Id=slot_id, **wish)

    def cancel(self, book_id: str, reason: str = "CANCELED_BY_PATIENT") -> Any:
        return self.ask("CancelAppointment", Book_Id_Mis=book_id, Canceled_Reason=reason)

    def raw(self, operation: str, **wish: Any) -> str:
        """The envelope that zeep would send."""
        message = self.soap.create_message(self.soap.service, operation, **({"Session_ID": self.session} | wish))
        return str(etree.tostring(message, encoding="unicode"))

    def post(self, body: bytes | str, **headers: str) -> requests.Response:
        sent = body.encode() if isinstance(body, str) else body
        usual = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"GetPatientInfo"'}
        return requests.post(f"{self.address}/fer/v2", data=sent, headers=usual | headers, timeout=10)


def data_of(patient: Patient) -> dict[str, Any]:
    """What the portal knows of a person."""
    return {
        "OMS_Number": patient.oms.digits if patient.oms else None,
        "SNILS": patient.snils.digits if patient.snils else None,
        "First_Name": patient.given_name,
        "Last_Name": patient.surname,
        "Middle_Name": patient.patronymic,
        "Birth_Date": patient.birth_date,
        "Sex": patient.sex.value,
    }


def an_applicant(subject: str = "SELF", region: str = "62") -> dict[str, str]:
    return {"ESIA_Session": "esia-1", "Subject": subject, "Region": region}


def a_range(first: date = TODAY, last: date = LAST) -> dict[str, date]:
    return {"Start_Date_Range": first, "End_Date_Range": last}


def code(answer: Any) -> str | None:
    return answer.Error and answer.Error.Error_Code


Open = Callable[..., Portal]


@pytest.fixture
def open_portal(tmp_path: Path) -> Iterator[Callable[..., Portal]]:
    """Serves a site over a database, with these settings of the federal service."""
    with ExitStack() as stack:

        def opened(url: str, clinic: Clinic, fer: Fer = LOCAL, **sections: Any) -> Portal:
            settings = Settings(folders=Folders(var=tmp_path), database=Database(url=url), fer=fer, **sections)
            clock = Clock()
            site = open_site(settings, exchange=NoExchange(), clock=clock)
            stack.callback(site.close)
            return Portal(stack.enter_context(serve(site)), site, clinic, clock)

        yield opened


@pytest.fixture
def portal(open_portal: Open, sqlite_database: Any) -> Portal:
    """On SQLite, with a small hospital that a test fills."""
    return open_portal(sqlite_database.url, Clinic(sqlite_database.new_work), notices=Notices())


@pytest.fixture
def anna(portal: Portal) -> Patient:
    """A patient, and a therapist of hers with three free slots tomorrow."""
    return a_hospital(portal.clinic)


def a_hospital(clinic: Clinic) -> Patient:
    clinic.speciality("therapist", post_code="110", name="терапевт участковый")
    doctor = clinic.doctor("therapist", snils=GRADUSOVA)
    clinic.slots(doctor, tomorrow(9, 10, 11))
    return clinic.patient()


def tomorrow(*hours: int) -> list[datetime]:
    """Those hours of the hospital's clock, 28 April."""
    return [NOW + timedelta(days=1, hours=hour - 8) for hour in hours]
