"""The ways out of a question that are not its answer."""

EMERGENCY = "emergency"
"""The reason with which a caller in danger goes to a person before all others."""


class Turn(Exception):
    """The story turns away from the question being asked."""


class GoBack(Turn):
    """9: to the question before this one."""


class MainMenu(Turn):
    """To the main menu."""


class ToOperator(Turn):
    """0, or a reason of ours: to a person. `reason` is counted and shown to the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswer(Turn):
    """Three times neither keys nor words."""


USUAL = "usual"


class Goodbye(Turn):
    """The call is over; the outcome is for the journal.

    `farewell` is the phrase said last instead of the usual one; None: nothing is said.
    """

    def __init__(self, outcome: str = "goodbye", reason: str | None = None, *, farewell: str | None = USUAL) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.reason = reason
        self.farewell = farewell
