"""Numbers that name people: boundaries of domain 2.1 to 2.6."""

from datetime import date

import pytest

from ivr.domain.identifiers import BadNumber, Certificate, OmsNumber, PhoneNumber, Snils, birth_date

TODAY = date(2026, 4, 27)
PEOPLE = {  # the fictitious people of 2.6
    "6256410854009015": "90000100792",
    "6268150854009021": "90000201495",
    "6292089754009030": "90000302198",
    "6298989754009043": "90000402808",
    "6287699754009058": "90000503511",
    "6253220854009060": "90000604214",
    "6277060854009070": "90000704925",
    "6290899754009083": "90000805628",
    "6254700854009094": "90000906331",
    "6289479754009103": "90001007000",
    "6251330854009119": "90001107710",
    "6255140854009126": "90001208413",
}


def code(make, text, **more):
    with pytest.raises(BadNumber) as bad:
        make(text, **more)
    return bad.value.code


@pytest.mark.parametrize(("oms", "snils"), PEOPLE.items())
def test_the_fictitious_people_have_right_numbers(oms, snils):
    assert OmsNumber(oms).digits == oms
    assert Snils(snils).digits == snils


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        ("6256410854009016", "OMS_CHECKSUM"),
        ("6256410845009015", "OMS_CHECKSUM"),  # an inner swap
        ("0000000000000000", "OMS_CHECKSUM"),  # passes the sum, yet is nobody's
        ("8888888888888888", "OMS_CHECKSUM"),
        ("625641085400901", "OMS_LENGTH"),
        ("62564108540090155", "OMS_LENGTH"),
        ("", "OMS_LENGTH"),
        ("6256410854 09015", "OMS_LENGTH"),
        ("٦256410854009015", "OMS_LENGTH"),
        ("6256410854009015\n", "OMS_LENGTH"),
    ],
)
def test_a_wrong_policy_number_says_what_is_wrong(digits, problem):
    assert code(OmsNumber, digits) == problem


def test_every_single_wrong_digit_of_a_policy_is_noticed():
    right = "6256410854009015"
    for place in range(16):
        for digit in "0123456789":
            if digit != right[place]:
                assert code(OmsNumber, right[:place] + digit + right[place + 1 :]) == "OMS_CHECKSUM"


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        ("90000100793", "SNILS_CHECKSUM"),
        ("00000000000", "SNILS_CHECKSUM"),
        ("9000010079", "SNILS_LENGTH"),
        ("900001007922", "SNILS_LENGTH"),
        ("00100199900", "SNILS_CHECKSUM"),  # the first number that has a control
    ],
)
def test_a_wrong_snils_says_what_is_wrong(digits, problem):
    assert code(Snils, digits) == problem


def test_old_snils_have_no_control_number():
    assert Snils("00100199855").digits == "00100199855"


def test_a_certificate_has_nine_digits():
    assert Certificate("123456789").digits == "123456789"
    assert code(Certificate, "12345678") == code(Certificate, "1234567890") == "TMP_LENGTH"


@pytest.mark.parametrize(
    "written", ["+7 000 000-01-01", "8 (000) 000-01-01", "70000000101", "0000000101", "8.000.000.01.01"]
)
def test_a_telephone_is_read_as_people_write_it(written):
    assert PhoneNumber.parse(written) == PhoneNumber("+70000000101")


@pytest.mark.parametrize("written", ["", "112", "+0123456789", "8000000010", "+7000000010123456", "anonymous"])
def test_what_is_no_telephone_is_refused(written):
    if written == "8000000010":  # ten digits, of which the first happens to be an eight
        assert PhoneNumber.parse(written).e164 == "+78000000010"
    else:
        assert code(PhoneNumber.parse, written) == "PHONE_FORMAT"


def test_a_mobile_begins_with_nine():
    assert PhoneNumber("+79000000101").is_mobile
    assert not PhoneNumber("+74910000101").is_mobile


@pytest.mark.parametrize(
    ("digits", "problem"),
    [
        ("30022000", "BIRTH_FORMAT"),
        ("29022023", "BIRTH_FORMAT"),
        ("01010000", "BIRTH_FORMAT"),
        ("31121899", "BIRTH_FORMAT"),
        ("00012000", "BIRTH_FORMAT"),
        ("1203198", "BIRTH_FORMAT"),
        ("120319855", "BIRTH_FORMAT"),
        ("28042026", "BIRTH_FUTURE"),
        ("31112030", "BIRTH_FORMAT"),
    ],
)
def test_a_birth_date_that_cannot_be_says_why(digits, problem):
    assert code(birth_date, digits, today=TODAY) == problem


def test_birth_dates_at_the_edges_are_read():
    assert birth_date("01011900", today=TODAY) == date(1900, 1, 1)
    assert birth_date("29022000", today=TODAY) == date(2000, 2, 29)
    assert birth_date("27042026", today=TODAY) == TODAY


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (OmsNumber("6256410854009015"), "OmsNumber(…9015)"),
        (Snils("90000100792"), "Snils(…92)"),
        (Certificate("123456789"), "Certificate(…6789)"),
        (PhoneNumber("+70000000101"), "PhoneNumber(…0101)"),
    ],
)
def test_numbers_introduce_themselves_safely(value, shown):
    assert repr(value) == str(value) == f"{value}" == shown
