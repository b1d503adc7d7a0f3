"""Whatever stands in whatever field of whatever operation: an answer with a reason, never a failure of the program."""

import random
import re
import uuid
from typing import Any

import pytest
from lxml import etree

from ivr.fer import codec, soap
from ivr.fer.messages import ER, OPERATIONS
from tests.fer.conftest import GRADUSOVA, MO_ID, MO_OID, Portal, a_range, an_applicant, data_of

NASTY = [
    "",
    " ",
    "0",
    "-1",
    "99999999999999999999",
    "1; DROP TABLE users",
    "<script>",
    "{{ 7 * 7 }}",
    "{registry}",
    "\u202eдом",
    "а" * 5000,
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2200-12-31",
    "1900-01-01",
    "24:00:00",
    "10:00:00Z",
    "23:59:60",
    "../../../etc/passwd",
    "٣" * 11,
    "00000000000",
    "0000000000000000",
    str(uuid.UUID(int=0)),
    str(uuid.UUID(int=2**128 - 1)),
]


def wishes(portal: Portal, anna: Any) -> dict[str, dict[str, Any]]:
    """A good request of each operation, with everything in it that may be there."""
    slot_id = portal.slot_ids()[0]
    booked = portal.book(slot_id).Book_Id_Mis
    person = {"Patient_Data": data_of(anna) | {"Email": "a@b.ru", "Phone": "+79000000101"}, "Applicant": an_applicant()}
    posts = {"Service_Posts": {"Post": [{"Post_Id": "110"}]}}
    return {
        "GetPatientInfo": person | {"Pass_referral": "1", "Patient_Info_Kind": "1"},
        "GetReferralInfo": person | {"Referral_Number": "1"},
        "GetMOInfoExtended": posts | {"Booking_Type": "APPOINTMENT"},
        "GetServicePostSpecsInfo": {"MO_Id": MO_ID},
        "GetMOResourceInfo": posts | a_range() | {"Referral_Id": slot_id, "MO_OID_List": {"MO_OID": [MO_OID]}},
        "GetScheduleInfo": {"Specialist_SNILS": GRADUSOVA.digits, "MO_OID": MO_OID, "Start_Time_Range": "08:00:00"}
        | a_range(),
        "CreateAppointment": {"Slot_Id": slot_id, "Notice_Method": "FEED"},
        "CancelAppointment": {"Book_Id_Mis": booked, "Canceled_Reason": "CANCELED_BY_PATIENT"},
        "ReferralAppointmentInformation": {"Referral_Number": "1"},
    }


def test_junk_in_any_field_is_answered_with_a_reason(portal, anna, caplog):
    portal.identify(anna)
    client = portal.opened.app.test_client()
    chance = random.Random(7)  # noqa: S311
    for operation, wish in wishes(portal, anna).items():
        good = portal.raw(operation, **wish)
        places = [(found.start(1), found.end(1)) for found in re.finditer(r">([^<>]+)<", good)]
        assert len(places) >= 2, operation
        for start, end in places:
            for junk in chance.sample(NASTY, 8):
                sent = good[:start] + junk.replace("<", "&lt;") + good[end:]
                answer = client.post("/fer/v2", data=sent.encode(), content_type="text/xml")
                response = soap.read_response(operation, answer.data)
                assert response.error is None or response.error.code != "UNDEFINED_ERROR", (operation, sent)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_empty_message_is_told_what_it_lacks(portal, operation):
    empty = etree.Element(codec.tag_of(OPERATIONS[operation][0]))
    envelope = f'<s:Envelope xmlns:s="{soap.SOAP}"><s:Body>{etree.tostring(empty).decode()}</s:Body></s:Envelope>'

    answer = soap.read_response(operation, portal.post(envelope).content)

    assert answer.error is not None
    assert (answer.error.code, answer.error.validation.path) == ("VALIDATION_ERROR", f"{operation}Request")
    assert ER not in answer.error.validation.message
