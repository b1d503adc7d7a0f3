"""What a doctor fills in after a visit; each message stands at its field."""

from typing import Any

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from ivr.domain.override import LEAST_REASON
from ivr.domain.purpose import Purpose
from ivr.domain.referral import NUMBER
from ivr.domain.speciality import Speciality
from ivr.domain.waiting_list import PartOfDay
from ivr.web.doctor.words import PURPOSES
from ivr.web.forms import Form, stripped
from ivr.web.registry.words import PARTS

MOST_REASON = 200
BOOK, OPEN, REFER, WAIT = "BOOK", "OPEN", "REFER", "WAIT"
WITH_SLOT = (BOOK, OPEN)


def _reason() -> StringField:
    return StringField(
        "Причина",
        filters=[stripped],
        validators=[
            InputRequired("Укажите причину: хотя бы пять знаков."),
            Length(min=LEAST_REASON, message="Укажите причину: хотя бы пять знаков."),
            Length(max=MOST_REASON, message=f"Не больше {MOST_REASON} знаков."),
        ],
    )


class Where(Form):
    """What for and to whom; asked by the address, so that the page can be loaded again."""

    class Meta(Form.Meta):
        csrf = False

    purpose = SelectField("Зачем", choices=[SelectChoice(one.value, word) for one, word in PURPOSES.items()])
    speciality = SelectField("К какому специалисту")

    def offer(self, specialities: list[Speciality]) -> None:
        self.speciality.choices = [SelectChoice(one.key, one.name) for one in specialities]


class Arrange(Form):
    """One arrangement: the button says which."""

    purpose = HiddenField(validators=[Regexp("|".join(f"^{one.value}$" for one in PURPOSES))])
    speciality = HiddenField(validators=[InputRequired()])
    command = HiddenField(validators=[Regexp(r"^[0-9a-f]{32}$")])
    slot = RadioField("Время", choices=[], validate_choice=False, validators=[Optional(), Regexp(r"^\d{1,15}$")])
    reason = _reason()
    number = StringField(
        "Номер направления",
        filters=[stripped],
        validators=[
            Optional(),
            Regexp(f"^{NUMBER.pattern}$", message="От 3 до 16 цифр: пациент наберёт их на телефоне."),
        ],
    )
    part = SelectField("Когда удобно", choices=[SelectChoice(part.value, word) for part, word in PARTS.items()])
    suspicion = BooleanField("Подозрение на рак или болезнь сердца и сосудов: принять за 3 рабочих дня")

    def validate_for(self, wanted: str | None) -> bool:
        """The form's own checks, and a time where one is to be taken."""
        fine = bool(self.validate_on_submit())
        if wanted in WITH_SLOT and not self.slot.data and not self.slot.errors:
            self.refuse("slot", "Выберите время.")
            return False
        return fine

    @property
    def aim(self) -> Purpose:
        return Purpose(self.purpose.data)

    @property
    def part_of_day(self) -> PartOfDay:
        return PartOfDay(self.part.data)


class Undo(Form):
    reason = _reason()


def filled(purpose: str, speciality: str, command: str) -> dict[str, Any]:
    """What a new form begins with."""
    return {"purpose": purpose, "speciality": speciality, "command": command, "part": PartOfDay.ANY.value}
