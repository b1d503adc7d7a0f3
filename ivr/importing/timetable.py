"""The rows of a schedule file taken together: a doctor without visits, or with two at the same time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import combinations

from ivr.domain.post import Post
from ivr.domain.schedule import Absence, WorkRule
from ivr.domain.slot_plan import Breaks
from ivr.importing.checking import Checked
from ivr.importing.csv_file import Complaint


@dataclass(frozen=True, slots=True)
class Line:
    """A good row of the file."""

    line: int
    work: WorkRule | Absence


def refuse_nonsense(checked: Checked[Line], post_of: Callable[[int], Post | None], today: date) -> None:
    """Move to the complaints each row that cannot be meant so. `post_of` finds a post by the id of its doctor."""
    for find in (partial(_too_short, post_of), partial(_overlapping, today), _idle):
        complaints = list(find(checked.good))
        refused = {complaint.line for complaint in complaints}
        checked.complaints += complaints
        checked.good = [good for good in checked.good if good.line not in refused]


def refuse_halves(checked: Checked[Line], doctor_of: Callable[[int], int]) -> None:
    """Move to the complaints the good rows of doctors who have a bad one: half of a doctor's hours would replace all.

    `doctor_of` finds the id of a line's doctor.
    """
    halved = {doctor_of(complaint.line) for complaint in checked.complaints}
    reason = "another row of this doctor is refused, and rows of a doctor replace the hours together"
    whole = [good for good in checked.good if good.work.doctor_id not in halved]
    lines = {good.line for good in checked.good} - {good.line for good in whole}
    checked.complaints += [Complaint(line, "doctor", reason) for line in lines]
    checked.good = whole


def _too_short(post_of: Callable[[int], Post | None], lines: Sequence[Line]) -> Iterable[Complaint]:
    for number, rule in _rules(lines):
        post = post_of(rule.doctor_id)
        shortest = post.under(rule).shortest if post else 0
        if min(rule.hours.length, Breaks().after).total_seconds() < shortest * 60:
            yield Complaint(number, "closes", f"no visit fits into these hours: the shortest takes {shortest} minutes")


def _overlapping(today: date, lines: Sequence[Line]) -> Iterable[Complaint]:
    of_doctor: dict[int, list[tuple[int, WorkRule]]] = {}
    for number, rule in _rules(lines):
        of_doctor.setdefault(rule.doctor_id, []).append((number, rule))
    for numbered in of_doctor.values():
        for (first, one), (second, other) in combinations(numbered, 2):
            if one.clashes_with(other, today):
                yield Complaint(second, "opens", f"the doctor sees other patients in these hours, see line {first}")


def _idle(lines: Sequence[Line]) -> Iterable[Complaint]:
    """The file replaces all that its doctors work: absences alone would take every hour away."""
    at_work = {rule.doctor_id for _, rule in _rules(lines)}
    reason = "an absence without hours; give the doctor's hours, too, for the file replaces all of them"
    return [Complaint(each.line, "opens", reason) for each in lines if each.work.doctor_id not in at_work]


def _rules(lines: Sequence[Line]) -> Iterable[tuple[int, WorkRule]]:
    return ((each.line, each.work) for each in lines if isinstance(each.work, WorkRule))
