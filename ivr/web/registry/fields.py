"""The registry's forms: a number is read as it is typed, and what is wrong with it is said beside it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from ivr.domain.document import DocumentKind, IdentityDocument
from ivr.domain.identifiers import BadNumber, Certificate, Claim, OmsNumber, PhoneNumber, Snils, birth_date
from ivr.domain.patient import Patient, Sex
from ivr.domain.referral import NUMBER, Referral
from ivr.services.egisz import Person
from ivr.services.people import Name
from ivr.web.forms import Form, stripped
from ivr.web.registry.words import DOCUMENTS, NUMBERS
from ivr.web.site import site

EMPTY = "Заполните это поле."
NAME = re.compile(r"[А-ЯЁа-яёA-Za-z][А-ЯЁа-яёA-Za-z'’ .-]*")
CLAIMS: dict[int, Callable[[str], Claim]] = {16: OmsNumber, 11: Snils, 9: Certificate}


def digits(text: str | None) -> str:
    """What was typed without blanks and dashes."""
    return re.sub(r"[\s\-–.]", "", text or "")


def read_claim(text: str | None) -> Claim:
    """OMS number, SNILS or temporary certificate by its length. Raises BadNumber."""
    number = digits(text)
    if not number.isdecimal() or len(number) not in CLAIMS:
        raise BadNumber("CLAIM_LENGTH", "16, 11 or 9 digits")
    return CLAIMS[len(number)](number)


def read_birth(text: str | None) -> date:
    return birth_date(digits(text), today=site().rules.today(site().now()))


def read_day(text: str | None) -> date:
    """ДД.ММ.ГГГГ, of any time. Raises BadNumber."""
    try:
        return datetime.strptime(digits(text), "%d%m%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise BadNumber("DAY_FORMAT", "a day is eight digits, DDMMYYYY") from None


def checked(read: Callable[[str], Any]) -> Callable[[Any, Any], None]:
    """A validator that reads the field as its owner will."""

    def check(_form: Any, field: Any) -> None:
        if field.data:
            try:
                read(field.data)
            except BadNumber as problem:
                raise ValidationError(said(problem)) from None

    return check


def said(problem: BadNumber) -> str:
    """The message at the field (2.5)."""
    return NUMBERS.get(problem.code, "Введите 16 цифр полиса, 11 цифр СНИЛС или 9 цифр временного свидетельства.")


def _named(_form: Any, field: Any) -> None:
    if field.data and not NAME.fullmatch(field.data):
        raise ValidationError("Имя пишется буквами.")


def line(label: str, *validators: Any, needed: bool = True, most: int = 60) -> StringField:
    first = InputRequired(EMPTY) if needed else Optional()
    too_long = Length(max=most, message=f"Не больше {most} знаков.")
    return StringField(label, filters=[stripped], validators=[first, too_long, *validators])


_BIRTH = checked(read_birth)


class ByNumber(Form):
    number = line("Полис ОМС, СНИЛС или временное свидетельство", checked(read_claim))

    def claim(self) -> Claim:
        return read_claim(self.number.data)


class _WithDocument(Form):
    """A form with a document in it."""

    kind = SelectField("Вид документа", choices=[SelectChoice(kind.value, word) for kind, word in DOCUMENTS.items()])

    def document(self) -> IdentityDocument:
        kind = DocumentKind(self.kind.data)
        return IdentityDocument.parse(kind, self.series.data or "", self.document_number.data or "")

    def document_or_refuse(self) -> IdentityDocument | None:
        """The document, or None with a message at its number."""
        try:
            return self.document()
        except BadNumber as problem:
            self.refuse("document_number", said(problem))
            return None


class ByDocument(_WithDocument):
    series = line("Серия", most=10)
    document_number = line("Номер документа", most=12)


class ByName(Form):
    surname = line("Фамилия", _named)
    given_name = line("Имя (или начало)", _named, needed=False)
    patronymic = line("Отчество (или начало)", _named, needed=False)
    born = line("Дата рождения", _BIRTH, most=12)

    def name(self) -> Name:
        return Name(self.surname.data, self.given_name.data or "", self.patronymic.data or "")


class ByPhone(Form):
    phone = line("Телефон", checked(PhoneNumber.parse), most=20)


class NewPatient(_WithDocument):
    surname = line("Фамилия", _named)
    given_name = line("Имя", _named)
    patronymic = line("Отчество, если есть", _named, needed=False)
    born = line("Дата рождения", _BIRTH, most=12)
    sex = RadioField(
        "Пол",
        choices=[SelectChoice("F", "женский"), SelectChoice("M", "мужской")],
        validators=[InputRequired("Выберите пол.")],
    )
    oms = line("Полис ОМС", checked(lambda text: OmsNumber(digits(text))), needed=False, most=24)
    snils = line("СНИЛС", checked(lambda text: Snils(digits(text))), needed=False, most=20)
    certificate = line(
        "Временное свидетельство", checked(lambda text: Certificate(digits(text))), needed=False, most=12
    )
    certificate_until = line("Действует до", checked(read_day), needed=False, most=12)
    series = line("Серия", needed=False, most=10)
    document_number = line("Номер документа", needed=False, most=12)
    phone = line("Телефон", checked(PhoneNumber.parse), needed=False, most=20)
    attached = BooleanField("Прикреплён к нашей больнице", default=True)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if not any((self.oms.data, self.snils.data, self.certificate.data)):
            self.refuse("oms", "Нужен номер полиса ОМС, СНИЛС или временного свидетельства: хотя бы один.")
            fine = False
        if self.certificate.data and not self.certificate_until.errors and (wrong := self._wrong_until()):
            self.refuse("certificate_until", wrong)
            fine = False
        if self.has_document and self.document_or_refuse() is None:
            fine = False
        return fine

    def _wrong_until(self) -> str | None:
        """It names its patient only while it is valid."""
        if not self.certificate_until.data:
            return "Укажите, до какого дня действует свидетельство."
        over = read_day(self.certificate_until.data) < site().rules.today(site().now())
        return "Срок временного свидетельства истёк. Обратитесь в страховую компанию." if over else None

    @property
    def has_document(self) -> bool:
        return bool(self.series.data or self.document_number.data)

    def patient(self) -> Patient:
        return Patient(
            id=0,
            surname=self.surname.data,
            given_name=self.given_name.data,
            patronymic=self.patronymic.data or None,
            sex=Sex(self.sex.data),
            birth_date=read_birth(self.born.data),
            oms=OmsNumber(digits(self.oms.data)) if self.oms.data else None,
            snils=Snils(digits(self.snils.data)) if self.snils.data else None,
            certificate=Certificate(digits(self.certificate.data)) if self.certificate.data else None,
            certificate_until=read_day(self.certificate_until.data) if self.certificate.data else None,
            phone=PhoneNumber.parse(self.phone.data) if self.phone.data else None,
            attached=self.attached.data,
        )

    def fill(self, person: Person, document: IdentityDocument) -> None:
        """With what the identification service knows."""
        self.surname.data, self.given_name.data = person.surname, person.given_name
        self.patronymic.data, self.born.data = person.patronymic, f"{person.birth_date:%d.%m.%Y}"
        self.sex.data = person.sex.value
        self.oms.data = person.oms.digits if person.oms else None
        self.snils.data = person.snils.digits if person.snils else None
        self.kind.data, self.series.data = document.kind.value, document.series
        self.document_number.data = document.number


class PaperReferral(Form):
    """What is written on the paper; specialities come with `offer`."""

    number = line(
        "Номер направления", Regexp(f"^{NUMBER.pattern}$", message="Номер направления: от 3 до 16 цифр."), most=16
    )
    speciality = SelectField("К какому специалисту")
    valid_until = line("Действует до", checked(read_day), most=12)

    def offer(self, specialities: Mapping[str, str]) -> None:
        self.speciality.choices = [SelectChoice(key, name) for key, name in specialities.items()]

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        if fine and read_day(self.valid_until.data) < site().rules.today(site().now()):
            self.refuse("valid_until", "Срок направления истёк.")
            return False
        return fine

    def referral(self, patient_id: int) -> Referral:
        until = read_day(self.valid_until.data)
        return Referral(0, patient_id, self.number.data, self.speciality.data, None, until)


class Cancel(Form):
    by = RadioField(
        "Кто отменяет",
        choices=[SelectChoice("CANCELLED_BY_PATIENT", "пациент"), SelectChoice("CANCELLED_BY_CLINIC", "больница")],
        validators=[InputRequired("Выберите, кто отменяет.")],
    )
    reason = line("Причина", Length(min=5, message="Укажите причину: хотя бы пять знаков."), most=200)


class FoundOut(Form):
    made = RadioField(
        "Есть ли запись в региональной системе",
        choices=[SelectChoice("yes", "есть"), SelectChoice("no", "нет")],
        validators=[InputRequired("Выберите, есть ли запись.")],
    )
    number = line("Номер записи в региональной системе", needed=False, most=200)

    def found(self) -> bool:
        """Whether it says something; a booking without its number is none."""
        if not self.validate_on_submit():
            return False
        if self.made.data == "yes" and not self.number.data:
            self.refuse("number", "Без номера записи она не подтверждена.")
            return False
        return True


class Telephone(Form):
    phone = line("Телефон", checked(PhoneNumber.parse), needed=False, most=20)
