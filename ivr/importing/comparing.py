"""Good rows compared with what is stored: who is new, who has changed, what contradicts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivr.importing.csv_file import Complaint
from ivr.importing.doctors import Member
from ivr.importing.patients import Person

Stored = Mapping[str, Any]
"""A stored row by column name, with its id."""
NUMBERS = ("oms", "snils", "certificate")
PLAIN = ("surname", "given_name", "patronymic", "birth_date", "certificate_until", "phone", "attached", *NUMBERS)


@dataclass(slots=True)
class Changes:
    """What an import would do."""

    added: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    """Changed columns only, and the id."""
    unchanged: int = 0
    represented: list[tuple[Person, str]] = field(default_factory=list)
    """Children, and the OMS number of who speaks for them."""
    complaints: list[Complaint] = field(default_factory=list)

    def must_add_or_update(self, row: dict[str, Any], stored: Stored | None) -> None:
        """Sort one row; a value that the file does not give keeps what is known."""
        if stored is None:
            self.added.append(row)
        elif changed := {name: value for name, value in row.items() if value is not None and stored[name] != value}:
            self.updated.append({**changed, "id": stored["id"]})
        else:
            self.unchanged += 1


class KnownPeople:
    """The register of patients, ready to be asked by any number."""

    def __init__(self, rows: Iterable[Stored]) -> None:
        self._by_number = {(name, row[name]): row for row in rows for name in NUMBERS if row[name]}

    def matching(self, person: Person) -> list[Stored]:
        """Everybody whom one of the person's numbers names, each once."""
        found = (self._by_number.get(number) for number in person.numbers())
        return list({row["id"]: row for row in found if row}.values())

    def has(self, oms: str) -> bool:
        return ("oms", oms) in self._by_number

    def id_of(self, numbers: Iterable[tuple[str, str]]) -> int:
        """Id of somebody who is known to be stored."""
        return int(next(self._by_number[number]["id"] for number in numbers if number in self._by_number))


def compare_doctors(staff: Iterable[Member], known: Mapping[str, Stored]) -> Changes:
    """Sort doctors into new, changed and unchanged, by the hospital's code."""
    changes = Changes()
    for member in staff:
        row = {name: getattr(member, name) for name in Member.__dataclass_fields__ if name != "line"}
        stored = known.get(member.code)
        if stored and stored["speciality"] != member.speciality:
            reason = "cannot change: the doctor has slots of the old one; give the doctor a new code"
            changes.complaints.append(Complaint(member.line, "speciality", reason))
        else:
            new = {"active": True} if stored is None and member.active is None else {}
            changes.must_add_or_update({**row, "sex": member.sex.value, **new}, stored)
    return changes


def compare_people(people: Iterable[Person], known: KnownPeople, doctors: Mapping[str, int]) -> Changes:
    """Sort people into new, changed and unchanged. `doctors` are ids by code."""
    good = list(people)
    complaints: list[Complaint] = []
    while True:  # who is spoken for by somebody refused is refused, too
        changes = _compared(good, known, doctors)
        complaints += changes.complaints
        refused = {complaint.line for complaint in changes.complaints}
        if not refused:
            changes.complaints = complaints
            return changes
        good = [person for person in good if person.line not in refused]


def _compared(people: Sequence[Person], known: KnownPeople, doctors: Mapping[str, int]) -> Changes:
    changes = Changes()
    in_file = {person.oms for person in people if person.oms}
    claimed: dict[int, int] = {}
    for person in people:
        matches = known.matching(person)
        found = [*_contradictions(person, matches, claimed), *_dangling(person, known, in_file, doctors)]
        changes.complaints += found
        if not found:
            stored = matches[0] if matches else None
            claimed.update({stored["id"]: person.line} if stored else {})
            _sort(changes, person, stored, doctors)
    return changes


def _contradictions(person: Person, matches: list[Stored], claimed: Mapping[int, int]) -> Iterable[Complaint]:
    if len(matches) > 1:
        columns = " and ".join(column for column, _ in person.numbers())
        yield Complaint(person.line, columns, "belong to different patients of the database")
    for row in matches:
        if row["id"] in claimed:
            yield Complaint(person.line, "-", f"is the same patient as line {claimed[row['id']]}")
        if len(matches) == 1 and _is_another(person, row):
            columns = " and ".join(column for column, _ in person.numbers())
            yield Complaint(person.line, columns, "belongs to a patient of another name and birth date in the database")


def _is_another(person: Person, row: Stored) -> bool:
    """A misprint changes one of these, marriage another; both at once are somebody else's number."""
    same_name = row["surname"] == person.surname and row["sex"] == person.sex.value
    return bool(row["birth_date"] != person.birth_date) and not same_name


def _dangling(person: Person, known: KnownPeople, in_file: set[str], doctors: Mapping[str, int]) -> Iterable[Complaint]:
    if person.district_doctor and person.district_doctor not in doctors:
        yield Complaint(person.line, "district_doctor", "there is no doctor with this code; import the doctors first")
    guardian = person.representative
    if guardian and guardian not in in_file and not known.has(guardian):
        yield Complaint(person.line, "representative", "nobody in the database or in a good row has this OMS number")


def _sort(changes: Changes, person: Person, stored: Stored | None, doctors: Mapping[str, int]) -> None:
    row = {name: getattr(person, name) for name in PLAIN}
    row["sex"] = person.sex.value
    row["district_doctor_id"] = doctors.get(person.district_doctor or "")
    if stored is None:
        row["attached"] = person.attached is not False
    changes.must_add_or_update(row, stored)
    if person.representative:
        changes.represented.append((person, person.representative))
