"""`ivr password`: a way back in for whoever has no administrator to ask."""

from typing import Annotated

import typer

from ivr.commands.opening import clinic_of, operator_of_the_server, stop
from ivr.domain.refusals import NotFound
from ivr.services import users

Login = Annotated[str, typer.Argument(help="Name for the log-in, as under /admin/users.")]


def password(context: typer.Context, login: Login = "admin") -> None:
    """Give a user of the site a new password for one log-in: for an administrator who has lost his.

    His sessions end, a lock is lifted, the audit log says so. It does not open a user who was closed.
    """
    clinic = clinic_of(context)
    try:
        user_id = users.by_login(clinic.work(), login).id
        who = f"server:{operator_of_the_server()}"
        typer.echo(users.reset_password(clinic.work(), user_id, who=who, now=clinic.now))
    except NotFound:
        stop(f"nobody logs in as {login}")
