"""A call back is promised within two hours in which operators work."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from ivr.data import load_calendar, load_hospital
from ivr.dialogue.endings import promised_until
from ivr.domain.rules import Rules

RULES = Rules(calendar=load_calendar())


@pytest.mark.parametrize(
    ("now", "promised"),
    [
        ("2026-11-24 10:00", "2026-11-24 12:00"),
        ("2026-11-24 06:00", "2026-11-24 10:00"),
        ("2026-11-24 17:00", "2026-11-24 19:00"),
        ("2026-11-24 18:59", "2026-11-25 09:59"),
        ("2026-11-27 18:30", "2026-11-30 09:30"),  # Friday evening, Monday morning
        ("2026-11-28 22:00", "2026-11-30 10:00"),
        ("2026-11-03 17:30", "2026-11-05 09:30"),  # an hour shorter before a holiday
        ("2026-12-30 18:00", "2027-01-11 09:00"),
    ],
)
def test_what_does_not_fit_into_this_working_day_goes_on_in_the_next(now, promised):
    moment, wanted = (datetime.fromisoformat(each).replace(tzinfo=RULES.zone) for each in (now, promised))
    call = SimpleNamespace(
        desk=SimpleNamespace(now=lambda: moment),
        local=lambda at: at.astimezone(RULES.zone),
        hospital=load_hospital(),
        rules=RULES,
    )

    assert promised_until(call) == wanted
