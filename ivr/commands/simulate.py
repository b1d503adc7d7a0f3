"""`ivr simulate`: a day of the telephone without a telephone, to size lines and operators."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ivr.commands.days import a_day
from ivr.settings import Settings, load_settings

WIDE = 120
MONDAY = date(2026, 4, 20)
"""Not today: the same command is to print the same tomorrow."""

simulate_app = typer.Typer(
    help="A day of the telephone without a telephone: to size lines and operators.",
    no_args_is_help=True,
    add_completion=False,
)

Patients = Annotated[int, typer.Option("--patients", min=1, max=50_000, help="Everybody who has to do with the day.")]
Seed = Annotated[int, typer.Option("--seed", help="Of the dice; the same seed gives the same day.")]
Operators = Annotated[
    int | None, typer.Option("--operators", min=1, max=1_000, help="At work; else as many as 80/20 needs by Erlang C.")
]
Lines = Annotated[
    int | None,
    typer.Option("--lines", min=1, max=1_000, help="Of the trunk; else enough for 1 % of loss, and for the robot."),
]
Day = Annotated[
    date | None, typer.Option("--day", parser=a_day, metavar="DAY", help="A working day; else Monday, 20 April 2026.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one object for machines.")]


@simulate_app.callback()
def root() -> None:
    """Keeps `day` a word of its own while it is the only one."""


@simulate_app.command()
def day(
    patients: Patients,
    seed: Seed = 1,
    operators: Operators = None,
    lines: Lines = None,
    on: Day = None,
    as_json: AsJson = False,
) -> None:
    """One day: who rings and what for, reminders, cancelled and refilled times, visits missed; and Erlang's figures.

    Of 450 patients 120 ring the hospital, 165 have a visit tomorrow and are rung up, 165 have one today: a normal day
    of a district of 25 000. A Monday is about 750, the worst one of an epidemic 2 500. People are thrown by dice;
    what is done for them is done by the hospital's own rules in a database of its own, which is gone afterwards.

    One day is one throw: compare several seeds before you hire anybody.

        ivr simulate day --patients 450 --seed 1

        ivr simulate day --patients 2000 --seed 7 --operators 6 --lines 20 --json
    """
    told = run(load_settings(), patients=patients, seed=str(seed), operators=operators, lines=lines, on=on or MONDAY)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        show(told, Console(width=None if sys.stdout.isatty() else WIDE, highlight=False))


def run(
    settings: Settings, *, patients: int, seed: str, operators: int | None, lines: int | None, on: date
) -> dict[str, Any]:
    """The figures of one simulated day. Raises BadParameter for a day off."""
    from ivr import bootstrap
    from ivr.simulation.chance import Chance
    from ivr.simulation.day import live
    from ivr.simulation.figures import figures
    from ivr.simulation.mix import Mix
    from ivr.simulation.sizing import enough, expected
    from ivr.simulation.town import DayOff, settle

    mix = Mix()
    with _bar() as bar, bootstrap.simulated_clinic(settings, at=datetime.combine(on, time())) as clinic:
        try:
            town = settle(clinic, on, patients, mix, Chance(seed, "town"))
        except DayOff as problem:
            raise typer.BadParameter(str(problem), param_hint="--day") from None
        load = expected(len(town.callers), mix, monday=on.weekday() == 0)
        pace = settings.outbound.per_minute
        means = enough(load, len(town.tomorrow), mix, operators=operators, lines=lines, pace=pace)
        return figures(live(town, means, mix, seed, bar(town.at(0))), mix, patients=patients, seed=seed)


@contextmanager
def _bar() -> Iterator[Callable[[datetime], Callable[[datetime], None]]]:
    """How much of the day is over; on a screen only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with _quiet(), Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Больница и люди", total=None)

        def begin(midnight: datetime) -> Callable[[datetime], None]:
            progress.update(task, description="День", total=86_400, completed=0)
            return lambda now: progress.update(task, completed=(now - midnight).total_seconds())

        yield begin


