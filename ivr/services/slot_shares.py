"""The real share of each kind of slot (D-04), beside what the posts were planned with."""

from collections import Counter
from dataclasses import dataclass

from ivr.domain.rules import Rules
from ivr.domain.slot import SlotKind
from ivr.services.ports import Work
from ivr.services.report_ports import SlotCount
from ivr.services.reports import Days, share


@dataclass(frozen=True, slots=True)
class SlotShares:
    """Slots of one speciality, or of all."""

    competitive: int = 0
    """Open to everybody beforehand; without the reserve of the day."""
    reserve: int = 0
    """Open to everybody on its day (D-02)."""
    repeat: int = 0
    referral: int = 0
    observation: int = 0
    narrowed: int = 0
    """Of other kinds, open to some channels only."""
    booked: int = 0

    @property
    def slots(self) -> int:
        return self.competitive + self.reserve + self.not_competitive

    @property
    def not_competitive(self) -> int:
        return self.repeat + self.referral + self.observation + self.narrowed

    @property
    def level(self) -> float | None:
        """Share of competitive slots, the reserve among them; None where there are no slots."""
        return share(self.competitive + self.reserve, self.slots)

    @property
    def filled(self) -> float | None:
        return share(self.booked, self.slots)


_KEPT = {SlotKind.REPEAT: "repeat", SlotKind.REFERRAL: "referral", SlotKind.OBSERVATION: "observation"}


def slot_shares(work: Work, days: Days, *, rules: Rules) -> dict[str, SlotShares]:
    """By speciality."""
    with work.reading():
        rows = work.reports.slots(*days.span(rules))
    by: dict[str, Counter[str]] = {}
    for one in rows:
        by.setdefault(one.speciality, Counter()).update({_group(one): one.slots, "booked": one.booked})
    return {speciality: SlotShares(**counted) for speciality, counted in by.items()}


def total(shares: dict[str, SlotShares]) -> SlotShares:
    counted: Counter[str] = Counter()
    for one in shares.values():
        counted.update({name: getattr(one, name) for name in SlotShares.__slots__})
    return SlotShares(**counted)


def _group(one: SlotCount) -> str:
    if one.competitive:
        return "reserve" if one.reserve else "competitive"
    return _KEPT.get(SlotKind(one.kind), "narrowed")
