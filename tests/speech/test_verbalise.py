"""Words checked by hand: what a native speaker says for a date, a time, a number, a name."""

from datetime import date, time

import pytest

from ivr.speech.verbalise import dates, digits, names, numbers, times
from ivr.speech.verbalise.specialities import read_specialities
from ivr.speech.wording import PROMPTS, SPECIALITIES

DAYS_GENITIVE = (
    *("первого", "второго", "третьего", "четвёртого", "пятого", "шестого"),
    *("седьмого", "восьмого", "девятого", "десятого", "одиннадцатого", "двенадцатого"),
    *("тринадцатого", "четырнадцатого", "пятнадцатого", "шестнадцатого", "семнадцатого", "восемнадцатого"),
    *("девятнадцатого", "двадцатого"),
)
MONTHS = (
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
)
ON_WEEKDAYS = (
    *("в понедельник", "во вторник", "в среду", "в четверг"),
    *("в пятницу", "в субботу", "в воскресенье"),
)


@pytest.mark.parametrize(("day", "words"), list(enumerate(DAYS_GENITIVE, 1)))
def test_days_of_the_month_in_the_genitive(day, words):
    assert dates.day_and_month(date(2026, 12, day), "g") == f"{words} декабря"


@pytest.mark.parametrize(("month", "words"), list(enumerate(MONTHS, 1)))
def test_months(month, words):
    assert dates.day_and_month(date(2027, month, 12)) == f"двенадцатое {words}"


@pytest.mark.parametrize(("number", "words"), list(enumerate(ON_WEEKDAYS)))
def test_on_weekdays(number, words):
    assert dates.on_weekday(date(2026, 11, 23 + number)) == words


@pytest.mark.parametrize(
    ("day", "case", "words"),
    [
        (date(2026, 11, 23), "n", "двадцать третье ноября"),
        (date(2026, 12, 3), "n", "третье декабря"),
        (date(2026, 12, 21), "n", "двадцать первое декабря"),
        (date(2026, 12, 30), "g", "тридцатого декабря"),
        (date(2026, 12, 31), "g", "тридцать первого декабря"),
        (date(2026, 11, 29), "g", "двадцать девятого ноября"),
        (date(2027, 1, 12), "d", "двенадцатому января"),
        (date(2026, 11, 25), "a", "двадцать пятое ноября"),
        (date(2026, 12, 3), "a", "третье декабря"),
    ],
)
def test_days_in_cases(day, case, words):
    assert dates.day_and_month(day, case) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(1992, 5, 1), "первое мая тысяча девятьсот девяносто второго года"),
        (date(1984, 2, 29), "двадцать девятое февраля тысяча девятьсот восемьдесят четвёртого года"),
        (date(2000, 5, 8), "восьмое мая двухтысячного года"),
        (date(2001, 3, 3), "третье марта две тысячи первого года"),
        (date(2010, 12, 10), "десятое декабря две тысячи десятого года"),
        (date(2026, 11, 7), "седьмое ноября две тысячи двадцать шестого года"),
        (date(1950, 1, 2), "второе января тысяча девятьсот пятидесятого года"),
        (date(1940, 7, 14), "четырнадцатое июля тысяча девятьсот сорокового года"),
        (date(1977, 6, 18), "восемнадцатое июня тысяча девятьсот семьдесят седьмого года"),
        (date(2020, 8, 20), "двадцатое августа две тысячи двадцатого года"),
    ],
)
def test_dates_of_birth(day, words):
    assert dates.with_year(day) == words


@pytest.mark.parametrize(
    ("case", "words"),
    [("n", "первое декабря, вторник"), ("g", "первого декабря, во вторник")],
)
def test_a_day_with_its_weekday(case, words):
    assert dates.with_weekday(date(2026, 12, 1), case) == words


@pytest.mark.parametrize(("ahead", "words"), [(0, "сегодня"), (1, "завтра"), (2, "послезавтра"), (3, None), (-1, None)])
def test_near_days(ahead, words):
    assert dates.near(date(2026, 11, 20 + ahead), date(2026, 11, 20)) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(9), "девять ноль-ноль"),
        (time(9, 5), "девять ноль пять"),
        (time(9, 1), "девять ноль один"),
        (time(9, 30), "девять тридцать"),
        (time(13, 15), "тринадцать пятнадцать"),
        (time(21, 21), "двадцать один двадцать один"),
        (time(22, 42), "двадцать два сорок два"),
        (time(12, 11), "двенадцать одиннадцать"),
        (time(8, 40), "восемь сорок"),
        (time(0, 5), "ноль ноль пять"),
        (time(18), "восемнадцать ноль-ноль"),
        (time(7, 4), "семь ноль четыре"),
    ],
)
def test_times(at, words):
    assert times.clock(at) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(9), "девяти часов"),
        (time(1), "одного часа"),
        (time(21), "двадцати одного часа"),
        (time(13, 15), "тринадцати пятнадцати"),
        (time(9, 5), "девяти ноль пяти"),
        (time(18, 40), "восемнадцати сорока"),
        (time(12, 30), "двенадцати тридцати"),
        (time(22), "двадцати двух часов"),
    ],
)
def test_times_in_the_genitive(at, words):
    assert times.until(at) == words


@pytest.mark.parametrize(
    ("opens", "closes", "words"),
    [
        (time(8), time(19), "с восьми до девятнадцати часов"),
        (time(9), time(13), "с девяти до тринадцати часов"),
        (time(8, 30), time(19), "с восьми тридцати до девятнадцати часов"),
        (time(8), time(14, 20), "с восьми часов до четырнадцати двадцати"),
        (time(0), time(21), "с ноля до двадцати одного часа"),
    ],
)
def test_hours(opens, closes, words):
    assert times.hours(opens, closes) == words


