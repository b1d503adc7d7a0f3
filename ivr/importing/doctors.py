"""Columns of a doctors' file, and a row of it turned into a member of staff."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from ivr.domain.patient import Sex
from ivr.importing import cells
from ivr.importing.cells import Cells
from ivr.importing.csv_file import Column, Complaint, Row

COLUMNS = (
    Column(
        "code", "код", "the hospital's own code of the doctor, never given to another", "therapist-1", required=True
    ),
    Column("surname", "фамилия", "surname", "Градусова", required=True),
    Column("given_name", "имя", "given name", "Елена", required=True),
    Column("patronymic", "отчество", "patronymic, if there is one", "Аркадьевна"),
    Column("sex", "пол", "F or M (Ж or М)", "Ж", required=True),
    Column("speciality", "специальность", "key of a speciality, as in specialities.toml", "therapist", required=True),
    Column("room", "кабинет", "number of the room", "21", required=True),
    Column("site", "место", "key of a site, as in hospital.toml", "adult", required=True),
    Column("snils", "снилс", "11 digits; the federal portal knows the doctor by it", "900-010-001 87"),
    Column("active", "работает", "yes or no (да or нет); empty: as it is known, yes for a new doctor", "да"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A good row."""

    line: int
    code: str
    surname: str
    given_name: str
    patronymic: str | None
    sex: Sex
    speciality: str
    room: str
    site: str
    active: bool | None
    snils: str | None = field(default=None, repr=False)


def member(row: Row, *, specialities: Collection[str], sites: Collection[str]) -> Member | list[Complaint]:
    """Read one row; all its mistakes are told at once."""
    read = Cells(row)
    active = read.may("active", cells.answer)
    found = Member(
        line=row.line,
        code=read.must("code", cells.short_text) or "",
        surname=read.must("surname", cells.name) or "",
        given_name=read.must("given_name", cells.name) or "",
        patronymic=read.may("patronymic", cells.name),
        sex=read.must("sex", cells.sex) or Sex.FEMALE,
        speciality=read.must("speciality", _known("speciality", specialities)) or "",
        room=read.must("room", cells.short_text) or "",
        site=read.must("site", _known("site", sites)) or "",
        active=active,
        snils=read.may("snils", cells.snils),
    )
    return read.complaints or found


def _known(what: str, keys: Collection[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in keys:
            raise ValueError(f"there is no such {what}; known are {', '.join(keys)}")
        return text

    return parse
