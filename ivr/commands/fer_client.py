"""`ivr fer-client`: the regional system that keeps the schedule, looked at and put right from a terminal."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, TypeVar
from uuid import uuid4

import typer
from rich.console import Console

from ivr.commands.opening import operator_of_the_server, settings_or_stop, stop
from ivr.desk import utc_now
from ivr.domain.booking import Booking
from ivr.domain.errand import Errand
from ivr.domain.patient import Patient
from ivr.domain.refusals import NotFound, NumberTaken, Refusal, WrongTurn
from ivr.domain.rules import Rules
from ivr.regional.link import NoAnswer, NotReached, TurnedDown
from ivr.regional.region import FarError, FerRegion
from ivr.services import errands
from ivr.services.ports import StorageDown
from ivr.services.region import FarDoctor, RegionDown
from ivr.storage.work import SqlWork

FAILED = 1
T = TypeVar("T")

fer_client_app = typer.Typer(
    help="The regional system that keeps the schedule (docs/regional.md): reach it, see its times, settle bookings.",
    no_args_is_help=True,
    add_completion=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one object for machines.")]
PatientId = Annotated[
    int | None,
    typer.Option(
        "--patient", metavar="ID", help="Number of a card in our register; the far end shows only to somebody."
    ),
]


@dataclass(frozen=True, slots=True)
class Open:
    """What the commands work on."""

    work: SqlWork
    region: FerRegion
    rules: Rules


@fer_client_app.command()
def check(patient: PatientId = None, as_json: AsJson = False) -> None:
    """Ask whether the regional system answers, and what it shows.

    Without a patient: whether it answers at all. With one of our register, in whose name a session is opened:
    organisations, posts, and the doctors of each post that have free time. Exit status 1 where it does not answer.

        ivr fer-client check

        ivr fer-client check --patient 12 --json
    """
    with _opened() as opened:
        if patient is None:
            told: dict[str, Any] = {"answers": opened.region.answers()}
        else:
            person = _patient(opened, patient)
            told = {"answers": True, **_asked(lambda: _shown(opened, person))}
    _print(told, _check_lines(told), as_json=as_json)
    if not told["answers"]:
        raise typer.Exit(FAILED)


@fer_client_app.command()
def slots(
    patient: Annotated[int, typer.Option("--patient", metavar="ID", help="Number of a card in our register.")],
    post: Annotated[str, typer.Option("--post", help="Code of the post, 1002: 110 is the district therapist.")] = "110",
    as_json: AsJson = False,
) -> None:
    """List the free times that the regional system shows to a patient, up to the booking horizon.

    ivr fer-client slots --patient 12

    ivr fer-client slots --patient 12 --post 122 --json
    """
    with _opened() as opened:
        person, today = _patient(opened, patient), opened.rules.today(utc_now())
        found = _asked(lambda: opened.region.doctors(person, post, today, opened.rules.last_day(today)))
        if not found:
            _unless_unknown(_posts(opened.region, person), post)
    lines = [f"{doctor.surname} {doctor.given_name}: {_times(doctor, opened.rules)}" for doctor in found]
    _print({"doctors": [_doctor(each) for each in found]}, lines or ["Свободного времени нет."], as_json=as_json)


@fer_client_app.command()
def settle(
    booking: Annotated[
        int | None, typer.Option("--booking", metavar="ID", help="One visit that you found out.")
    ] = None,
    booked: Annotated[str, typer.Option("--booked", metavar="NUMBER", help="It is booked there; Book_Id_Mis.")] = "",
    not_booked: Annotated[bool, typer.Option("--not-booked", help="It is not booked there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Go on with what the regional system was asked and has not answered, and list what is left.

    `ivr phone` does this every second by itself. What it cannot find out is a task of the call centre: who has asked
    the regional system by telephone enters what he has learnt.

        ivr fer-client settle

        ivr fer-client settle --booking 81 --booked 5f2c-12

        ivr fer-client settle --booking 81 --not-booked
    """
    if (booking is None) != (not booked and not not_booked) or (booked and not_booked):
        raise typer.BadParameter("--booking goes with either --booked NUMBER or --not-booked", param_hint="--booking")
    with _opened() as opened:
        now = utc_now()
        if booking is not None:
            _found_out(opened, booking, booked or None)
        tally = errands.settle(opened.work, rules=opened.rules, now=now)
        left = errands.unsettled(opened.work)
    told = {**asdict(tally), "left": [_left(errand, visit) for errand, visit in left]}
    lines = [", ".join(f"{name}: {number}" for name, number in asdict(tally).items())]
    lines += [" ".join(f"{name}={value}" for name, value in one.items()) for one in told["left"]]
    _print(told, lines, as_json=as_json)