MINUTES = ("минута", "минуты", "минут", "f")
DAYS = ("день", "дня", "дней")
WINDOWS = ("окно", "окна", "окон", "n")


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (1, MINUTES, "одна минута"),
        (2, MINUTES, "две минуты"),
        (5, MINUTES, "пять минут"),
        (12, MINUTES, "двенадцать минут"),
        (21, MINUTES, "двадцать одна минута"),
        (32, MINUTES, "тридцать две минуты"),
        (101, MINUTES, "сто одна минута"),
        (111, MINUTES, "сто одиннадцать минут"),
        (1, DAYS, "один день"),
        (7, DAYS, "семь дней"),
        (14, DAYS, "четырнадцать дней"),
        (21, DAYS, "двадцать один день"),
        (22, DAYS, "двадцать два дня"),
        (30, DAYS, "тридцать дней"),
        (0, WINDOWS, "ноль окон"),
        (1, WINDOWS, "одно окно"),
        (3, WINDOWS, "три окна"),
        (11, WINDOWS, "одиннадцать окон"),
        (21, WINDOWS, "двадцать одно окно"),
        (15, ("цифра", "цифры", "цифр", "f"), "пятнадцать цифр"),
    ],
)
def test_counts(number, noun, words):
    assert numbers.count(number, *noun) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "первый"), (3, "третий"), (5, "пятый"), (12, "двенадцатый"), (21, "двадцать первый"), (40, "сороковой")],
)
def test_places_in_the_queue(number, words):
    assert numbers.ordinal(number) == words


def test_the_accusative_is_of_things_not_of_persons():
    assert numbers.ordinal(2, "a") == "второй"
    assert numbers.cardinal(2, "a") == "два"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("4060", "четыре ноль шесть ноль"),
        ("0000", "ноль ноль ноль ноль"),
        ("104215", "один ноль четыре, два один пять"),
        ("00705", "ноль ноль семь ноль пять"),
        ("12345678", "один два три четыре, пять шесть семь восемь"),
        ("123-456", "один два три, четыре пять шесть"),
        ("900006042", "девять ноль ноль ноль, ноль шесть ноль четыре, два"),
    ],
)
def test_digits_one_by_one(text, words):
    assert digits.digits(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("8 (495) 123-04-50", "восемь, четыреста девяносто пять, сто двадцать три, ноль четыре, пятьдесят"),
        ("+7 916 007-00-01", "восемь, девятьсот шестнадцать, ноль ноль семь, ноль ноль, ноль один"),
        ("8 000 000-20-20", "восемь, ноль ноль ноль, ноль ноль ноль, двадцать, двадцать"),
        ("89155000340", "восемь, девятьсот пятнадцать, пятьсот, ноль три, сорок"),
        ("122", "один два два"),
    ],
)
def test_telephones(text, words):
    assert digits.phone(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("21", "двадцать один"),
        ("305", "триста пять"),
        ("101", "сто один"),
        ("12а", "двенадцать а"),
        ("12-Б", "двенадцать б"),
        ("007", "ноль ноль семь"),
        ("процедурный", "процедурный"),
        ("смотровой 2", "смотровой два"),
    ],
)
def test_rooms(text, words):
    assert digits.room(text) == words


@pytest.mark.parametrize(
    ("person", "case", "words"),
    [
        (("Иванова", "Мария", "Петровна", "F"), "n", "Иванова Мария Петровна"),
        (("Иванова", "Мария", "Петровна", "F"), "d", "Ивановой Марии Петровне"),
        (("Кузнецов", "Сергей", "Ильич", "M"), "d", "Кузнецову Сергею Ильичу"),
        (("Кузнецов", "Сергей", "Ильич", "M"), "i", "Кузнецовым Сергеем Ильичом"),
        (("Шевчук", "Анна", "Фоминична", "F"), "d", "Шевчук Анне Фоминичне"),
        (("Шевчук", "Пётр", "Лукич", "M"), "d", "Шевчуку Петру Лукичу"),
        (("Черных", "Павел", "Андреевич", "M"), "i", "Черных Павлом Андреевичем"),
        (("Живаго", "Юрий", "Андреевич", "M"), "d", "Живаго Юрию Андреевичу"),
        (("Мельник", "Лев", "Львович", "M"), "d", "Мельнику Льву Львовичу"),
        (("Толстая", "Наталья", "Игоревна", "F"), "i", "Толстой Натальей Игоревной"),
        (("Ким", "Виктория", "Сергеевна", "F"), "d", "Ким Виктории Сергеевне"),
        (("Оганесян", "Анаит", None, "F"), "n", "Оганесян Анаит"),
    ],
)
def test_names(person, case, words):
    assert names.full_name(*person, case) == words


@pytest.mark.parametrize(
    ("key", "nom", "gen", "dat"),
    [
        ("gp", "врач общей практики", "у врача общей практики", "к врачу общей практики"),
        ("ent", "лор-врач", "у лор-врача", "к лор-врачу"),
        ("ultrasound", "врач УЗИ", "на УЗИ", "на УЗИ"),
        ("radiology", "рентгенолог", "на рентгене", "на рентген"),
        ("vaccination", "прививочный кабинет", "в прививочном кабинете", "на прививку"),
        ("midwife", "акушерка", "у акушерки", "к акушерке"),
        ("child_surgeon", "детский хирург", "у детского хирурга", "к детскому хирургу"),
    ],
)
def test_specialities(key, nom, gen, dat):
    spoken = read_specialities(PROMPTS / SPECIALITIES)[key]

    assert (spoken.nom, spoken.gen, spoken.dat) == (nom, gen, dat)
