"""Every report: which figures, under which words, drawn how."""

from collections.abc import Callable, Mapping
from datetime import date

from ivr.domain.booking import BookingStatus
from ivr.domain.operator import OperatorState
from ivr.domain.slot import Channel
from ivr.services import reports, slot_report
from ivr.services.campaign import Campaign
from ivr.services.campaign import campaign as count_campaign
from ivr.services.reports import Days, Ending, Load, Service, Talks, share
from ivr.web import names, wording
from ivr.web.access import who
from ivr.web.reports import campaign, ministry, slot_shares
from ivr.web.reports.table import Chart, Column, Kind, Table, Value
from ivr.web.site import run, site

TEXT, SECONDS, SHARE = Kind.TEXT, Kind.SECONDS, Kind.SHARE
GONE = (BookingStatus.CANCELLED_BY_PATIENT, BookingStatus.CANCELLED_BY_CLINIC)


def service(days: Days) -> Table:
    by_day = run(reports.service_by_day, days, rules=site().rules)
    columns = (
        Column("День", TEXT),
        Column("Ждали оператора"),
        Column("Отвечено"),
        Column("Из них за 20 с"),
        Column("Не дождались"),
        Column("Уровень сервиса", SHARE),
        Column("Доля не дождавшихся", SHARE),
        Column("Среднее ожидание", SECONDS),
    )
    return Table(
        "service",
        "Очередь и уровень сервиса",
        columns,
        [_service(_day(day), one) for day, one in by_day.items()],
        Chart(bars=(2, 4), line=5, stacked=True, goal=0.8),
        _service("Всего", sum(by_day.values(), start=Service())),
        "Уровень сервиса: доля ответов за 20 секунд от всех, кто ждал; цель 80 %. "
        "Каждый звонивший считается один раз, даже если его переводили.",
    )


def _service(name: str, one: Service) -> list[Value]:
    return [name, one.offered, one.answered, one.in_time, one.abandoned, one.level, one.lost, one.waited]


_TALKS = (
    Column("Разговоров"),
    Column("Пропущено"),
    Column("Ожидание", SECONDS),
    Column("Разговор", SECONDS),
    Column("Завершение", SECONDS),
    Column("Обслуживание", SECONDS),
)


def _talks(one: Talks) -> list[Value]:
    return [one.talks, one.missed, one.waited, one.talked, one.wrap_up, one.handled]


def hours(days: Days) -> Table:
    by_hour = run(reports.talks_by_hour, days, rules=site().rules)
    return Table(
        "hours",
        "Обслуживание по часам",
        (Column("Час", TEXT), *_TALKS),
        [[_hour(hour), *_talks(one)] for hour, one in by_hour.items() if one.talks or one.missed],
        Chart(bars=(4, 5), stacked=True),
        ["Всего", *_talks(sum(by_hour.values(), start=Talks()))],
        "Среднее на один разговор. Обслуживание: разговор и завершение вместе.",
    )


def operators(days: Days) -> Table:
    here = site()
    people = run(reports.operators, days, rules=here.rules, now=here.now())
    states = (OperatorState.READY, OperatorState.TALKING, OperatorState.WRAPUP, OperatorState.BREAK)
    titles = ("Был готов", "В разговорах", "На завершении", "На перерыве")
    return Table(
        "operators",
        "Операторы",
        (Column("Оператор", TEXT), *_TALKS, *(Column(title, SECONDS) for title in titles)),
        [[one.name, *_talks(one.talks), *(one.states.get(state, 0) for state in states)] for one in people],
        Chart(bars=(1, 2), stacked=True, lying=True),
        note="Ожидание, разговор, завершение и обслуживание: среднее на разговор. Остальное: время за все дни.",
    )


