"""Names that several pages show beside keys."""

from ivr.services.ports import Work
from ivr.web.site import run


def users() -> dict[str, str]:
    """By what the audit log calls them."""
    return run(_users)


def specialities() -> dict[str, str]:
    return run(_specialities)


def _users(work: Work) -> dict[str, str]:
    with work.reading():
        return {f"user:{one.id}": one.name for one in work.users.all()}


def _specialities(work: Work) -> dict[str, str]:
    with work.reading():
        return {one.key: one.name for one in work.staff.specialities()}
