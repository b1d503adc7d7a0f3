"""A hospital whose schedule lies in a far end: the two, and what tests do with them in one word."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from ivr.domain.patient import Patient
from ivr.domain.rules import Rules
from ivr.regional.link import Link, Papers
from ivr.regional.region import FerRegion
from ivr.services import booking, errands, search
from ivr.services.search import SlotQuery
from ivr.storage.work import SqlWork
from tests.builders import MOSCOW, NOW, RULES, Clinic
from tests.regional.far_end import MO_OID, FarEnd

SMS_RULES = replace(RULES, sends_sms=True)


def region_at(url: str, now: Callable[[], datetime], **more: float) -> FerRegion:
    """Patient, so that a busy machine is not taken for a far end that is silent."""
    link = Link(url, seconds=more.pop("seconds", 10.0), papers=Papers(), now=now)
    return FerRegion(link, MO_OID, MOSCOW, patience=more.pop("patience", 10.0), **more)


class Near(Clinic):
    """Our hospital on one database; its clock is moved by hand."""

    def __init__(self, engine: Engine, far: FarEnd, region: FerRegion) -> None:
        super().__init__(lambda: SqlWork(engine, region))
        self.far, self.region, self.now, self.rules = far, region, NOW, RULES
        self.speciality("therapist", post_code="110")

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def nearest_slot(self, patient: Patient, **wish: Any):
        query = SlotQuery("therapist", patient.id, **wish)
        return search.nearest(self.new_work(), query, rules=self.rules, now=self.now)

    def book_nearest(self, patient: Patient, key: str = "wish", **changes: Any):
        slot = self.nearest_slot(patient, moves=changes.get("moves"))
        return self.book(slot.id, patient, now=self.now, rules=self.rules, key=key, **changes)

    def result(self, key: str = "wish"):
        return booking.result_of(self.new_work(), key)

    def settle(self, rules: Rules | None = None):
        return errands.settle(self.new_work(), rules=rules or self.rules, now=self.now)

    def cancel(self, booked, key: str = "cancel"):
        return booking.cancel(
            self.new_work(), booked.id, patient_id=booked.patient_id, key=key, rules=self.rules, now=self.now
        )