@contextmanager
def _opened() -> Iterator[Open]:
    from ivr import bootstrap

    settings = settings_or_stop()
    works = bootstrap.work_factory(settings)
    try:
        if works.region is None:
            stop('the schedule is kept here; schedule.provider = "fer" with url and mo_oid leaves it to the region')
        yield Open(works(), works.region, bootstrap.rules_of(settings))
    except StorageDown as problem:
        stop(f"the database cannot be used ({problem}); `ivr check` looks")
    finally:
        works.close()


def _shown(opened: Open, person: Patient) -> dict[str, Any]:
    region, today = opened.region, opened.rules.today(utc_now())
    session = region.open(uuid4(), person)
    shown = []
    for mo in region.organisations(session):
        posts = [
            {"code": post.id, "name": post.name, "doctors": _doctors(opened, person, post.id)}
            for post in region.posts(session, mo.id)
        ]
        shown.append({"oid": mo.oid, "name": mo.name, "posts": posts})
    return {"today": today.isoformat(), "organisations": shown}


def _doctors(opened: Open, person: Patient, post: str) -> list[dict[str, Any]]:
    today = opened.rules.today(utc_now())
    try:
        found = opened.region.doctors(person, post, today, opened.rules.last_day(today))
    except (RegionDown, Refusal) as problem:
        return [{"error": str(problem)}]
    return [{"name": _name(each), "free": len(each.slots)} for each in found]


def _posts(region: FerRegion, person: Patient) -> list[str]:
    """Codes of all posts that are shown to him; none where the far end does not tell."""
    try:
        session = region.open(uuid4(), person)
        return [post.id for mo in region.organisations(session) for post in region.posts(session, mo.id)]
    except (NotReached, NoAnswer, TurnedDown, FarError):
        return []


def _unless_unknown(known: list[str], post: str) -> None:
    if known and post not in known:
        stop(f"the regional system shows no post {post} to this patient; it shows {', '.join(sorted(known))}")


def _asked(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (NotReached, NoAnswer, TurnedDown, FarError, RegionDown, Refusal) as problem:
        Console(stderr=True, soft_wrap=True).print(f"the regional system gives nothing: {problem}")
        raise typer.Exit(FAILED) from None


def _patient(opened: Open, patient_id: int) -> Patient:
    try:
        with opened.work.reading() as work:
            return work.patients.get(patient_id)
    except NotFound:
        stop(
            f"no card has the number {patient_id}; `ivr show patients` lists them, `ivr import patients` brings them in"
        )


def _found_out(opened: Open, booking_id: int, far_id: str | None) -> None:
    who = f"server:{operator_of_the_server()}"
    try:
        errands.found_out(opened.work, booking_id, far_id, who=who, rules=opened.rules, now=utc_now())
    except NotFound:
        stop(f"the regional system was never asked for visit {booking_id}")
    except WrongTurn as problem:
        stop(f"visit {booking_id}: {problem}")
    except NumberTaken:
        stop(f"visit {booking_id}: another visit has the number {far_id}")


def _check_lines(told: dict[str, Any]) -> list[str]:
    lines = ["Отвечает." if told["answers"] else "Не отвечает."]
    for mo in told.get("organisations", ()):
        lines.append(f"{mo['name']} ({mo['oid']})")
        for post in mo["posts"]:
            lines.append(f"  {post['code']} {post['name'] or ''}".rstrip())
            lines += [f"    {_told_of(each)}" for each in post["doctors"]]
    return lines


def _told_of(each: dict[str, Any]) -> str:
    return f"не показано: {each['error']}" if "error" in each else f"{each['name']}: {each['free']}"


def _doctor(each: FarDoctor) -> dict[str, Any]:
    times = [{"id": slot.far_id, "starts_at": slot.starts_at.isoformat(), "room": slot.room} for slot in each.slots]
    return {"name": _name(each), "slots": times}


def _name(each: FarDoctor) -> str:
    return " ".join(filter(None, (each.surname, each.given_name, each.patronymic)))


def _times(doctor: FarDoctor, rules: Rules) -> str:
    return ", ".join(f"{slot.starts_at.astimezone(rules.zone):%d.%m %H:%M}" for slot in doctor.slots)


def _left(errand: Errand, visit: Booking) -> dict[str, Any]:
    return {
        "booking": visit.id,
        "asked": errand.wanted.kind.value,
        "status": errand.status.value,
        "since": errand.created_at.isoformat(),
        "sent": errand.sent,
        "problem": errand.problem,
    }


def _print(told: dict[str, Any], lines: list[str], *, as_json: bool) -> None:
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else "\n".join(lines))
