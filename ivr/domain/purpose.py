"""Why the patient comes, and where that leads (domain 1.3; S2.4, S2.5)."""

from enum import StrEnum


class Purpose(StrEnum):
    ILLNESS = "ILLNESS"
    REPEAT = "REPEAT"
    REFERRAL = "REFERRAL"
    DISP = "DISP"
    OBSERV = "OBSERV"
    VACC = "VACC"
    PAPER = "PAPER"
    HOME = "HOME"
    URGENT = "URGENT"
