"""Times of day as they are said in a clinic: «девять тридцать», «с восьми до девятнадцати часов»."""

from datetime import time

from ivr.speech.verbalise.numbers import cardinal, form


def clock(at: time) -> str:
    """«девять ноль-ноль», «девять ноль пять», «девять тридцать»."""
    if at.minute == 0:
        return f"{cardinal(at.hour)} ноль-ноль"
    zero = "ноль " if at.minute < 10 else ""
    return f"{cardinal(at.hour)} {zero}{cardinal(at.minute)}"


def until(at: time) -> str:
    """Genitive, after «с», «до», «после»: «девяти часов», «девяти тридцати», «девяти ноль пяти»."""
    hour = cardinal(at.hour, "g")
    if at.minute == 0:
        return f"{hour} {form(at.hour, 'часа', 'часов', 'часов')}"
    zero = "ноль " if at.minute < 10 else ""
    return f"{hour} {zero}{cardinal(at.minute, 'g')}"


def hours(opens: time, closes: time) -> str:
    """«с восьми до девятнадцати часов», «с восьми тридцати до девятнадцати часов»."""
    if opens.minute == 0 and closes.minute == 0:
        return f"с {cardinal(opens.hour, 'g')} до {until(closes)}"
    return f"с {until(opens)} до {until(closes)}"
