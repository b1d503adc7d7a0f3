"""How the time of one post is shared out: kinds of slots, lengths, channels, the reserve (6.1, D-02 to D-04)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta

from ivr.domain.schedule import SHORTEST_SLOT, WorkRule
from ivr.domain.slot import REMOTE, Channel, SlotKind

CHANNELS = {
    SlotKind.PRIMARY: REMOTE,
    SlotKind.PREVENTIVE: REMOTE,
    SlotKind.VACCINATION: REMOTE,
    # Not competitive (S4.2). The call centre and the registry book a referral slot only against a referral.
    SlotKind.REFERRAL: frozenset({Channel.MED_ARM, Channel.CC, Channel.REG}),
    SlotKind.REPEAT: frozenset({Channel.MED_ARM}),
    SlotKind.OBSERVATION: frozenset({Channel.MED_ARM}),
}
LENGTHS = {SlotKind.REPEAT: 0.75, SlotKind.OBSERVATION: 0.75, SlotKind.PREVENTIVE: 0.65}
"""Of the first visit for illness (6.1: 70 to 80 %, 60 to 70 %)."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many per cent of a post's slots are of one kind; a reserve is kept for the same day."""

    kind: SlotKind
    percent: int
    reserve: bool = False


TYPICAL = (
    Share(SlotKind.PRIMARY, 60),
    Share(SlotKind.REPEAT, 20),
    Share(SlotKind.REFERRAL, 10),
    Share(SlotKind.PRIMARY, 10, reserve=True),
)
"""D-04: what a post starts with."""


@dataclass(frozen=True, slots=True)
class Post:
    """How the time of one speciality is cut into slots."""

    speciality: str
    minutes: int
    """First visit for illness."""
    shares: tuple[Share, ...] = TYPICAL
    lengths: Mapping[SlotKind, int] = field(default_factory=dict)
    """Minutes by kind, where the usual proportion does not hold."""
    reserve_window: timedelta = timedelta(minutes=30)
    """From the opening: these first slots are the same-day reserve (D-02)."""
    release_time: time = time(7)
    release_days_before: int = 0
    """0: released on the morning of the day itself; 1: on the morning before."""
    horizon_days: int | None = None
    """Where it is not the usual horizon (D-01)."""

    def __post_init__(self) -> None:
        shortest = min((self.minutes, *self.lengths.values()))
        if shortest < SHORTEST_SLOT:
            raise ValueError(f"{self.speciality}: a slot lasts at least {SHORTEST_SLOT} minutes, not {shortest}")
        total = sum(share.percent for share in self.shares)
        if total != 100 or any(share.percent <= 0 for share in self.shares):
            raise ValueError(f"{self.speciality}: shares are above 0 and make 100 per cent together, not {total}")

    def minutes_of(self, kind: SlotKind) -> int:
        """Length of a slot of that kind, whole minutes, never under five."""
        return self.lengths.get(kind) or max(SHORTEST_SLOT, round(self.minutes * LENGTHS.get(kind, 1)))

    def under(self, rule: WorkRule) -> "Post":
        """The post as one rule has it: its own length, or one kind only."""
        if rule.minutes is None and rule.kind is None:
            return self
        shares = (Share(rule.kind, 100),) if rule.kind else self.shares
        own = {rule.kind: rule.minutes} if rule.kind and rule.minutes else {}
        lengths = own if rule.minutes else self.lengths
        return replace(self, minutes=rule.minutes or self.minutes, shares=shares, lengths=lengths)

    @property
    def shortest(self) -> int:
        """Minutes of its shortest slot."""
        return min(self.minutes_of(share.kind) for share in self.shares)

    def next_share(self, counts: Counter[Share], minutes_left: int, *, opening: bool) -> Share | None:
        """The share furthest behind its per cent, of those that fit into what is left; at the opening, the reserve."""
        fitting = [share for share in self.shares if self.minutes_of(share.kind) <= minutes_left]
        if opening and (reserve := [share for share in fitting if share.reserve]):
            return reserve[0]
        planned = counts.total() + 1
        return max(fitting, key=lambda share: share.percent * planned - 100 * counts[share], default=None)


def kinds_of(channel: Channel) -> tuple[SlotKind, ...]:
    """Kinds of slots that are ever open to the channel."""
    return tuple(kind for kind, channels in CHANNELS.items() if channel in channels)


def channels_of(kind: SlotKind, rule: WorkRule) -> frozenset[Channel]:
    """A rule may narrow who sees its slots, yet never opens a non-competitive one (S4.2)."""
    usual = CHANNELS[kind]
    return rule.channels if rule.channels is not None and usual >= REMOTE else usual
