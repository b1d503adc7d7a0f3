"""Every message of ErWebService v2 as a value: classes named like their elements, fields in the order of er.xsd."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

ER = "http://www.rt-eu.ru/med/er/v2_0"
APPLICANT = "urn:ivr:fer:applicant:1"
"""Our own addition: what the federal messages do not carry."""


@dataclass(frozen=True, slots=True)
class Tag:
    """Where a field stands in its message: element names from the outside in, parted by slashes."""

    path: str
    namespace: str = ER


class Subject(StrEnum):
    """For whom the applicant books (S1.1)."""

    SELF = "SELF"
    CHILD = "CHILD"
    OTHER = "OTHER"


class NoticeMethod(StrEnum):
    """How he wants to be told of changes (S1.7)."""

    EMAIL = "EMAIL"
    FEED = "FEED"


class AvailableRecord(StrEnum):
    """Who may book with a referral."""

    AVAILABLE = "AVAILABLE"
    AVAILABLE_ONLY_RECEPTION = "AVAILABLE_ONLY_RECEPTION"
    AVAILABLE_ONLY_DOCTOR = "AVAILABLE_ONLY_DOCTOR"
    NO_APPOINTMENT = "NO_APPOINTMENT"
    UNAVAILABLE = "UNAVAILABLE"


class CanceledReason(StrEnum):
    CANCELED_BY_PATIENT = "CANCELED_BY_PATIENT"
    ERROR_DATA_MIS = "ERROR_DATA_MIS"
    RECORD_NOT_CREATED_AT_EPGU = "RECORD_NOT_CREATED_AT_EPGU"
    DATA_TRANSFER_ERROR_AT_EPGU = "DATA_TRANSFER_ERROR_AT_EPGU"


class AppointmentStatus(StrEnum):
    RECORDED = "RECORDED"
    CANCELED = "CANCELED"
    SUCCESS = "SUCCESS"
    PATIENT_NOT_ARRIVED = "PATIENT_NOT_ARRIVED"


class ErrorCode(StrEnum):
    """Codes that we answer with; other systems have more, so `Error.code` is any text."""

    SESSION_TIMED_OUT = "SESSION_TIMED_OUT"
    NO_DATA_FOUND = "NO_DATA_FOUND"
    REFERRAL_NOT_FOUND = "REFERRAL_NOT_FOUND"
    UNDEFINED_ERROR = "UNDEFINED_ERROR"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    PATIENT_NOT_FOUND = "PATIENT_NOT_FOUND"
    PATIENT_NOT_ATTACHED = "PATIENT_NOT_ATTACHED"
    NO_FREE_SLOTS = "NO_FREE_SLOTS"
    SLOT_UNAVAILABLE = "SLOT_UNAVAILABLE"
    """Somebody else has it, or it is over: ask for the schedule again (S1.6)."""
    REFERRAL_REQUIRED = "REFERRAL_REQUIRED"
    APPOINTMENT_REFUSED = "APPOINTMENT_REFUSED"
    """A rule of the hospital; the message says which."""


SUCCESS = "SUCCESS"
"""Status_Code of a booking or cancellation that has been made."""


@dataclass(frozen=True, slots=True)
class ValidationError:
    message: Annotated[str, Tag("Message")]
    path: Annotated[str | None, Tag("Path")] = None
    value: Annotated[str | None, Tag("Value")] = None


@dataclass(frozen=True, slots=True)
class Error:
    """What any response may hold instead of its result."""

    code: Annotated[str, Tag("Error_Code")]
    message: Annotated[str, Tag("Error_Message")]
    validation: Annotated[ValidationError | None, Tag("Validation_Error")] = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies, for whom, and where the patient is attached (S1.1, S1.4)."""

    esia_session: Annotated[str, Tag("ESIA_Session", APPLICANT)] = field(repr=False)
    subject: Annotated[Subject, Tag("Subject", APPLICANT)]
    region: Annotated[str, Tag("Region", APPLICANT)]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PatientData:
    """Shows nothing of itself in logs."""

    oms_number: Annotated[str | None, Tag("OMS_Number")] = None
    oms_series: Annotated[str | None, Tag("OMS_Series")] = None
    snils: Annotated[str | None, Tag("SNILS")] = None
    first_name: Annotated[str, Tag("First_Name")]
    last_name: Annotated[str, Tag("Last_Name")]
    middle_name: Annotated[str | None, Tag("Middle_Name")] = None
    birth_date: Annotated[date, Tag("Birth_Date")]
    sex: Annotated[str, Tag("Sex")]
    email: Annotated[str | None, Tag("Email")] = None
    phone: Annotated[str | None, Tag("Phone")] = None

    def __repr__(self) -> str:
        return "PatientData(…)"


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a doctor, by its code in 1.2.643.5.1.13.13.11.1002."""

    id: Annotated[str, Tag("Post_Id")]
    name: Annotated[str | None, Tag("Post_Name")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    id: Annotated[str, Tag("Referral_Id")]
    number: Annotated[str, Tag("Referral_Number")]
    type: Annotated[str, Tag("Referral_Type")]
    end_date: Annotated[date, Tag("Referral_End_Date")]
    post: Annotated[Post | None, Tag("Post")] = None
    specialist_snils: Annotated[str | None, Tag("Specialist_SNILS")] = field(default=None, repr=False)
    available: Annotated[AvailableRecord, Tag("Available_Record")]


@dataclass(frozen=True, slots=True)
class MO:
    """A medical organisation."""

    id: Annotated[str, Tag("MO_Id")]
    oid: Annotated[str, Tag("MO_OID")]
    name: Annotated[str, Tag("MO_Name")]
    address: Annotated[str, Tag("MO_Address")]
    phone: Annotated[str | None, Tag("MO_Phone")] = None
    age_group: Annotated[str | None, Tag("Age_Group")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialist:
    last_name: Annotated[str, Tag("Last_Name")]
    first_name: Annotated[str, Tag("First_Name")]
    middle_name: Annotated[str | None, Tag("Middle_Name")] = None
    snils: Annotated[str, Tag("SNILS")] = field(repr=False)
    post: Annotated[Post, Tag("Post")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    oid: Annotated[str, Tag("Room_OID")]
    number: Annotated[str | None, Tag("Room_Number")] = None
    name: Annotated[str, Tag("Room_Name")]


@dataclass(frozen=True, slots=True)
class Resource:
    """Who or what can be booked, and on which local days; one of `specialist` and `room` is there."""

    specialist: Annotated[Specialist | None, Tag("Specialist")] = None
    room: Annotated[Room | None, Tag("Room")] = None
    dates: Annotated[tuple[date, ...], Tag("Available_Dates/Available_Date")] = ()


@dataclass(frozen=True, slots=True)
class NoSchedule:
    code: Annotated[str, Tag("No_Schedule_Reason_Code")]
    comment: Annotated[str | None, Tag("Comment")] = None


@dataclass(frozen=True, slots=True)
class MOAvailable:
    """What is free in one organisation; either resources or the reason why there are none."""

    mo_oid: Annotated[str, Tag("MO_OID")]
    resources: Annotated[tuple[Resource, ...], Tag("Resource_Available/Resource")] = ()
    no_schedule: Annotated[NoSchedule | None, Tag("No_Schedule_Reason")] = None


@dataclass(frozen=True, slots=True)
class Slot:
    id: Annotated[UUID, Tag("Slot_Id")]
    visit_time: Annotated[datetime, Tag("VisitTime")]
    """Aware; written with its offset."""
    room: Annotated[str | None, Tag("Room")] = None


@dataclass(frozen=True, slots=True)
class Status:
    code: Annotated[str, Tag("Status_Code")]
    comment: Annotated[str | None, Tag("Comment")] = None


@dataclass(frozen=True, slots=True)
class Appointment:
    book_id: Annotated[str, Tag("Book_Id_Mis")]
    status: Annotated[AppointmentStatus, Tag("Appointment_Status")]
    slot_id: Annotated[UUID, Tag("Slot_Id")]
    visit_time: Annotated[datetime, Tag("Visit_Time")]
    referral_number: Annotated[str | None, Tag("Referral_Number")] = None
    room: Annotated[str | None, Tag("Room")] = None


@dataclass(frozen=True, slots=True)
class GetPatientInfoRequest:
    """Opens the session: the client makes up its GUID."""

    session_id: Annotated[UUID, Tag("Session_ID")]
    patient: Annotated[PatientData, Tag("Patient_Data")]
    pass_referral: Annotated[bool, Tag("Pass_referral")] = False
    """Whether the answer is to hold his referrals."""
    kind: Annotated[str | None, Tag("Patient_Info_Kind")] = None
    applicant: Annotated[Applicant | None, Tag("Applicant", APPLICANT)] = None


@dataclass(frozen=True, slots=True)
class GetPatientInfoResponse:
    patient_id: Annotated[str | None, Tag("Patient_Id")] = None
    referrals: Annotated[tuple[Referral, ...], Tag("Referrals/Referral")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class GetReferralInfoRequest:
    """With the patient's data it opens the session, without them it asks about the patient of the session."""

    session_id: Annotated[UUID, Tag("Session_ID")]
    referral_number: Annotated[str, Tag("Referral_Number")]
    patient: Annotated[PatientData | None, Tag("Patient_Data")] = None
    applicant: Annotated[Applicant | None, Tag("Applicant", APPLICANT)] = None


