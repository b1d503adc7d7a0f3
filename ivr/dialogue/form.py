"""What the caller has said so far: survives a cut line, travels to the operator, skips what is already answered."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from ivr.domain.patient import Subject
from ivr.domain.purpose import Purpose
from ivr.domain.window import Window


@dataclass(slots=True)
class Form:
    """A visit being booked. Every field is None until it is known."""

    purpose: Purpose | None = None
    subject: Subject | None = None
    patient_id: int | None = None
    speciality: str | None = None
    doctor_id: int | None = None
    any_doctor: bool | None = None
    referral: str | None = None
    slot_id: int | None = None
    moves: int | None = None
    wanted: str | None = None
    """A speciality asked for in passing, not settled yet."""
    wanted_doctor: str | None = None
    """A doctor's surname, likewise."""
    window: Window | None = None
    """Days and hours asked for."""
    refusals: int = 0
    """Offered times refused; after the second one comes the waiting list (S2.7)."""

    def forget(self, *names: str) -> None:
        """Back to unknown."""
        blank = Form()
        for name in names:
            setattr(self, name, getattr(blank, name))

    def as_dict(self) -> dict[str, Any]:
        """Only what is known, as JSON can hold it."""
        blank = asdict(Form())
        known = asdict(self) | {"window": self.window and self.window.as_list()}
        return {name: value for name, value in known.items() if value != blank[name]}

    @classmethod
    def from_dict(cls, entered: dict[str, Any]) -> Self:
        """Read back; entries of another version are left out."""
        known = {f.name for f in fields(cls)}
        form = cls(**{name: value for name, value in entered.items() if name in known})
        form.purpose = Purpose(form.purpose) if form.purpose else None
        form.subject = Subject(form.subject) if form.subject else None
        form.window = Window.from_list(entered["window"]) if form.window else None
        return form
