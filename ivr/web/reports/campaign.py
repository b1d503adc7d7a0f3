"""The calls that the hospital makes, as tables: for the pages of the desk and for `ivr campaign report`."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from ivr.domain.dialling import Outcome
from ivr.domain.worklist import TaskResult
from ivr.services.campaign import GOES_ON, MOST_TRIES, Campaign, Freed, Reach, Times
from ivr.services.reports import share
from ivr.web.reports.table import Chart, Column, Kind, Table, Value
from ivr.web.tasks.words import KINDS

TEXT, SECONDS, SHARE = Kind.TEXT, Kind.SECONDS, Kind.SHARE
Key = TypeVar("Key")

SAID = {
    "Придут": TaskResult.CONFIRMED,
    "Отменили": TaskResult.CANCELLED,
    "Перенесли": TaskResult.MOVED,
    "Записались": TaskResult.BOOKED,
}
CAME: Mapping[str, tuple[str, ...]] = {
    "Не ответили": (Outcome.NO_ANSWER,),
    "Занято": (Outcome.BUSY,),
    "Прервали разговор": (Outcome.UNFINISHED,),
    "Автоответчик, другой человек": (Outcome.MACHINE, Outcome.WRONG_PERSON),
    "Сбросили, недоступны": (Outcome.REJECTED, Outcome.UNREACHABLE, Outcome.NO_SUCH_NUMBER),
    "Сбой линии": (Outcome.TRUNK, Outcome.LOST),
    "Идут, не нужны": (GOES_ON, Outcome.NOT_NEEDED),
}
_COLUMNS = (
    Column("Звонков"),
    Column("Дозвонились"),
    Column("Доля", SHARE),
    *(Column(title) for title in SAID),
    Column("Другой ответ"),
    *(Column(title) for title in CAME),
)
HOW = (
    "Дозвонились: нужный человек взял трубку и ответил. Доля: от звонков без сбоев нашей линии и тех, "
    "что стали не нужны."
)


def by_kind(told: Campaign) -> Table:
    rows = [[KINDS[kind], *_reach(one)] for kind, one in told.kinds.items()]
    chart = Chart(bars=(2, 9, 10, 11, 12, 13), stacked=True, lying=True)
    columns = (Column("Зачем звонили", TEXT), *_COLUMNS)
    return Table("outreach", "Обзвон", columns, rows, chart, ["Всего", *_reach(told.total)], HOW)


def by_hour(told: Campaign) -> Table:
    return _table("outreach_hours", "Обзвон по часам", "Час", told, told.hours, lambda hour: f"{hour:02}:00")


def by_try(told: Campaign) -> Table:
    return _table("outreach_tries", "Обзвон по попыткам", "Попытка", told, told.tries, _try)


def _table(
    key: str, title: str, first: str, told: Campaign, by: Mapping[Key, Reach], name: Callable[[Key], str]
) -> Table:
    rows: list[list[Value]] = [[name(each), *_short(one)] for each, one in by.items()]
    columns = (Column(first, TEXT), *_COLUMNS[:3])
    return Table(key, title, columns, rows, Chart(bars=(1, 2), line=3), ["Всего", *_short(told.total)], HOW)


def _try(number: int) -> str:
    return f"{number} и дальше" if number == MOST_TRIES else str(number)


def _short(one: Reach) -> list[Value]:
    return [one.attempts, one.reached, one.share]


def _reach(one: Reach) -> list[Value]:
    said = [one.said(result) for result in SAID.values()]
    return [*_short(one), *said, one.reached - sum(said), *(one.came(*outcomes) for outcomes in CAME.values())]


def freed(told: Campaign) -> Table:
    columns = (
        Column("Кто занял", TEXT),
        Column("Времён"),
        Column("Доля", SHARE),
        Column("Предлагалось листу ожидания"),
        Column("Занято за, медиана", SECONDS),
        Column("Девять из десяти за", SECONDS),
    )
    own = told.freed
    groups = {"Лист ожидания": own.by_list, "Записались сами": own.otherwise, "Никто": own.by_nobody}
    rows = [_times(name, one, own) for name, one in groups.items()] if own.all.number else []
    return Table(
        "freed",
        "Освободившееся время",
        columns,
        rows,
        Chart(bars=(1, 3)),
        _times("Всего", own.all, own),
        "Время, от которого пациенты отказались или перенесли приём, и через сколько его заняли.",
    )


def _times(name: str, one: Times, own: Freed) -> list[Value]:
    minutes = (one.speed.median, one.speed.p90)
    return [
        name,
        one.number,
        share(one.number, own.all.number),
        one.offered,
        *(None if minute is None else minute * 60 for minute in minutes),
    ]


TABLES = (by_kind, by_hour, by_try, freed)
