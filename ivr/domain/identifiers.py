"""Numbers that name people: OMS policy, SNILS, temporary certificate, telephone, birth date (domain 2.1 to 2.4)."""

import re
from dataclasses import dataclass
from datetime import date


class BadNumber(ValueError):
    """A number that cannot be; `code` is a validation code of domain 2.5."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class OmsNumber:
    """Sixteen digits of an insurance policy; shows only the last four."""

    digits: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{16}", self.digits):
            raise BadNumber("OMS_LENGTH", "an OMS number is sixteen digits")
        if len(set(self.digits)) == 1 or not _luhn(self.digits):
            raise BadNumber("OMS_CHECKSUM", "the check digit of the OMS number is wrong")

    def __repr__(self) -> str:
        return f"OmsNumber(…{self.digits[-4:]})"


@dataclass(frozen=True, slots=True)
class Snils:
    """Eleven digits of an insurance account; shows only the last two."""

    digits: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{11}", self.digits):
            raise BadNumber("SNILS_LENGTH", "a SNILS is eleven digits")
        if not snils_control(self.digits):
            raise BadNumber("SNILS_CHECKSUM", "the control number of the SNILS is wrong")

    def __repr__(self) -> str:
        return f"Snils(…{self.digits[-2:]})"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Nine digits of a temporary certificate; shows only the last four."""

    digits: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{9}", self.digits):
            raise BadNumber("TMP_LENGTH", "a temporary certificate is nine digits")

    def __repr__(self) -> str:
        return f"Certificate(…{self.digits[-4:]})"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A telephone in E.164, `+7` and ten digits for Russia; shows only the last four."""

    e164: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", self.e164):
            raise BadNumber("PHONE_FORMAT", "a telephone is + and 7 to 15 digits")

    @classmethod
    def parse(cls, text: str) -> "PhoneNumber":
        """Accept 8…, 7…, +7… and bare ten digits, with or without punctuation (2.3)."""
        digits = re.sub(r"[\s()\-.]", "", text)
        if re.fullmatch(r"[0-9]{10}", digits):
            return cls("+7" + digits)
        if re.fullmatch(r"[78][0-9]{10}", digits):
            return cls("+7" + digits[1:])
        return cls(digits)

    @property
    def is_mobile(self) -> bool:
        return self.e164.startswith("+79")

    def __repr__(self) -> str:
        return f"PhoneNumber(…{self.e164[-4:]})"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A machine or another system, whose people name themselves without calling."""

    key: str
    """Up to 16 characters."""
    shared: bool = True
    """By people who cannot be told apart; else one person's, as a telephone is."""


Claim = OmsNumber | Snils | Certificate
Caller = PhoneNumber | Terminal
"""Against whom wrong numbers are counted (D-06)."""


def birth_date(digits: str, *, today: date) -> date:
    """Read ДДММГГГГ; raises BadNumber BIRTH_FORMAT or BIRTH_FUTURE (2.3, 2.5)."""
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise BadNumber("BIRTH_FORMAT", "a birth date is eight digits, DDMMYYYY")
    try:
        born = date(int(digits[4:]), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        raise BadNumber("BIRTH_FORMAT", "there is no such date") from None
    if born.year < 1900:
        raise BadNumber("BIRTH_FORMAT", "nobody alive was born before 1900")
    if born > today:
        raise BadNumber("BIRTH_FUTURE", "the birth date is in the future")
    return born


def _luhn(digits: str) -> bool:
    doubled = (int(d) * 2 if i % 2 == 0 else int(d) for i, d in enumerate(digits))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def snils_control(digits: str) -> bool:
    """True where the last two digits are right, or the number is too low to have any (2.2)."""
    number = int(digits[:9])
    if number == 0:
        return False
    total = sum(int(d) * (9 - i) for i, d in enumerate(digits[:9]))
    control = total % 101 % 100
    return int(digits[9:]) == control or number <= 1001998
