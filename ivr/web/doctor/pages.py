"""The doctor's pages: who comes today, who came, and how a patient goes on after the visit (S4.1 to S4.3)."""

from flask import Blueprint

from ivr.domain.refusals import DoctorUnnamed
from ivr.web.access import user

pages = Blueprint("doctor", __name__, url_prefix="/doctor")


def own_id() -> int:
    """The doctor who has logged in. Raises DoctorUnnamed."""
    doctor_id = user().doctor_id
    if doctor_id is None:
        raise DoctorUnnamed
    return doctor_id
