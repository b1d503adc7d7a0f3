"""Columns of a patients' file, and a row of it turned into a person."""

from dataclasses import dataclass
from datetime import date

from ivr.domain.identifiers import Certificate, OmsNumber, PhoneNumber
from ivr.domain.patient import Sex
from ivr.importing import cells
from ivr.importing.cells import Cells
from ivr.importing.csv_file import Column, Complaint, Row

COLUMNS = (
    Column("surname", "фамилия", "surname", "Тестова", required=True),
    Column("given_name", "имя", "given name", "Анна", required=True),
    Column("patronymic", "отчество", "patronymic, if there is one", "Ивановна"),
    Column("sex", "пол", "F or M (Ж or М)", "Ж", required=True),
    Column("birth_date", "дата_рождения", "31.12.1985 or 1985-12-31", "12.03.1985", required=True),
    Column("oms", "полис", "16 digits of the OMS policy", "6256410854009015"),
    Column("snils", "снилс", "11 digits", "900-001-007 92"),
    Column("certificate", "свидетельство", "9 digits of a temporary certificate", ""),
    Column("certificate_until", "действует_до", "last day of the certificate", ""),
    Column("phone", "телефон", "Russian or international telephone", "+7 000 000-01-01"),
    Column("attached", "прикреплён", "attached here: yes, no (да, нет)", "да"),
    Column("district_doctor", "участковый_врач", "code from the doctors' file", "therapist-1"),
    Column("representative", "представитель", "OMS number of who speaks for him", ""),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A good row. None means that the file does not say."""

    line: int
    surname: str
    given_name: str
    sex: Sex
    birth_date: date
    patronymic: str | None = None
    oms: str | None = None
    snils: str | None = None
    certificate: str | None = None
    certificate_until: date | None = None
    phone: str | None = None
    attached: bool | None = None
    district_doctor: str | None = None
    representative: str | None = None

    def numbers(self) -> list[tuple[str, str]]:
        """The numbers that name the person, by column."""
        pairs = (("oms", self.oms), ("snils", self.snils), ("certificate", self.certificate))
        return [(column, digits) for column, digits in pairs if digits]


def person(row: Row, *, today: date) -> Person | list[Complaint]:
    """Read one row; all its mistakes are told at once."""
    read = Cells(row)
    surname, given_name = read.must("surname", cells.name), read.must("given_name", cells.name)
    sex, born = read.must("sex", cells.sex), read.must("birth_date", cells.born(today))
    found = Person(
        line=row.line,
        surname=surname or "",
        given_name=given_name or "",
        sex=sex or Sex.FEMALE,
        birth_date=born or today,
        patronymic=read.may("patronymic", cells.name),
        oms=read.may("oms", _oms),
        snils=read.may("snils", cells.snils),
        certificate=read.may("certificate", _certificate),
        certificate_until=read.may("certificate_until", cells.day),
        phone=read.may("phone", _phone),
        attached=read.may("attached", cells.answer),
        district_doctor=read.may("district_doctor", cells.short_text),
        representative=read.may("representative", _oms),
    )
    _must_be_named(read, found)
    return read.complaints or found


def _must_be_named(read: Cells, found: Person) -> None:
    if not read.row.cells.keys() & {"oms", "snils", "certificate"}:
        read.complain("oms", "is empty, and so are snils and certificate; one of the three is needed")
    if found.certificate_until and not read.row.cells.get("certificate"):
        read.complain("certificate_until", "is given without a certificate")
    if found.representative and found.representative == found.oms:
        read.complain("representative", "nobody represents himself")


def _oms(text: str) -> str:
    return OmsNumber(cells.digits(text)).digits


def _certificate(text: str) -> str:
    return Certificate(cells.digits(text)).digits


def _phone(text: str) -> str:
    return PhoneNumber.parse(text).e164
