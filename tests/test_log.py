"""What the log tells of patients: nothing that could find one."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import date

import pytest

from ivr import log
from ivr.settings import Log

PERSONAL = (
    "6256410854009015",
    "6256 4108 5400 9015",
    "112-233-445 95",
    "11223344595",
    "+79001234567",
    "8 (900) 123-45-67",
    "12031985",
    "12.03.1985",
    "1985-03-12",
    "625641085",
)


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in ("panoramisk", "alembic")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, was in quiet.items():
        logging.getLogger(name).setLevel(was)


@pytest.fixture(params=["console", "json"])
def written(request, capsys):
    """written(write) is what a logger, set up as the program does it, brings to standard error."""

    def written(write) -> str:
        log.set_up(Log(format=request.param))
        write(logging.getLogger("ivr.test"))
        return capsys.readouterr().err

    return written


@pytest.mark.parametrize("number", PERSONAL)
def test_a_number_of_a_patient_never_reaches_the_log(written, number):
    def write(logger):
        logger.warning(f"caller keyed {number}")
        logger.warning("caller keyed %s", number)
        logger.warning("caller keyed", extra={"keyed": number})

    text = written(write)

    assert text.count("caller keyed") == 3
    assert number not in text


@pytest.mark.parametrize("number", PERSONAL)
def test_the_text_of_an_exception_is_masked_too(written, number):
    def write(logger):
        try:
            raise ValueError(f"no patient {number}")
        except ValueError:
            logger.exception("search failed")

    text = written(write)

    assert "ValueError" in text
    assert number not in text


@pytest.mark.parametrize(
    "value",
    [6256410854009015, date(1985, 3, 12), ["6256410854009015"], {"oms": "11223344595"}, {"born": date(1985, 3, 12)}],
)
def test_a_value_beside_a_message_is_masked_whatever_its_type(written, value):
    text = written(lambda logger: logger.warning("found", extra={"value": value}))

    for secret in ("6256410854009015", "1985-03-12", "(1985, 3, 12)", "11223344595"):
        assert secret not in text


def test_of_a_mail_address_only_the_host_is_written(written):
    text = written(lambda logger: logger.warning("refused: ivan.petrov+med@mail.example.ru, user unknown"))

    assert "…@mail.example.ru" in text
    assert "petrov" not in text


def test_a_value_that_is_marked_as_personal_is_not_written_at_all(written):
    text = written(lambda logger: logger.warning("found", extra={"pii.name": "Градусова", "room": "22"}))

    assert "Градусова" not in text
    assert "22" in text


def test_what_helps_to_find_a_fault_stays_readable(written):
    text = written(lambda logger: logger.warning("listening", extra={"port": "15062", "call": "1764000000.12", "n": 7}))

    assert "15062" in text
    assert "1764000000.12" in text


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:38038", "192.0.2.17:15062", "localhost:54321", "[::1]:38038", "('127.0.0.1', 38038)", "127.0.0.1:8080"],
)
def test_an_address_with_its_port_stays_readable(written, address):
    def write(logger):
        logger.warning(f"no answer from {address}: refused, caller keyed 6256410854009015")
        logger.warning("no answer", extra={"at": f"http://{address}/x"})

    text = written(write)

    assert text.count(address) == 2
    assert "625641085400" not in text


@pytest.mark.parametrize("number", PERSONAL)
@pytest.mark.parametrize(
    "before", ["127.0.0.1:", "localhost:", "127.0.0.1:15062 ", "127.0.0.1:80-", "256.0.0.1:", "1127.0.0.1:"]
)
def test_no_number_of_a_patient_hides_behind_an_address(before, number):
    told = log.masked(f"keyed {before}{number}")

    assert number not in told
    assert not re.search(r"\d{5}", told.removeprefix("keyed 127.0.0.1:15062"))


@pytest.mark.parametrize("told", ["post:62564", "12.345.67.89:62564", "112.233.445.95:11223", "7.900.12.34.56:12345"])
def test_five_digits_behind_what_is_no_address_are_masked(told):
    assert not re.search(r"\d{5}", log.masked(told))


def test_passwords_of_asterisk_that_panoramisk_would_log_are_dropped(written):
    assert written(lambda _: logging.getLogger("panoramisk.manager").error("Secret: hush")) == ""


def test_for_machines_each_line_is_an_object(capsys):
    log.set_up(Log(format="json"))
    logging.getLogger("ivr.test").error("принят звонок", extra={"line": "inbound"})
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("ivr.test").exception("broke")

    first, second = map(json.loads, capsys.readouterr().err.splitlines())

    assert (first["event"], first["level"], first["logger"]) == ("принят звонок", "error", "ivr.test")
    assert first["line"] == "inbound"
    assert "Traceback" in second["exception"]


def test_lines_below_the_level_are_not_written(capsys):
    log.set_up(Log(level="ERROR"))
    logging.getLogger("ivr.test").warning("small")

    assert capsys.readouterr().err == ""
