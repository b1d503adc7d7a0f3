"""The doctor's pages: who comes today, who came, and how a patient goes on after the visit (S4.1 to S4.3)."""

from flask import Blueprint, abort

from ivr.web.access import user

pages = Blueprint("doctor", __name__, url_prefix="/doctor")


def own_id() -> int:
    """The doctor who has logged in; 409 where the administrator has not said yet who of the staff he is."""
    doctor_id = user().doctor_id
    return abort(409) if doctor_id is None else doctor_id


# They put their routes on the blueprint.
from ivr.web.doctor import day, visit  # noqa: E402, F401
