"""How the time of doctors is shared out in fact, as a table (D-04)."""

from ivr.services.reports import Days
from ivr.services.slot_shares import SlotShares, slot_shares, total
from ivr.web import names
from ivr.web.reports.table import Chart, Column, Kind, Table, Value
from ivr.web.site import run, site

COLUMNS = (
    Column("Специальность", Kind.TEXT),
    Column("Конкурентные"),
    Column("Резерв дня"),
    Column("Повторный приём"),
    Column("По направлению"),
    Column("Наблюдение"),
    Column("Прочие"),
    Column("Доля конкурентных", Kind.SHARE),
    Column("Занято", Kind.SHARE),
)


def slots(days: Days) -> Table:
    shares = run(slot_shares, days, rules=site().rules)
    known = names.specialities()
    return Table(
        "slots",
        "Доли слотов",
        COLUMNS,
        [_row(known.get(key, key), one) for key, one in shares.items()],
        Chart(bars=(1, 2, 3, 4, 5, 6), stacked=True, lying=True),
        _row("Всего", total(shares)),
        "Слоты, которые начинаются в эти дни, без снятых с расписания. Конкурентный слот открыт всем: колл-центру, "
        "регистратуре, порталу и инфомату; резерв дня тоже, но только в свой день. Остальное дают врачи.",
    )


def _row(name: str, one: SlotShares) -> list[Value]:
    kept = [one.repeat, one.referral, one.observation, one.narrowed]
    return [name, one.competitive, one.reserve, *kept, one.level, one.filled]
