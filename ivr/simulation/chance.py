"""Dice: one stream for each person, so that more operators or lines change nobody's wishes."""

import random
from collections.abc import Mapping
from typing import TypeVar

from ivr.simulation.mix import Seconds

T = TypeVar("T")


class Chance(random.Random):
    """The dice of one seed and one person."""

    def __init__(self, *names: object) -> None:
        super().__init__("/".join(map(str, names)))

    def of(self, shares: Mapping[T, float]) -> T:
        """One of them, as often as its share says."""
        return self.choices(list(shares), list(shares.values()))[0]

    def happens(self, share: float) -> bool:
        return self.random() < share

    def lasts(self, length: Seconds) -> float:
        shape = (length.mean / length.spread) ** 2
        return max(length.least, self.gammavariate(shape, length.mean / shape))
