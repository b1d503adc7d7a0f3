"""What a kiosk's keys or its scanner have sent as a policy number (S3.1, 2.5)."""

import re
from contextlib import suppress

from ivr.domain.identifiers import BadNumber, OmsNumber

_SIXTEEN = re.compile(r"(?<![0-9])(?:[0-9]{4}[ -]?){3}[0-9]{4}(?![0-9])")


def policy_in(text: str) -> OmsNumber:
    """The one policy number in a text: typed digits, or the code of an electronic policy with more around them.

    Raises BadNumber: OMS_EMPTY, OMS_LENGTH, OMS_CHECKSUM; OMS_UNREADABLE where other text holds none, or several.
    """
    typed = re.sub(r"[\s-]", "", text)
    if not typed:
        raise BadNumber("OMS_EMPTY", "there is no OMS number")
    if re.fullmatch(r"[0-9]+", typed):
        return OmsNumber(typed)
    found = {number.digits: number for number in _numbers(text)}
    if len(found) != 1:
        raise BadNumber("OMS_UNREADABLE", "the text holds no OMS number, or several")
    return next(iter(found.values()))


def _numbers(text: str) -> list[OmsNumber]:
    numbers = []
    for found in _SIXTEEN.findall(text):
        with suppress(BadNumber):
            numbers.append(OmsNumber(re.sub(r"[ -]", "", found)))
    return numbers
