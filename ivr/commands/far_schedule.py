"""What `ivr check` says of a schedule that the regional system keeps (docs/regional.md)."""

from ivr import bootstrap
from ivr.settings import Settings
from ivr.storage.work import SqlWork


def told(settings: Settings) -> str:
    """Who keeps it. Raises RuntimeError where nothing of the region's can be offered."""
    works = bootstrap.work_factory(settings)
    try:
        if works.region is None:
            return "kept here"
        offered = _offered(works())
        if not works.region.answers():
            raise RuntimeError(f"the regional system at {settings.schedule.url} does not answer")
    finally:
        works.close()
    return f"the regional system answers; {offered} specialities are looked for there"


def _offered(work: SqlWork) -> int:
    """Every channel offers the specialities of known doctors, so none is asked for where nobody is known."""
    with work.reading():
        found = [each for each in work.staff.specialities(staffed=True) if each.post_code is not None]
    if not found:
        raise RuntimeError("nothing is offered: no doctor with a post that the region knows; `ivr import doctors`")
    return len(found)
