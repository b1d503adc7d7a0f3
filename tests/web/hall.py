"""A machine in the hall that was let in as a kiosk, and a printer of talons."""

import queue
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update

from ivr.services import kiosks
from ivr.storage import tables
from ivr.web.site import Site
from tests.web.conftest import Clients, csrf

ANNA, BORIS, ZHANNA, NOBODY = "6256410854009015", "6268150854009021", "6277060854009070", "6256410854009908"
HTML = {"Accept": "text/html"}


class Stored:
    """The database behind the pages."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def rows(self, table: str, **where: Any) -> list[Any]:
        chosen = tables.metadata.tables[table]
        conditions = [chosen.c[name] == value for name, value in where.items()]
        with self.site.new_work().reading() as work:
            return list(work.connection.execute(select(chosen).where(*conditions).order_by(*chosen.primary_key)))

    def ticket(self) -> str:
        """Of the last booking by a kiosk."""
        return self.rows("bookings", channel="INFOMAT")[-1].ticket

    def change_slots(self, *conditions: Any, **values: Any) -> None:
        """Close them, or what `values` say."""
        with self.site.new_work() as work:
            work.connection.execute(update(tables.slots).where(*conditions).values(values or {"state": "CLOSED"}))
            work.commit()

    def pass_for(self, name: str) -> str:
        return kiosks.make_pass(self.site.new_work(), name, who="test", now=self.site.now())


class Hall(Stored):
    """A kiosk, and whoever stands before it, as requests."""

    def __init__(self, clients: Clients, name: str = "hall") -> None:
        super().__init__(clients.opened.site)
        self.app, self.clients, self.client = clients.opened.app, clients, clients()
        self.visit, self.csrf = "", csrf(self.client)
        admit(self.client, self.pass_for(name))

    def post(self, path: str, **fields: object) -> Any:
        headers = HTML | {"X-CSRFToken": self.csrf}
        answer = self.client.post(f"/kiosk/{path}", data={"visit": self.visit} | fields, headers=headers)
        if found := values(answer, "visit"):
            self.visit = found[0]
        return answer

    def choose(self, number: str = ANNA, speciality: str = "therapist") -> dict[str, object]:
        """As far as the question whether to book: all that its screen sends."""
        self.post("policy", number=number)
        fields: dict[str, object] = {"speciality": speciality}
        for screen, name in (("doctors", "doctor"), ("days", "day"), ("times", "slot"), ("hold", "command")):
            fields[name] = values(self.post(screen, **fields), name)[0]
        return fields

    def book(self, number: str = ANNA, speciality: str = "therapist") -> Any:
        return self.post("book", **self.choose(number, speciality))


def admit(client: FlaskClient, typed: str) -> Any:
    return client.post("/kiosk/admission", data={"token": typed, "csrf_token": csrf(client)}, headers=HTML)


def values(answer: Any, name: str) -> list[str]:
    """Of the fields and buttons of that name."""
    return re.findall(rf'name="{name}" value="([^"]+)"', answer.text)


@contextmanager
def paper() -> Iterator[tuple[int, Callable[[], bytes]]]:
    """A printer: a TCP socket that keeps what is sent to it. Its port, and what was printed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        got: queue.Queue[bytes] = queue.Queue()

        def read() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    got.put(b"".join(iter(lambda: connection.recv(4096), b"")))

        reading = threading.Thread(target=read, daemon=True)
        reading.start()
        yield server.getsockname()[1], lambda: got.get(timeout=10)
        reading.join(10)