def alone(days: Days) -> Table:
    by_day = run(reports.endings_by_day, days, rules=site().rules)
    columns = (
        Column("День", TEXT),
        Column("Звонков"),
        Column("Решено без человека"),
        Column("К оператору"),
        Column("Просил перезвонить"),
        Column("Положил трубку"),
        Column("Не решено"),
        Column("Сбой"),
        Column("Доля без человека", SHARE),
    )
    total = {how: sum(one[how] for one in by_day.values()) for how in Ending.ALL}
    return Table(
        "alone",
        "Решено без человека",
        columns,
        [_endings(_day(day), one) for day, one in by_day.items()],
        Chart(bars=(2, 3, 4, 5, 6, 7), line=8, stacked=True),
        _endings("Всего", total),
        "Решено: помощник попрощался, закончив дело, или в звонке сделана запись.",
    )


def _endings(name: str, by: Mapping[str, int]) -> list[Value]:
    number = sum(by.values())
    return [name, number, *(by[how] for how in _ORDER), share(by[Ending.SOLVED], number)]


_ORDER = (Ending.SOLVED, Ending.OPERATOR, Ending.CALLBACK, Ending.LEFT, Ending.UNSOLVED, Ending.FAILED)


def funnel(days: Days) -> Table:
    columns = (
        Column("Вопрос", TEXT),
        Column("Дошло звонков"),
        Column("Задан раз"),
        Column("Молчание и ошибки"),
        Column("Положили трубку"),
        Column("Ушли к человеку"),
        Column("Закончили"),
        Column("Доля ушедших", SHARE),
        Column("Последний ответ ушедших", TEXT),
    )
    rows = [
        [
            wording.step(one.step),
            one.calls,
            one.asked,
            one.failed,
            one.left,
            one.to_person,
            one.solved,
            share(one.left + one.to_person, one.calls),
            ", ".join(f"{wording.outcome(key)} {number}" for key, number in list(one.why.items())[:3]),
        ]
        for one in run(reports.funnel, days, rules=site().rules)
    ]
    return Table(
        "funnel",
        "Вопросы помощника",
        columns,
        rows,
        Chart(bars=(1, 4, 5), lying=True, most=20),
        note="Где звонившие кладут трубку или уходят к человеку: вопрос, на который ответили последним.",
    )


def reasons(days: Days) -> Table:
    why = run(reports.reasons, days, rules=site().rules)
    number = sum(why.values())
    return Table(
        "reasons",
        "Почему к человеку",
        (Column("Причина", TEXT), Column("Звонков"), Column("Доля", SHARE)),
        [[wording.reason(key), calls, share(calls, number)] for key, calls in why.items()],
        Chart(bars=(1,), lying=True, most=20),
        ["Всего", number, share(number, number)],
    )


def load(days: Days) -> Table:
    by_hour = run(reports.load, days, rules=site().rules)
    number = len(list(days))
    return Table(
        "load",
        "Нагрузка по часам",
        (Column("Час", TEXT), Column("Звонков"), Column("Ждали оператора"), Column("Звонков в среднем за день")),
        [_load(_hour(hour), one, number) for hour, one in by_hour.items()],
        Chart(bars=(1, 2)),
        _load(
            "Всего",
            Load(sum(one.calls for one in by_hour.values()), sum(one.queued for one in by_hour.values())),
            number,
        ),
    )


def _load(name: str, one: Load, days: int) -> list[Value]:
    return [name, one.calls, one.queued, one.calls / days]


def bookings(days: Days) -> Table:
    by = run(reports.bookings, days, rules=site().rules)
    titles = names.specialities()
    rows: list[list[Value]] = [
        [titles.get(speciality, speciality), wording.CHANNELS[Channel(channel)], *_bookings(statuses)]
        for (channel, speciality), statuses in by.items()
    ]
    rows.sort(key=lambda row: (str(row[0]), str(row[1])))
    columns = (
        Column("Специальность", TEXT),
        Column("Канал", TEXT),
        Column("Записей"),
        Column("Действуют"),
        Column("Отменены"),
        Column("Перенесены"),
        Column("Пришли"),
        Column("Не пришли"),
    )
    total = [sum(int(row[number] or 0) for row in rows) for number in range(2, len(columns))]
    return Table(
        "bookings",
        "Записи",
        columns,
        rows,
        Chart(bars=(3, 4, 5), stacked=True, lying=True, names=(0, 1)),
        ["Всего", "", *total],
    )


