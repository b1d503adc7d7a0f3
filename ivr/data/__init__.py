"""Data files of the demo hospital, and how such files are read: every mistake is named with its file and place."""

from ivr.data.calendar import Duty, load_calendar, load_duty
from ivr.data.hospital import load_hospital
from ivr.data.reading import DataError, bundled
from ivr.data.specialities import Catalogue, load_specialities

__all__ = [
    "Catalogue",
    "DataError",
    "Duty",
    "bundled",
    "load_calendar",
    "load_duty",
    "load_hospital",
    "load_specialities",
]
