"""A talon on a roll of 80 mm, in ESC/POS (S3.4)."""

import socket
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ivr.services.talon import PrinterDown, Talon

SECONDS = 5
"""A patient waits no longer for a printer that is silent."""
RUSSIAN = "CP866"
"""The code page of Russian letters that nearly every such printer has."""
PLAIN = str.maketrans("«»„“”–—−’\u202f", '"""""---\' ') | {ord("…"): "..."}
"""What that code page lacks, as it can be written there."""
DAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")


@dataclass(frozen=True, slots=True)
class NetworkPrinter:
    """Implements TalonPrinter over TCP."""

    host: str
    port: int
    zone: ZoneInfo

    def print(self, talon: Talon) -> None:
        """Raises PrinterDown."""
        paper = written(talon, self.zone)
        try:
            with socket.create_connection((self.host, self.port), SECONDS) as connection:
                connection.sendall(paper)
        except (OSError, UnicodeError) as problem:  # UnicodeError: a name that no network can look up
            raise PrinterDown(f"{self.host}: {problem}") from problem


@dataclass(frozen=True, slots=True)
class UsbPrinter:
    """Implements TalonPrinter for a printer at this machine."""

    vendor: int
    product: int
    zone: ZoneInfo

    def print(self, talon: Talon) -> None:
        """Raises PrinterDown."""
        # Slow to import, and needed only where somebody prints.
        from escpos.exceptions import Error
        from escpos.printer import Usb
        from usb.core import USBError

        paper = written(talon, self.zone)
        device = Usb(self.vendor, self.product, timeout=SECONDS * 1000)
        try:
            device.open()
            device._raw(paper)
        except (Error, USBError, OSError, ValueError) as problem:  # ValueError: no backend, there is no libusb
            raise PrinterDown(f"USB {self.vendor:04x}:{self.product:04x}: {type(problem).__name__}") from problem
        finally:
            device.close()


def written(talon: Talon, zone: ZoneInfo) -> bytes:
    """What the printer gets: the words of the talon, its number as QR code, and the cut."""
    from escpos.printer import Dummy

    at = talon.starts_at.astimezone(zone)
    paper = Dummy()
    paper.charcode(RUSSIAN)
    _lines(paper, talon.hospital, bold=True)
    _lines(paper, f"Талон № {talon.ticket}", bold=True, double_height=True, double_width=True)
    _lines(paper, f"{at:%d.%m.%Y}, {DAYS[at.weekday()]}", bold=True)
    _lines(paper, f"{at:%H:%M}", bold=True, double_height=True, double_width=True)
    _lines(
        paper,
        f"Пациент: {talon.patient}",
        f"Специальность: {talon.speciality}",
        f"Врач: {talon.doctor}",
        f"Кабинет: {talon.room}",
        f"Адрес: {talon.address}",
        f"Регистратура: {talon.registry_phone}",
        "Возьмите паспорт, полис и СНИЛС.",
        "Приходите за десять минут.",
        "Отменить: позвоните в регистратуру и назовите номер талона.",
        f"Записан в инфомате {talon.created_at.astimezone(zone):%d.%m.%Y %H:%M}",
    )
    paper.set_with_default(align="center")
    paper.qr(talon.ticket, native=True, size=8)
    paper.cut()
    return bytes(paper.output)


def _lines(paper: Any, *lines: str, **how: bool) -> None:
    paper.set_with_default(**how)
    for line in lines:
        paper.textln(line.translate(PLAIN))
