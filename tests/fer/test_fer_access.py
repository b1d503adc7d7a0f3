"""Who may call the federal service, how often and with what; all else is refused, and no patient is in the logs."""

import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests
from zeep import Client
from zeep.exceptions import Fault

from ivr.domain.identifiers import Snils
from ivr.fer.xml import MOST_BYTES
from ivr.settings import Fer, Web
from ivr.web.fer.ids import Ids, Kind
from tests.builders import Clinic
from tests.certificates import an_authority, certified, signed
from tests.fer.conftest import Portal, code, data_of, tomorrow
from tests.ports import free_ports

ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
LAUGHS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
NAMED = Fer(enabled=True, clients="ku-fer.example", proxies="127.0.0.1")


@pytest.fixture
def opened(open_portal, sqlite_database):
    """A portal with other settings."""

    def with_settings(fer: Fer, **how) -> Portal:
        return open_portal(sqlite_database.url, Clinic(sqlite_database.new_work), fer, **how)

    return with_settings


def wsdl(portal: Portal, **headers: str) -> int:
    return requests.get(f"{portal.address}/fer/v2?wsdl", headers=headers, timeout=10).status_code


# Off by default


def test_a_site_that_does_not_offer_the_service_knows_none_of_its_addresses(opened):
    portal = opened(Fer())

    answers = [requests.get(f"{portal.address}/fer/{path}", timeout=10) for path in ("v2?wsdl", "v2", "v2/er.xsd")]

    assert [answer.status_code for answer in [*answers, portal.post("<a/>")]] == [404] * 4


# The description


def test_who_opens_the_address_in_a_browser_is_told_what_it_is_for(portal):
    answer = requests.get(f"{portal.address}/fer/v2", timeout=10)

    assert (answer.status_code, "?wsdl" in answer.text) == (405, True)


def test_the_description_and_its_schemas_are_served_and_nothing_beside(portal):
    def get(path):
        return requests.get(f"{portal.address}/fer/{path}", timeout=10)

    assert f'location="{portal.address}/fer/v2"' in get("v2?WSDL").text
    assert [get(f"v2/{name}").status_code for name in ("er.xsd", "applicant.xsd", "er.wsdl", "..%2Fer.wsdl")] == [
        200,
        200,
        404,
        404,
    ]
    assert sorted(portal.soap.service._binding._operations) == sorted(
        "GetPatientInfo GetReferralInfo GetMOInfoExtended GetServicePostSpecsInfo GetMOResourceInfo GetScheduleInfo"
        " CreateAppointment CancelAppointment ReferralAppointmentInformation".split()
    )


# By address


@pytest.mark.parametrize(
    ("addresses", "status"),
    [("127.0.0.1", 200), ("192.0.2.7, 127.0.0.0/8", 200), ("192.0.2.0/24", 403), ("::1", 403)],
)
def test_an_address_list_lets_in_who_stands_in_it(opened, addresses, status):
    assert wsdl(opened(Fer(enabled=True, addresses=addresses))) == status


def test_a_forwarded_address_counts_only_behind_a_proxy_of_ours(opened):
    fer = Fer(enabled=True, addresses="192.0.2.7")

    assert wsdl(opened(fer), **{"X-Forwarded-For": "192.0.2.7"}) == 403
    assert wsdl(opened(fer, web=Web(proxies=1)), **{"X-Forwarded-For": "192.0.2.7"}) == 200


# By certificate


@pytest.mark.parametrize(
    ("fer", "name", "status"),
    [
        (NAMED, "ku-fer.example", 200),
        (NAMED, "somebody.example", 403),
        (NAMED, "", 403),
        (NAMED.model_copy(update={"proxies": "192.0.2.1"}), "ku-fer.example", 403),
        (NAMED.model_copy(update={"addresses": "192.0.2.1"}), "ku-fer.example", 403),
        (NAMED.model_copy(update={"addresses": "127.0.0.1"}), "ku-fer.example", 200),
    ],
    ids=["known", "unknown", "nobody", "not from a proxy", "wrong address", "name and address"],
)
def test_the_name_that_a_proxy_has_verified_is_believed_from_configured_proxies_only(opened, fer, name, status):
    assert wsdl(opened(fer), **{"X-Client-Name": name}) == status


def test_a_forwarded_address_makes_nobody_a_proxy(opened):
    portal = opened(NAMED.model_copy(update={"proxies": "192.0.2.1"}), web=Web(proxies=1))

    assert wsdl(portal, **{"X-Client-Name": "ku-fer.example", "X-Forwarded-For": "192.0.2.1"}) == 403


