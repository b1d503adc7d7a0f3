"""Recorded talks: listed by day, heard in the page; each hearing is in the audit log before the first sound."""

from datetime import date, timedelta
from pathlib import Path

from flask import Blueprint, abort, render_template, request, send_file, session
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.user import Right
from ivr.services import audit, recordings
from ivr.services.recordings import Recording
from ivr.web.access import needs, who
from ivr.web.site import run, site

pages = Blueprint("recordings", __name__, url_prefix="/recordings")
HEARD = "heard"


@pages.get("", endpoint="recordings")
@needs(Right.RECORDINGS)
def all_recordings() -> Answer:
    here = site()
    today = here.rules.today(here.now())
    day = _day(request.args.get("day", ""), today)
    since, until = here.rules.span(day)
    with here.new_work().reading() as work:
        found = work.recordings.between(since, until)
        names = {f"op{user.id}": user.name for user in work.users.all()}
    phone = request.args.get("phone", "")
    shown = [one for one in found if phone in ("", one.phone)]
    phones = sorted({one.phone for one in found if one.phone}, key=lambda each: names.get(each, each))
    return render_template(
        "recordings/recordings.html",
        day=day,
        shown=shown,
        names=names,
        phones=phones,
        phone=phone,
        day_before=day - timedelta(1),
        day_after=day + timedelta(1),
    )


@pages.get("/<int:recording_id>.wav")
@needs(Right.RECORDINGS)
def sound(recording_id: int) -> Answer:
    """The sound, also in parts; noted once for each hearing, with the part that is asked for first."""
    recording = run(recordings.get, recording_id)
    path = _file(recording)
    if path is None:
        abort(404)
    if session.get(HEARD) != recording.id or _is_the_beginning():
        session[HEARD] = recording.id  # further parts of it belong to this hearing
        detail = {"recording": recording.id, "call": recording.call_key}
        run(audit.record, who=who(), action="recording heard", detail=detail, now=site().now())
    return send_file(path, mimetype="audio/wav", conditional=True, download_name=f"{recording.id}.wav")


def _is_the_beginning() -> bool:
    asked = request.range
    return asked is None or any(first <= 0 for first, _ in asked.ranges)


def _file(recording: Recording) -> Path | None:
    """Where it lies; None where it was removed, or where its name leads out of the folder."""
    folder: Path | None = site().extras.get("recordings")
    if folder is None or recording.removed_at is not None:
        return None
    path = (folder / recording.file).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs(day - today) < timedelta(days=3660) else today
