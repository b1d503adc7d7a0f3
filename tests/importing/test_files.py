"""Reading CSV files as hospitals make them: encodings, delimiters, and what is wrong with them."""

from datetime import date
from pathlib import Path

import pytest

from ivr.domain.patient import Sex
from ivr.importing import patients
from ivr.importing.checking import check, refuse_duplicates, write_bad_rows
from ivr.importing.csv_file import BadFile, read_csv
from ivr.importing.patients import Person

TODAY = date(2026, 11, 23)
HEADER = "surname;given_name;patronymic;sex;birth_date;oms;snils;phone"
ANNA = "Тестова;Анна;Ивановна;F;12.03.1985;6256410854009015;900-001-007 92;+7 000 000-01-01"
BORIS = "Тестов;Борис;Петрович;M;1948-11-02;6268150854009021;900-002-014 95;8 (000) 000-02-02"


def a_file(folder, *lines, encoding="utf-8", newline="\n"):
    path = folder / "patients.csv"
    path.write_bytes(newline.join(lines).encode(encoding))
    return path


def checked(path):
    result = check(read_csv(path, patients.COLUMNS), lambda row: patients.person(row, today=TODAY))
    refuse_duplicates(result, Person.numbers)
    return result


def reasons(path) -> list[str]:
    return [str(complaint) for complaint in checked(path).complaints]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_utf8_with_and_without_a_mark_and_windows_1251_read_the_same(tmp_path, encoding, newline):
    result = checked(a_file(tmp_path, HEADER, ANNA, BORIS, "", encoding=encoding, newline=newline))

    assert result.complaints == []
    assert result.good[0] == Person(
        line=2,
        surname="Тестова",
        given_name="Анна",
        patronymic="Ивановна",
        sex=Sex.FEMALE,
        birth_date=date(1985, 3, 12),
        oms="6256410854009015",
        snils="90000100792",
        phone="+70000000101",
    )


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_found_by_the_header(tmp_path, mark):
    lines = [line.replace(";", mark) for line in (HEADER, ANNA)]

    assert len(checked(a_file(tmp_path, *lines)).good) == 1


def test_headers_may_be_russian_and_in_any_order(tmp_path):
    path = a_file(tmp_path, "Полис;Дата рождения;Пол;Имя;Фамилия", "6256410854009015;12.03.1985;Ж;Анна;Тестова")

    assert checked(path).good[0].surname == "Тестова"


def test_a_delimiter_inside_quotes_belongs_to_the_cell(tmp_path):
    path = a_file(tmp_path, HEADER.replace(";", ","), ANNA.replace(";", ",").replace("Тестова", '"Тестова, "'))

    assert reasons(path) == ["line 2, column surname: a name has letters, spaces, hyphens and apostrophes only"]


ROWS = {
    "Тестова;Анна;;F;31.02.1985;6256410854009015;;": "column birth_date: there is no such date",
    "Тестова;Анна;;F;12.03.0000;6256410854009015;;": "column birth_date: there is no such date",
    "Тестова;Анна;;F;12.03.1899;6256410854009015;;": "column birth_date: nobody alive was born before 1900",
    "Тестова;Анна;;F;24.11.2026;6256410854009015;;": "column birth_date: the birth date is in the future",
    "Тестова;Анна;;F;12/03/85;6256410854009015;;": "column birth_date: a date is written 31.12.1985 or 1985-12-31",
    "Тестова;Анна;;F;;6256410854009015;;": "column birth_date: is empty",
    ";Анна;;F;12.03.1985;6256410854009015;;": "column surname: is empty",
    "Тест0ва;Анна;;F;12.03.1985;6256410854009015;;": "column surname: a name has letters",
    "Тестова;Анна;;X;12.03.1985;6256410854009015;;": "column sex: must be F or M",
    "Тестова;Анна;;F;12.03.1985;6256410854009016;;": "column oms: the check digit of the OMS number is wrong",
    "Тестова;Анна;;F;12.03.1985;625641085400901;;": "column oms: an OMS number is sixteen digits",
    "Тестова;Анна;;F;12.03.1985;0000000000000000;;": "column oms: the check digit",
    "Тестова;Анна;;F;12.03.1985;;900-001-007 93;": "column snils: the control number of the SNILS is wrong",
    "Тестова;Анна;;F;12.03.1985;;;": "column oms: is empty, and so are snils and certificate",
    "Тестова;Анна;;F;12.03.1985;6256410854009015;;12": "column phone: a telephone is + and 7 to 15 digits",
    "Тестова;Анна;;F;12.03.1985;6256410854009015;": "column -: has 7 cells, the header has 8",
    'Тестова;"Анна;;F;12.03.1985;6256410854009015;;': "column -: broken quotes",
    'Тестова;"Анна"х;;F;12.03.1985;6256410854009015;;': "column -: broken quotes",
    "Тестова;Ан\0на;;F;12.03.1985;6256410854009015;;": "column -: has a NUL byte",
    f"Тестова;{'а' * 101};;F;12.03.1985;6256410854009015;;": "column given_name: is 101 characters long",
    f"Тестова;{'а' * 20000};;F;12.03.1985;6256410854009015;;": "more than 10000",
}


