"""What becomes of a question: maybe a Barge, then one Heard or Broken."""

from collections.abc import Callable
from dataclasses import dataclass, field

Reading = tuple[str, int]
"""A text and its score, 0 to 100. The score is weak: it says nothing of words outside the vocabulary."""


@dataclass(frozen=True, slots=True)
class Barge:
    """The caller speaks: stop the prompt, the answer is still coming."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer, the best reading first; maybe one empty text."""

    readings: list[Reading] = field(repr=False)
    after: float
    """Seconds from the end of speech to this."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Nothing will come of this recognition."""


Answer = Callable[[Barge | Heard | Broken], None]
