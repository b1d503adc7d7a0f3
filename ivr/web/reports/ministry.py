"""The ministry's table of slots (domain 3.6), for the pages of the desk and for `ivr export slots`."""

from collections.abc import Sequence

from ivr.domain.hospital import Federal
from ivr.services.slot_report import SHORT_MINUTES, Line
from ivr.web.registry.words import KINDS
from ivr.web.reports.table import Chart, Column, Kind, Table, Value

COLUMNS = (
    Column("OID больницы", Kind.TEXT, "mo_oid", on_page=False),
    Column("Больница", Kind.TEXT, "mo_short_name", on_page=False),
    Column("OID подразделения", Kind.TEXT, "sp_oid", on_page=False),
    Column("Подразделение", Kind.TEXT, "sp_name"),
    Column("Должность", Kind.TEXT, "mp_dolgnost"),
    Column("Врач", Kind.TEXT, "mp_fio"),
    Column("Ставка", Kind.TEXT, "mp_stavka", on_page=False),
    Column("День", Kind.TEXT, "date_report"),
    Column("Вид слотов", Kind.TEXT, "slots_type"),
    Column("Создано", named="slots_created"),
    Column("Занято", named="slots_booked"),
    Column("Минут в слоте", named="slot_length"),
    Column("Неявок", named="visits_absence"),
)
"""Files name them as the ministry does."""


def table(told: Sequence[Line], hospital: str, known: Federal | None) -> Table:
    """`hospital`: its name; `known`: its OIDs, None where it has none."""
    return Table(
        "ministry",
        "Слоты для министерства",
        COLUMNS,
        [_row(line, hospital, known) for line in told],
        Chart(),
        note="Строка на каждого врача, день, вид и длину слотов; «Доступен» — конкурентные. В файлах ещё номера "
        f"больницы и подразделений и пустая ставка врача: расписанию она неизвестна, внесите её сами.{_short(told)}",
    )


def _row(line: Line, hospital: str, known: Federal | None) -> list[Value]:
    opened = "Доступен" if line.competitive else "Недоступен"
    return [
        known.oid if known else "",
        hospital,
        known.units.get(line.doctor.site, "") if known else "",
        line.doctor.site,
        line.speciality.name,
        line.doctor.full_name,
        "",
        f"{line.day:%d.%m.%Y}",
        f"{opened}, {KINDS[line.kind]}",
        line.created,
        line.booked,
        line.minutes,
        line.missed,
    ]


def _short(told: Sequence[Line]) -> str:
    short = sum(line.is_short for line in told)
    return f" Строк со слотами короче {SHORT_MINUTES} минут: {short}, министерство сочтёт их ошибкой." if short else ""