@pytest.mark.parametrize("row", ROWS)
def test_a_bad_row_is_named_with_line_column_and_reason(tmp_path, row):
    found = reasons(a_file(tmp_path, HEADER, BORIS, "", row))

    assert found[0].startswith("line 4, ")
    assert ROWS[row] in found[0]


def test_all_mistakes_of_a_row_are_told_at_once(tmp_path):
    found = reasons(a_file(tmp_path, HEADER, "1;Анна;;Q;12.03.2985;123;;"))

    assert [line.split(":")[0] for line in found] == [
        "line 2, column surname",
        "line 2, column sex",
        "line 2, column birth_date",
        "line 2, column oms",
    ]


def test_no_complaint_shows_a_number_or_a_name(tmp_path):
    for number, row in enumerate(ROWS):
        for reason in reasons(a_file(tmp_path, HEADER, row)):
            assert "Тест" not in reason, number
            assert "90090" not in reason and "62564" not in reason, number


def test_a_number_that_stands_twice_names_both_lines(tmp_path):
    twin = "Двойникова;Алла;;F;12.03.1985;6256410854009015;;"

    result = checked(a_file(tmp_path, HEADER, ANNA, BORIS, twin))

    assert [str(each) for each in result.complaints] == ["line 4, column oms: is the same as in line 2"]
    assert len(result.good) == 2


HEADERS = {
    "": "line 1: no column surname, given_name, sex, birth_date",
    "surname;given_name;sex": "no column birth_date; the header must have",
    HEADER + ";shoe_size": "column 9 of the header is unknown; known are surname",
    HEADER + ";oms": "column oms stands twice",
    '"surname;given_name': "no column surname",
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_will_not_do_is_refused(tmp_path, header):
    with pytest.raises(BadFile) as refused:
        checked(a_file(tmp_path, header, ANNA))

    assert HEADERS[header] in str(refused.value)


def test_files_that_are_no_csv_are_refused(tmp_path):
    with pytest.raises(BadFile, match="No such file"):
        read_csv(tmp_path / "absent.csv", patients.COLUMNS)
    with pytest.raises(BadFile, match="UTF-16"):
        read_csv(a_file(tmp_path, HEADER, encoding="utf-16"), patients.COLUMNS)
    (tmp_path / "patients.csv").write_bytes(HEADER.encode() + b"\n\xff\xfe\x98")
    with pytest.raises(BadFile, match="line 2 is neither UTF-8 nor Windows-1251"):
        read_csv(tmp_path / "patients.csv", patients.COLUMNS)


def test_one_broken_byte_does_not_make_a_utf8_file_another(tmp_path):
    good = f"{HEADER}\n{ANNA}\n{BORIS}\n".encode()
    (tmp_path / "patients.csv").write_bytes(good + b"\xd0\n")
    with pytest.raises(BadFile, match="line 4 is broken UTF-8"):
        read_csv(tmp_path / "patients.csv", patients.COLUMNS)


@pytest.mark.parametrize("encoding", ["koi8-r", "cp866"])
def test_other_russian_encodings_do_not_become_other_names(tmp_path, encoding):
    path = a_file(tmp_path, HEADER, ANNA, BORIS, encoding=encoding)

    with pytest.raises(BadFile, match="neither UTF-8 nor Windows-1251"):
        read_csv(path, patients.COLUMNS)


def test_only_a_file_is_read(tmp_path):
    for path in (Path("/dev/zero"), tmp_path):
        with pytest.raises(BadFile, match="not a file"):
            read_csv(path, patients.COLUMNS)


def test_a_file_that_memory_would_not_hold_is_refused_unread(tmp_path):
    with (tmp_path / "endless.csv").open("wb") as file:
        file.truncate(600_000_000)

    with pytest.raises(BadFile, match="larger than 500 MB; split it"):
        read_csv(tmp_path / "endless.csv", patients.COLUMNS)


def test_bad_rows_are_written_beside_and_can_be_read_again(tmp_path):
    bad = "Тестова;Анна;;F;31.02.1985;6256410854009015;;"
    path = a_file(tmp_path, HEADER, ANNA, bad, BORIS)
    source = read_csv(path, patients.COLUMNS)

    beside = write_bad_rows(path, source, [3])
    again = write_bad_rows(path, source, [2])

    assert (beside.name, again.name) == ("patients.bad.csv", "patients.2.bad.csv")
    assert beside.stat().st_mode & 0o077 == 0
    assert beside.read_text("utf-8-sig").splitlines() == [HEADER, bad]
    assert reasons(beside) == ["line 2, column birth_date: there is no such date"]