@contextlib.contextmanager
def serving(folder, url, port) -> Iterator[str]:
    """`ivr web` with TLS of its own, which asks clients for certificates."""
    settings = {
        "FOLDERS__VAR": folder,
        "DATABASE__URL": url,
        "HOSPITAL__DEMO": "false",
        "WEB__PORT": port,
        "WEB__CERTIFICATE": folder / "certificate.pem",
        "WEB__KEY": folder / "key.pem",
        "FER__ENABLED": "true",
        "FER__CLIENTS": "ku-fer",
        "FER__CA": an_authority(folder),
    }
    environment = os.environ | {f"IVR_{name}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "ivr.cli", "web"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as site:
        try:
            yield f"https://127.0.0.1:{port}"
        finally:
            site.terminate()
            site.wait(20)


def test_the_site_itself_checks_certificates_of_clients_and_lets_browsers_in_without(tmp_path, sqlite_database):
    certified(tmp_path)
    trusted = str(tmp_path / "certificate.pem")
    with serving(tmp_path, sqlite_database.url, free_ports(1)[0]) as address:
        until = time.monotonic() + 60
        while not _answers(f"{address}/login", trusted):
            assert time.monotonic() < until, "the site did not come up"
            time.sleep(0.2)

        answers = [
            requests.get(f"{address}/fer/v2?wsdl", cert=certificate, verify=trusted, timeout=20)
            for certificate in (None, signed(tmp_path, "somebody"), signed(tmp_path, "ku-fer"))
        ]

    assert [answer.status_code for answer in answers] == [403, 403, 200]
    assert f'location="{address}/fer/v2"' in answers[2].text


def _answers(page: str, trusted: str) -> bool:
    try:
        return requests.get(page, verify=trusted, timeout=5).ok
    except requests.ConnectionError:
        return False


# How often


def test_each_client_has_a_limit_of_its_own(opened):
    portal = opened(NAMED.model_copy(update={"per_minute": 3, "clients": "one,other"}))

    asked = [wsdl(portal, **{"X-Client-Name": name}) for name in ("one", "one", "one", "one", "other")]

    assert asked == [200, 200, 200, 429, 200]
    # The three ways in are counted each by itself.
    sent = [portal.post("<a/>", **{"X-Client-Name": "one"}).status_code for _ in range(4)]
    assert sent == [500, 500, 500, 429]


# With what


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "malformed"),
        ("<a>", "malformed"),
        ("<a/>", "an envelope of SOAP 1.1"),
        (ENVELOPE.format("<DeleteEverything/>"), "there is no such operation"),
        (ENVELOPE.format('<GetPatientInfoRequest xmlns="urn:other"/>'), "there is no such operation"),
        (f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>{ENVELOPE.format("&l9;")}', "a document type is not allowed"),
        (
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{ENVELOPE.format("<a>&e;</a>")}',
            "a document type is not allowed",
        ),
        (f'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/">{ENVELOPE.format("<a/>")}', "a document type is not allowed"),
        ("<a>" * 5_000, "malformed"),
    ],
    ids=["nothing", "cut", "no envelope", "unknown", "other namespace", "laughs", "external", "DTD", "deep"],
)
def test_hostile_xml_is_refused_with_a_fault_and_logged(portal, caplog, body, told):
    caplog.set_level(logging.INFO)

    answer = portal.post(body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/xml; charset=utf-8")
    assert "<faultcode>soap:Client</faultcode>" in answer.text
    assert told in answer.text
    assert "root:" not in answer.text
    assert [record.message for record in caplog.records if record.name == "ivr.web.fer"] == [
        "a federal request was refused"
    ]


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 2_000_001])
def test_what_is_too_long_is_refused(portal, size):
    answer = portal.post(b" " * size)

    assert answer.status_code == 413
    assert "faultstring" in answer.text


def test_a_body_without_a_stated_length_is_measured_too(portal):
    def endless():
        for _ in range(MOST_BYTES // 1024 + 2):
            yield b" " * 1024

    answer = requests.post(f"{portal.address}/fer/v2", data=endless(), headers={"Content-Type": "text/xml"}, timeout=10)

    assert answer.status_code == 413
    assert "faultstring" in answer.text


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_what_is_not_sent_as_xml_is_refused(portal, kind):
    assert portal.post("{}", **{"Content-Type": kind}).status_code == 415


def test_logs_hold_no_word_of_what_was_sent(portal, anna, caplog):
    caplog.set_level(logging.DEBUG, logger="ivr")
    sent = portal.raw("GetPatientInfo", Patient_Data=data_of(anna))

    portal.post(sent)
    portal.post(sent.replace("Анна", "Алла"))
    portal.post(sent.replace(anna.oms.digits, "123"))
    portal.post(sent.replace("1985-03-12", "вчера"))
    portal.post(sent + "<!DOCTYPE x>")
    portal.session = "нет"
    assert code(portal.ask("GetMOInfoExtended")) == "VALIDATION_ERROR"

    said = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert "a federal request was declined" in said
    for secret in ("Анна", "Алла", "Тестова", "Ивановна", anna.oms.digits, "1985", "вчера"):
        assert secret not in said


def test_a_stranger_hears_nothing_of_the_service(opened):
    portal = opened(Fer(enabled=True, addresses="192.0.2.7"))

    with pytest.raises(requests.HTTPError):
        Client(f"{portal.address}/fer/v2?wsdl")
    answer = portal.post(ENVELOPE.format("<x/>"))

    assert (answer.status_code, "the client is not known here" in answer.text) == (403, True)


def test_an_answer_that_would_break_the_schema_is_not_sent(portal, anna, caplog):
    clinic = portal.clinic
    clinic.slots(clinic.doctor("therapist", snils=Snils("90001000288"), surname="Я" * 300), tomorrow(8))
    portal.identify(anna)

    with pytest.raises(Fault, match="may be repeated"):
        portal.resources()

    assert "a federal request failed" in caplog.messages


# GUIDs


def test_a_sealed_number_is_opened_by_its_kind_and_its_secret_only():
    ids, others = Ids("secret"), Ids("another")

    for number in (0, 1, 2**63 - 1):
        assert ids.open(Kind.SLOT, ids.seal(Kind.SLOT, number)) == number
        assert ids.open(Kind.SLOT, str(ids.seal(Kind.SLOT, number)).upper()) == number
    assert ids.open(Kind.BOOKING, ids.seal(Kind.SLOT, 1)) is None
    assert others.open(Kind.SLOT, ids.seal(Kind.SLOT, 1)) is None
    assert ids.open(Kind.SLOT, "not a GUID") is None
    assert len({ids.seal(kind, number) for kind in Kind for number in range(500)}) == 2000
