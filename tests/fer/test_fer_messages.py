"""The contract of the federal service: what is written can be read, and what breaks the schema is told where."""

import dataclasses
from datetime import date, datetime, time, timedelta, timezone
from types import UnionType
from typing import get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from ivr.fer import codec, contract, soap, xml
from ivr.fer.messages import (
    OPERATIONS,
    Applicant,
    Error,
    GetPatientInfoRequest,
    GetPatientInfoResponse,
    GetScheduleInfoRequest,
    PatientData,
    Subject,
    ValidationError,
)

SESSION = UUID("7d7c0110-d97b-476a-8f9e-008cbb903335")
ANNA = PatientData(
    oms_number="6256410854009015",
    first_name="Анна",
    last_name="Тестова",
    middle_name="Ивановна",
    birth_date=date(1985, 3, 12),
    sex="F",
)
ASKED = GetPatientInfoRequest(SESSION, ANNA, pass_referral=True)
MESSAGES = [kind for pair in OPERATIONS.values() for kind in pair]

WORDS = st.text("абвгд АБВ.-&<>'\"", min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
ZONES = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (0, 3, 12)])
VALUES = {
    bool: st.booleans(),
    date: DAYS,
    datetime: st.datetimes(timezones=ZONES).map(lambda moment: moment.replace(microsecond=0)),
    time: st.times().map(lambda each: each.replace(microsecond=0)),
    UUID: st.uuids(),
}
BY_NAME = {
    "sex": st.sampled_from("FM"),
    "snils": st.from_regex(r"[0-9]{11}", fullmatch=True),
    "oid": st.from_regex(r"1\.2\.[1-9]{1,5}", fullmatch=True),
    "region": st.from_regex(r"[0-9]{2}", fullmatch=True),
}

INSTEAD = {"error", "no_schedule", "room"}
"""What stands in place of something else, never beside it."""


def a_message(kind):
    """Any value of that class with everything in it that may be there."""
    hints = get_type_hints(kind)
    names = [each.name for each in dataclasses.fields(kind) if each.name not in INSTEAD]
    return st.builds(kind, **{name: a_value(name, hints[name]) for name in names})


def a_value(name, hint):
    if get_origin(hint) is tuple:
        return st.lists(a_value(name.removesuffix("s"), get_args(hint)[0]), min_size=1, max_size=2).map(tuple)
    if isinstance(hint, UnionType):
        hint = get_args(hint)[0]
    if dataclasses.is_dataclass(hint):
        return a_message(hint)
    if issubclass(hint, str) and hint is not str:
        return st.sampled_from(list(hint))
    return next((values for end, values in BY_NAME.items() if name.endswith(end)), VALUES.get(hint, WORDS))


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_written_fits_the_schema_and_is_read_again(kind, data):
    message = data.draw(a_message(kind))

    sent = soap.write(message)

    operation = kind.__name__.removesuffix("Request").removesuffix("Response")
    if kind.__name__.endswith("Request"):
        assert soap.request_of(*soap.opened(sent)) == message
    else:
        assert soap.read_response(operation, sent) == message


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_can_be_an_error(operation):
    answer = OPERATIONS[operation][1](error=Error("NO_DATA_FOUND", "нет", ValidationError("плохо", "Post/Post_Id")))

    assert soap.read_response(operation, soap.write(answer)) == answer


@pytest.mark.parametrize(
    ("was", "became", "told"),
    [
        ("1985-03-12", "1985-33-12", "GetPatientInfoRequest/Patient_Data/Birth_Date: the value does not fit its type"),
        ("1985-03-12", "12.03.1985", "GetPatientInfoRequest/Patient_Data/Birth_Date: the value does not fit its type"),
        (
            "<er:Sex>F</er:Sex>",
            "",
            "GetPatientInfoRequest/Patient_Data: an element is missing; it may be OMS_Series, SNILS, Sex, Email, Phone",
        ),
        (
            "<er:Sex>F</er:Sex>",
            "<er:Sex>F</er:Sex><er:Foo/>",
            "GetPatientInfoRequest/Patient_Data/Foo: an element is not expected here",
        ),
        (str(SESSION), "{7d7c0110}", "GetPatientInfoRequest/Session_ID: the value does not fit its type"),
        (">1<", ">да<", "GetPatientInfoRequest/Pass_referral: the value does not fit its type"),
    ],
)
def test_what_breaks_the_schema_is_told_by_its_place_and_never_by_its_value(was, became, told):
    sent = soap.write(ASKED).decode().replace(was, became)

    with pytest.raises(contract.Invalid) as problem:
        soap.request_of(*soap.opened(sent.encode()))

    assert str(problem.value) == told