@dataclass(frozen=True, slots=True)
class GetReferralInfoResponse:
    referrals: Annotated[tuple[Referral, ...], Tag("Referrals/Referral")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class GetMOInfoExtendedRequest:
    session_id: Annotated[UUID, Tag("Session_ID")]
    posts: Annotated[tuple[Post, ...], Tag("Service_Posts/Post")] = ()
    """Only organisations that have one of them."""
    specialties: Annotated[tuple[str, ...], Tag("Service_Specialty/Specialty_Id")] = ()
    booking_type: Annotated[str | None, Tag("Booking_Type")] = None


@dataclass(frozen=True, slots=True)
class GetMOInfoExtendedResponse:
    organisations: Annotated[tuple[MO, ...], Tag("MO_List/MO")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class GetServicePostSpecsInfoRequest:
    session_id: Annotated[UUID, Tag("Session_ID")]
    mo_id: Annotated[str, Tag("MO_Id")]


@dataclass(frozen=True, slots=True)
class GetServicePostSpecsInfoResponse:
    posts: Annotated[tuple[Post, ...], Tag("Service_Post_Specs/Post")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class GetMOResourceInfoRequest:
    session_id: Annotated[UUID, Tag("Session_ID")]
    start_date: Annotated[date, Tag("Start_Date_Range")]
    end_date: Annotated[date, Tag("End_Date_Range")]
    """Both days are included."""
    posts: Annotated[tuple[Post, ...], Tag("Service_Posts/Post")] = ()
    specialties: Annotated[tuple[str, ...], Tag("Service_Specialty/Specialty_Id")] = ()
    mo_oids: Annotated[tuple[str, ...], Tag("MO_OID_List/MO_OID")] = ()
    referral_id: Annotated[str | None, Tag("Referral_Id")] = None
    vaccination_id: Annotated[str | None, Tag("Vaccination_Id")] = None
    booking_type: Annotated[str | None, Tag("Booking_Type")] = None


@dataclass(frozen=True, slots=True)
class GetMOResourceInfoResponse:
    organisations: Annotated[tuple[MOAvailable, ...], Tag("MO_Available")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class GetScheduleInfoRequest:
    """One of `specialist_snils` and `room_oid` is there."""

    session_id: Annotated[UUID, Tag("Session_ID")]
    mo_oid: Annotated[str, Tag("MO_OID")]
    start_date: Annotated[date, Tag("Start_Date_Range")]
    end_date: Annotated[date, Tag("End_Date_Range")]
    specialist_snils: Annotated[str | None, Tag("Specialist_SNILS")] = field(default=None, repr=False)
    room_oid: Annotated[str | None, Tag("Room_OID")] = None
    post: Annotated[Post | None, Tag("Service_Post/Post")] = None
    referral_id: Annotated[str | None, Tag("Referral_Id")] = None
    start_time: Annotated[time | None, Tag("Start_Time_Range")] = None
    end_time: Annotated[time | None, Tag("End_Time_Range")] = None
    """Local, both included."""


@dataclass(frozen=True, slots=True)
class GetScheduleInfoResponse:
    slots: Annotated[tuple[Slot, ...], Tag("Schedule/Slots")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class CreateAppointmentRequest:
    session_id: Annotated[UUID, Tag("Session_ID")]
    slot_id: Annotated[UUID, Tag("Slot_Id")]
    notice_method: Annotated[NoticeMethod | None, Tag("Notice_Method", APPLICANT)] = None
    """None: the patient wants no notices (S1.7)."""


@dataclass(frozen=True, slots=True)
class CreateAppointmentResponse:
    book_id: Annotated[str | None, Tag("Book_Id_Mis")] = None
    status: Annotated[Status | None, Tag("Status")] = None
    slot_id: Annotated[UUID | None, Tag("Slot_Id")] = None
    visit_time: Annotated[datetime | None, Tag("Visit_Time")] = None
    room: Annotated[str | None, Tag("Room")] = None
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class CancelAppointmentRequest:
    session_id: Annotated[UUID, Tag("Session_ID")]
    book_id: Annotated[str, Tag("Book_Id_Mis")]
    reason: Annotated[CanceledReason, Tag("Canceled_Reason")]


@dataclass(frozen=True, slots=True)
class CancelAppointmentResponse:
    status_code: Annotated[str | None, Tag("Status_Code")] = None
    comment: Annotated[str | None, Tag("Comment")] = None
    error: Annotated[Error | None, Tag("Error")] = None


@dataclass(frozen=True, slots=True)
class ReferralAppointmentInformationRequest:
    """One of `referral_number` and `book_id` is there."""

    session_id: Annotated[UUID, Tag("Session_ID")]
    referral_number: Annotated[str | None, Tag("Referral_Number")] = None
    book_id: Annotated[str | None, Tag("Book_Id_Mis")] = None


@dataclass(frozen=True, slots=True)
class ReferralAppointmentInformationResponse:
    appointments: Annotated[tuple[Appointment, ...], Tag("Appointments/Appointment")] = ()
    error: Annotated[Error | None, Tag("Error")] = None


Request = (
    GetPatientInfoRequest
    | GetReferralInfoRequest
    | GetMOInfoExtendedRequest
    | GetServicePostSpecsInfoRequest
    | GetMOResourceInfoRequest
    | GetScheduleInfoRequest
    | CreateAppointmentRequest
    | CancelAppointmentRequest
    | ReferralAppointmentInformationRequest
)
Response = (
    GetPatientInfoResponse
    | GetReferralInfoResponse
    | GetMOInfoExtendedResponse
    | GetServicePostSpecsInfoResponse
    | GetMOResourceInfoResponse
    | GetScheduleInfoResponse
    | CreateAppointmentResponse
    | CancelAppointmentResponse
    | ReferralAppointmentInformationResponse
)
OPERATIONS: Mapping[str, tuple[type[Request], type[Response]]] = {
    "GetPatientInfo": (GetPatientInfoRequest, GetPatientInfoResponse),
    "GetReferralInfo": (GetReferralInfoRequest, GetReferralInfoResponse),
    "GetMOInfoExtended": (GetMOInfoExtendedRequest, GetMOInfoExtendedResponse),
    "GetServicePostSpecsInfo": (GetServicePostSpecsInfoRequest, GetServicePostSpecsInfoResponse),
    "GetMOResourceInfo": (GetMOResourceInfoRequest, GetMOResourceInfoResponse),
    "GetScheduleInfo": (GetScheduleInfoRequest, GetScheduleInfoResponse),
    "CreateAppointment": (CreateAppointmentRequest, CreateAppointmentResponse),
    "CancelAppointment": (CancelAppointmentRequest, CancelAppointmentResponse),
    "ReferralAppointmentInformation": (ReferralAppointmentInformationRequest, ReferralAppointmentInformationResponse),
}
"""Name of an operation, which is also its SOAPAction, to what is asked and answered."""