@contextmanager
def _quiet() -> Iterator[None]:
    """What the services log of a day that never was would only mislead."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


# --- words


def show(told: Mapping[str, Any], console: Console) -> None:
    """For people."""
    town, means = told["town"], told["means"]
    console.print(
        f"[bold]{date.fromisoformat(told['day']):%d.%m.%Y}[/], пациентов {told['patients']}, зерно {told['seed']}\n"
        f"Больниц размера демонстрационной: {town['hospitals']}; звонят {town['callers']}, приёмов сегодня "
        f"{town['visits_today']}, завтра {town['visits_tomorrow']}, в листе ожидания {town['waiting']}\n"
        f"Операторов {means['operators']}, линий {means['lines']} (робот занимает до {means['robot_lines']}, "
        f"для звонящих свободны {means['reserve']}), робот начинает до {means['robot_per_minute']:g} звонков в минуту\n"
    )
    console.print(_rows("Звонки в больницу", told["calls"], CALLS))
    console.print(_lines(told["lines"], means["lines"]))
    console.print(_operators(told["operators"], means["operators"]))
    console.print(_pairs("Сделано за день", _done(told)))
    console.print(_hours(told["hours"]))


CALLS = {
    "offered": "поступило",
    "answered": "нашли линию",
    "lost": "линии заняты",
    "dropped": "положили трубку сразу",
    "solved": "решено помощником",
    "talked": "поговорили с оператором",
    "abandoned": "не дождались оператора",
    "closed": "операторы уже ушли",
}


def _rows(title: str, told: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    return _pairs(title, [(name, str(told[key])) for key, name in names.items()])


def _pairs(title: str, rows: list[tuple[str, str]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _lines(told: Mapping[str, Any], lines: int) -> Table:
    table = Table("", "звонящие", "с роботом", title=f"Линии: {lines}", title_justify="left")
    table.add_row("занято в пике; из них роботом в его пике", "", f"{told['peak']}; {told['robot_peak']}")
    table.add_row("потеряно за день", _percent(told["lost"]), "")
    both = (told["callers"], told["with_robot"])
    table.add_row("час пик", *(f"{one['hour']:02}:00" for one in both))
    table.add_row("звонков в нём; из них робота", *(_of_robot(one, robot=one is both[1]) for one in both))
    table.add_row("потеряно в нём", *(_percent(one["lost"]) for one in both))
    table.add_row("нагрузка, эрл", *(_number(one["load"]) for one in both))
    table.add_row("Эрланг B: потери", *(_percent(one["erlang_b"]) for one in both))
    table.add_row("Эрланг B: линий для 1 % потерь", *(str(one["needed"]) for one in both))
    return table


def _of_robot(one: Mapping[str, Any], *, robot: bool) -> str:
    return f"{one['calls'] + one['robot']}; {one['robot']}" if robot else str(one["calls"])


QUEUE = {
    "waiting": "ждали",
    "wait_s": "среднее ожидание, с",
    "level": "отвечено за 20 с",
    "abandoned": "не дождались",
    "occupancy": "занятость",
}


def _operators(told: Mapping[str, Any], operators: int) -> Table:
    hour, load = told["busiest_hour"], _number(told["load"])
    title = f"Операторы: {operators}; час пик с {hour:02}:00, {load} эрл, обслуживание {_number(told['handling_s'])} с"
    table = Table("", "за день", "в час пик", "Эрланг C", "Эрланг A", title=title, title_justify="left")
    columns = (told["day"] | {"occupancy": told["occupancy"]}, told["busiest"], told["erlang_c"], told["erlang_a"])
    table.add_row("просили оператора", *(str(column.get("asked", "")) for column in columns))
    for key, name in QUEUE.items():
        show_one = _number if key == "wait_s" else _percent
        table.add_row(name, *(show_one(column[key]) for column in columns))
    table.add_row("ждали меньше, девять из десяти, с", _number(told["wait_p90_s"]), "", "", "")
    needed = told["needed"]
    table.add_row("операторов для 80/20", "", "", str(needed["erlang_c"]), str(needed["erlang_a"]))
    return table


def _done(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    done, robot, freed, visits = told["done"], told["robot"], told["freed"], told["visits"]
    results = robot["kinds"].get("FEEDBACK", {}).get("results", {})

    def number(*keys: str) -> str:
        return str(sum(done.get(key, 0) for key in keys))

    return [
        ("записал помощник", number("ivr.booked")),
        ("записал оператор", number("operator.booked")),
        ("записались на предложенное время", number("robot.offer_accept")),
        ("отменили сами", number("ivr.cancelled", "operator.cancelled")),
        ("перенесли сами", number("ivr.moved", "operator.moved")),
        ("встали в лист ожидания", number("list.joined")),
        ("робот: звонков", str(robot["attempts"])),
        ("робот: дозвонился", f"{robot['reached']} ({_percent(robot['share'])})"),
        ("робот: придут", str(results.get("CONFIRMED", 0))),
        ("робот: отменили", str(results.get("CANCELLED", 0))),
        ("робот: перенесли", str(results.get("MOVED", 0))),
        ("пришли на приём", str(visits.get("VISITED", 0))),
        ("не пришли", str(visits.get("NO_SHOW", 0))),
        ("освободилось времени", str(freed["freed"])),
        ("заняли лист ожидания и другие", f"{freed['by_list']} и {freed['otherwise']}"),
        ("занято за, минут: медиана, девять из десяти", _two(freed["minutes_median"], freed["minutes_p90"])),
    ]


def _hours(told: Mapping[str, Any]) -> Table:
    titles = ("час", "звонков", "нет линии", "к оператору", "отвечено", "за 20 с", "не дождались", "робот")
    table = Table(title="По часам", title_justify="left")
    for title in titles:
        table.add_column(title, justify="right")
    for hour, one in told.items():
        table.add_row(f"{int(hour):02}:00", *(str(number) for number in one.values()))
    return table


def _two(one: float | None, other: float | None) -> str:
    return f"{_number(one)} и {_number(other)}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.1f} %".replace(".", ",")


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}".replace(".", ",")