def test_the_place_of_a_mistake_is_told_without_the_senders_prefixes():
    sent = soap.write(ASKED).decode().replace("er:", "ns7:").replace("xmlns:er", "xmlns:ns7")

    with pytest.raises(contract.Invalid) as problem:
        soap.request_of(*soap.opened(sent.replace("1985-03-12", "вчера").encode()))

    assert problem.value.path == "GetPatientInfoRequest/Patient_Data/Birth_Date"


def test_elements_are_known_by_their_namespace_whatever_the_prefix_and_the_order():
    sent = f"""<?xml version="1.0" encoding="utf-8"?>
      <S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header/><S:Body>
        <GetPatientInfoRequest xmlns="http://www.rt-eu.ru/med/er/v2_0" xmlns:q="{codec.PREFIXES["a"]}">
          <q:Applicant><q:Subject>CHILD</q:Subject><q:Region>62</q:Region><q:ESIA_Session>s-1</q:ESIA_Session></q:Applicant>
          <Pass_referral>1</Pass_referral>
          <Patient_Data><Sex>F</Sex><Birth_Date>1985-03-12</Birth_Date><Last_Name>Тестова</Last_Name>
            <First_Name> Анна </First_Name><Middle_Name>Ивановна</Middle_Name><Email/>
            <OMS_Number>6256410854009015</OMS_Number></Patient_Data>
          <Session_ID>{SESSION}</Session_ID>
        </GetPatientInfoRequest></S:Body></S:Envelope>"""

    read = soap.request_of(*soap.opened(sent.encode()))

    assert read == dataclasses.replace(ASKED, applicant=Applicant("s-1", Subject.CHILD, "62"))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("<a/>", "Client"),
        (f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body/></s:Envelope>', "Client"),
        (f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body><GetPatientInfoRequest/></s:Body></s:Envelope>', "Client"),
        (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><a/></s:Body></s:Envelope>',
            "VersionMismatch",
        ),
        (
            f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Header><x s:mustUnderstand="1"/></s:Header>'
            "<s:Body><a/></s:Body></s:Envelope>",
            "MustUnderstand",
        ),
    ],
)
def test_what_is_no_message_of_the_service_is_a_fault(sent, code):
    with pytest.raises(soap.SoapFault) as fault:
        soap.opened(sent.encode())

    assert fault.value.code == code


def test_a_fault_reaches_the_client_with_its_code():
    with pytest.raises(soap.SoapFault) as fault:
        soap.read_response("GetPatientInfo", soap.write_fault(soap.SoapFault("Server", "не вышло")))

    assert (fault.value.code, fault.value.text) == ("Server", "не вышло")


def test_an_answer_to_something_else_is_no_answer():
    with pytest.raises(soap.SoapFault):
        soap.read_response("GetScheduleInfo", soap.write(GetPatientInfoResponse(patient_id="1")))


LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))


@pytest.mark.parametrize(
    "hostile",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l9;</x>',
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>',
        '<!doctype x [<!ENTITY e "1">]><x/>',
    ],
    ids=["billion laughs", "external entity", "external DTD", "small letters"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-7"])
def test_a_document_type_is_refused_in_every_encoding(hostile, encoding):
    with pytest.raises(xml.BadXml):
        xml.parse(f'<?xml version="1.0" encoding="{encoding}"?>{hostile}'.encode(encoding))


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"<a>", b"<a>&nbsp;</a>", b"\xff\xfe<", b"<a>" * 100_000, b"<a>" + b" " * xml.MOST_BYTES + b"</a>"],
    ids=["nothing", "NUL", "cut", "entity", "bytes", "deep", "long"],
)
def test_what_is_not_xml_or_too_long_is_refused(data):
    with pytest.raises(xml.BadXml):
        xml.parse(data)


def test_the_description_says_where_the_service_is():
    tree = etree.fromstring(contract.description("https://er.example/fer/v2"))

    assert tree.xpath("//@location") == ["https://er.example/fer/v2"]


def test_a_message_shows_no_personal_data_of_itself():
    asked = GetScheduleInfoRequest(
        SESSION, "1.2.3", date(2026, 11, 24), date(2026, 12, 8), specialist_snils="90000100792"
    )

    assert not any(text in f"{ASKED!r}{asked!r}" for text in ("Тестова", "6256410854009015", "90000100792", "1985"))
