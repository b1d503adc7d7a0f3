"""Families of commands that are listed at once and imported when they are called: the list must come quickly."""

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


def _api() -> typer.Typer:
    from ivr.commands.api import api_app

    return api_app


def _asterisk() -> typer.Typer:
    from ivr.commands.asterisk import asterisk_app

    return asterisk_app


def _consents() -> typer.Typer:
    from ivr.commands.consents import consents_app

    return consents_app


def _campaign() -> typer.Typer:
    from ivr.commands.campaign import campaign_app

    return campaign_app


def _fer_client() -> typer.Typer:
    from ivr.commands.fer_client import fer_client_app

    return fer_client_app


def _export() -> typer.Typer:
    from ivr.commands.export import export_app

    return export_app


def _import() -> typer.Typer:
    from ivr.commands.importing import import_app

    return import_app


def _kiosk() -> typer.Typer:
    from ivr.commands.kiosk import kiosk_app

    return kiosk_app


def _models() -> typer.Typer:
    from ivr.commands.models import models_app

    return models_app


def _password() -> typer.Typer:
    from ivr.commands.password import password

    app = typer.Typer(add_completion=False)
    app.command()(password)
    return app


def _prompts() -> typer.Typer:
    from ivr.commands.prompts import prompts_app

    return prompts_app


def _show() -> typer.Typer:
    from ivr.commands.show import show_app

    return show_app


def _simulate() -> typer.Typer:
    from ivr.commands.simulate import simulate_app

    return simulate_app


def _talk() -> typer.Typer:
    from ivr.commands.talk import talk

    app = typer.Typer(add_completion=False)
    app.command()(talk)
    return app


LATER: dict[str, tuple[str, Callable[[], typer.Typer]]] = {
    "talk": ("Talk to the IVR in the terminal: the same stories and the same database as by telephone.", _talk),
    "show": ("List bookings, slots, the waiting list, calls and patients. Personal data is masked.", _show),
    "campaign": ("The calls that the hospital makes: what came of them, in figures.", _campaign),
    "simulate": ("A day of the telephone without a telephone: to size lines and operators.", _simulate),
    "import": ("Bring patients, doctors and the schedule in from CSV files.", _import),
    "fer-client": (
        "The regional system that keeps the schedule (docs/regional.md): reach it, see its times, settle bookings.",
        _fer_client,
    ),
    "consents": ("What patients agreed to, as a file for a regulator.", _consents),
    "api": ("Other systems that may call: register them, take their tokens back.", _api),
    "kiosk": ("Infomats in the hall: a machine is let in by a pass that is typed in once.", _kiosk),
    "export": ("Files for those whom the hospital reports to.", _export),
    "password": (
        "Give a user of the site a new password for one log-in: for an administrator who has lost his.",
        _password,
    ),
    "prompts": ("The words a caller hears: check them, make the sounds.", _prompts),
    "models": ("Speech models: list them, compare their files, install one.", _models),
    "asterisk": ("Configuration files for an exchange of your own.", _asterisk),
}
"""Name, and what the list says of it; the first paragraph of its own help."""


class Later(TyperCommand):
    """Stands for a command until somebody calls it."""

    def __init__(self, name: str, about: str, load: Callable[[], typer.Typer]) -> None:
        super().__init__(name=name, help=about)
        self.load = load

    def make_context(self, *args: Any, **extra: Any) -> Any:
        command = get_command(self.load())
        command.name = self.name
        return command.make_context(*args, **extra)


class Commands(TyperGroup):
    """The commands of `ivr` itself, and those that come later."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (about, load) in LATER.items():
            self.add_command(Later(name, about, load))
