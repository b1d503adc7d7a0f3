"""What patients agree to, as a ledger: rows are added and never changed; a later one ends an earlier one (S3.5)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.notice import Method


class ConsentPurpose(StrEnum):
    REMINDER = "REMINDER"
    """Be reminded of a visit (S3.5)."""
    SMS_TALON = "SMS_TALON"
    """The talon by SMS, asked at the end of a call."""
    NOTICE = "NOTICE"
    """Be told of every change of a visit (S1.7)."""
    SURVEY = "SURVEY"
    """Two questions after the visit: an aim of its own, with a consent of its own."""
    ROBOT_CALLS = "ROBOT_CALLS"
    """Be rung up by the robot at all: «no» forbids it for a number, a later «yes» allows it again."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The very words that somebody agreed to; the version changes with any letter of them."""

    purpose: ConsentPurpose
    text: str
    version: str

    @classmethod
    def of_desk(cls, purpose: ConsentPurpose, text: str) -> "Wording":
        return cls.of("desk", purpose, text)

    @classmethod
    def of(cls, place: str, purpose: ConsentPurpose, text: str) -> "Wording":
        """`place` is where it is read; the version begins with it."""
        return cls(purpose, text, f"{place}-{hashlib.sha256(text.encode()).hexdigest()[:12]}")


_TERM = (
    "Согласие действует до отзыва. Отозвать его можно в любое время в регистратуре или по её телефону; на медицинскую "
    "помощь и запись на приём это не влияет."
)
_TEXTS = {
    ConsentPurpose.REMINDER: (
        "Согласен (согласна), чтобы больница использовала мой номер телефона для напоминаний о приёме: звонком "
        f"автоматического помощника или СМС, как выбрано ниже. {_TERM}"
    ),
    ConsentPurpose.NOTICE: (
        "Согласен (согласна), чтобы больница использовала мой номер телефона или адрес электронной почты для сообщений "
        f"о записи, переносе и отмене приёма выбранным ниже способом и никаким другим. {_TERM}"
    ),
    ConsentPurpose.SURVEY: (
        "Согласен (согласна), чтобы после приёма автоматический помощник больницы позвонил мне и задал два вопроса о "
        f"качестве обслуживания. Отвечать не обязательно. {_TERM}"
    ),
    ConsentPurpose.ROBOT_CALLS: (
        "Автоматический помощник больницы звонит на этот номер, только пока пациент этого не запретил. Запрет и его "
        "снятие записываются со слов пациента; сотрудники больницы звонить могут."
    ),
}
WORDINGS: Mapping[ConsentPurpose, Wording] = {
    purpose: Wording.of_desk(purpose, text) for purpose, text in _TEXTS.items()
}
"""What is read to a patient, or signed by him, at the desk."""
REMIND_AT_BOOKING = Wording.of_desk(ConsentPurpose.REMINDER, "Напомнить о приёме звонком или сообщением?")
"""What the clerk asks when a visit has been booked."""
NOTICE_AT_PORTAL = Wording.of(
    "epgu",
    ConsentPurpose.NOTICE,
    "Сообщать о записи, переносе и отмене приёма выбранным способом: по электронной почте или в ленте сообщений.",
)
"""What an applicant of the state portal chooses when he chooses a method (S1.7)."""
REMIND_AT_KIOSK = Wording.of(
    "infomat",
    ConsentPurpose.REMINDER,
    "Напомнить о приёме выбранным способом: звонком автоматического помощника больницы или СМС.",
)
NOTICE_AT_KIOSK = Wording.of(
    "infomat",
    ConsentPurpose.NOTICE,
    "Сообщать о записи, переносе и отмене приёма выбранным способом: по СМС или по электронной почте.",
)
"""What a patient at a kiosk agrees to when he chooses a method (S3.5)."""
METHODS: Mapping[ConsentPurpose, tuple[Method, ...]] = {
    ConsentPurpose.REMINDER: (Method.CALL, Method.SMS),
    ConsentPurpose.NOTICE: (Method.SMS, Method.EMAIL, Method.FEED),
    ConsentPurpose.SURVEY: (Method.CALL,),
}
"""What can be agreed to at the desk, and in which ways the hospital can then tell it."""


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer of a patient to one purpose, when and to which words (S3.5)."""

    patient_id: int
    booking_id: int | None
    """The visit that it is about; None: all his visits, as only he himself can say at the desk."""
    purpose: str
    given: bool
    method: str
    phone: PhoneNumber | None
    wording: str
    """Version of the words."""
    call_key: str | None
    at: datetime
    email: str | None = None
    channel: str = "CC"
    """Where he said it; a Channel."""
    proof: str | None = None
    """What shows it: `key:` or `voice:` with the question of the call, `desk:oral`, `desk:paper`."""
    noted_by: str | None = None
    """Who wrote it down, as the audit log names him; None: the patient himself, in a call."""
    withdraws: int | None = None
    """The row that this one takes back."""
    id: int = 0

    def ends(self, earlier: "Consent") -> bool:
        """Whether this later answer takes the place of that one."""
        if self.withdraws is not None and self.withdraws == earlier.id:
            return True
        if self.purpose != earlier.purpose:
            return False
        if self.purpose == ConsentPurpose.ROBOT_CALLS:
            return self.phone == earlier.phone
        return self.booking_id is None or self.booking_id == earlier.booking_id


class LineState(StrEnum):
    STANDING = "STANDING"
    WITHDRAWN = "WITHDRAWN"
    REPLACED = "REPLACED"
    """By a newer answer to the same question."""
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Line:
    """An answer with what has ended it."""

    said: Consent
    ended: Consent | None = None

    @property
    def state(self) -> LineState:
        if self.ended is None:
            return LineState.STANDING if self.said.given else LineState.REFUSED
        return LineState.WITHDRAWN if self.said.given and not self.ended.given else LineState.REPLACED


def ledger(rows: Sequence[Consent]) -> list[Line]:
    """The answers of one patient, given in the order of time; a withdrawal stands in the line of what it ends."""
    lines = [Line(row, next((later for later in rows[n:] if later.ends(row)), None)) for n, row in enumerate(rows, 1)]
    within = {line.ended.id for line in lines if line.ended is not None and line.state is LineState.WITHDRAWN}
    return [line for line in lines if line.said.id not in within]