def _bookings(by: Mapping[str, int]) -> list[Value]:
    def number(*statuses: BookingStatus) -> int:
        return sum(by.get(status.value, 0) for status in statuses)

    return [
        sum(by.values()),
        number(BookingStatus.BOOKED, BookingStatus.PASSED),
        number(*GONE),
        number(BookingStatus.MOVED),
        number(BookingStatus.VISITED),
        number(BookingStatus.NO_SHOW),
    ]


def visits(days: Days) -> Table:
    here, titles = site(), names.specialities()
    found = run(reports.visits, days, rules=here.rules, now=here.now())
    rows: list[list[Value]] = [
        [titles.get(one.speciality, one.speciality), one.visited, one.missed, one.unknown, one.cancelled, one.no_show]
        for one in found
    ]
    came, missed = sum(one.visited for one in found), sum(one.missed for one in found)
    others = [sum(one.unknown for one in found), sum(one.cancelled for one in found)]
    columns = (
        Column("Специальность", TEXT),
        Column("Пришли"),
        Column("Не пришли"),
        Column("Не отмечено"),
        Column("Отменены и перенесены"),
        Column("Доля неявок", SHARE),
    )
    return Table(
        "visits",
        "Неявки",
        columns,
        rows,
        Chart(bars=(1, 2, 3), stacked=True, lying=True),
        ["Всего", came, missed, *others, share(missed, came + missed)],
        "Доля неявок: от тех приёмов, где отмечено, пришёл ли пациент.",
    )


LIMITS = {
    "CALLBACK": "Обещано перезвонить",
    "DISTRICT": "Лист ожидания: участковый, 24 часа",
    "SPECIALIST": "Лист ожидания: специалист, 14 рабочих дней",
}


def promises(days: Days) -> Table:
    here = site()
    kept = run(reports.promises, days, rules=here.rules, now=here.now())
    columns = (
        Column("Что обещано", TEXT),
        Column("В срок"),
        Column("С опозданием"),
        Column("Ждут, срок прошёл"),
        Column("Ждут, срок впереди"),
        Column("Больше не нужно"),
        Column("Доля в срок", SHARE),
    )
    rows = [
        [LIMITS[what], one.in_time, one.late, one.overdue, one.open, one.dropped, one.level]
        for what, one in kept.items()
    ]
    return Table(
        "promises",
        "Обещания и сроки",
        columns,
        rows,
        Chart(bars=(1, 2, 4, 3), stacked=True, lying=True),
        note="Сроки, которые приходятся на эти дни. Звонок в срок: первая попытка до обещанного времени.",
    )


def slots_for_the_ministry(days: Days) -> Table:
    here = site()
    told = run(slot_report.lines, days.first, days.last, rules=here.rules, who=who(), now=here.now())
    return ministry.table(told, here.hospital.name, here.hospital.federal)


def _of_campaign(make: Callable[[Campaign], Table]) -> Callable[[Days], Table]:
    return lambda days: make(run(count_campaign, days, rules=site().rules))


REPORTS: Mapping[str, tuple[str, Callable[[Days], Table]]] = {
    "service": ("Уровень сервиса", service),
    "hours": ("Обслуживание", hours),
    "operators": ("Операторы", operators),
    "alone": ("Без человека", alone),
    "funnel": ("Воронка", funnel),
    "reasons": ("Причины", reasons),
    "load": ("Нагрузка", load),
    "bookings": ("Записи", bookings),
    "visits": ("Неявки", visits),
    "promises": ("Сроки", promises),
    "slots": ("Доли слотов", slot_shares.slots),
    "ministry": ("Министерству", slots_for_the_ministry),
    "outreach": ("Обзвон", _of_campaign(campaign.by_kind)),
    "outreach_hours": ("Обзвон по часам", _of_campaign(campaign.by_hour)),
    "outreach_tries": ("Попытки", _of_campaign(campaign.by_try)),
    "freed": ("Освободилось", _of_campaign(campaign.freed)),
}
"""Title of the tab, and what makes the report."""
AHEAD = frozenset({"slots", "ministry"})
"""What they count lies in days to come, too."""


def _day(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _hour(hour: int) -> str:
    return f"{hour:02}:00"
