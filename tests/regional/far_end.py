"""A regional system that misbehaves when it is told to: a real HTTP server that speaks the federal protocol.

It keeps one thing as any such system must: a slot has room for one visit.
"""

import itertools
import threading
import time
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ivr.fer import soap
from ivr.fer.messages import (
    MO,
    CancelAppointmentResponse,
    CreateAppointmentResponse,
    Error,
    GetMOInfoExtendedResponse,
    GetMOResourceInfoResponse,
    GetPatientInfoResponse,
    GetScheduleInfoResponse,
    GetServicePostSpecsInfoResponse,
    MOAvailable,
    Post,
    Resource,
    Slot,
    Specialist,
    Status,
)
from ivr.fer.soap import SoapFault
from tests.builders import MOSCOW

MO_OID = "1.2.643.5.1.13.13.12.2.62.0000.0.000001"
SNILS = "90000100792"


@dataclass
class FarSlot:
    starts_at: datetime
    snils: str
    post: str
    room: str = "7"
    surname: str = "Удалённая"
    shown_to: str | None = None
    """Number of the policy to which alone it is shown."""


@dataclass
class FarEnd:
    """What it knows, what it was asked, and how it is to misbehave: `next_time[operation]`, one word for each question.

    drop: hangs up before it does anything; drop_after: does it and hangs up; slow_after: does it and answers late;
    garbage, fault, and a SOAP error in capitals instead of doing it; garbage_after: does it and answers nonsense;
    same_number: does it and gives the number of the first visit that it ever made.
    """

    slots: dict[str, FarSlot] = field(default_factory=dict)
    bookings: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """Book_Id_Mis to slot, patient and session; those that stand."""
    made: list[tuple[str, str]] = field(default_factory=list)
    """Every booking that was ever made: Book_Id_Mis and slot."""
    asked: list[str] = field(default_factory=list)
    next_time: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    repeats_are_known: bool = True
    """A session that asks again for its own slot gets the same booking; otherwise it is told that the slot is taken."""
    late_seconds: float = 0.6
    sessions: dict[uuid.UUID, str] = field(default_factory=dict)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    def slot(self, starts_at: datetime, snils: str = SNILS, post: str = "110", **more: str) -> str:
        slot_id = str(uuid.uuid4())
        self.slots[slot_id] = FarSlot(starts_at, snils, post, **more)
        return slot_id

    def will(self, operation: str, *words: str) -> None:
        self.next_time[operation].extend(words)

    def forget(self, repeats_are_known: bool) -> None:
        """As new, on the same port."""
        for each in (self.slots, self.bookings, self.made, self.asked, self.next_time, self.sessions):
            each.clear()
        self.repeats_are_known = repeats_are_known

    def taken_by_others(self, slot_id: str) -> None:
        self.bookings[f"others-{slot_id}"] = (slot_id, "somebody", "theirs")

    @property
    def ours(self) -> list[str]:
        return [book_id for book_id in self.bookings if not book_id.startswith("others-")]

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}/er"

    def start(self) -> None:
        far = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                answer = far.answer(data)
                if answer is None:
                    self.close_connection = True
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Type", soap.CONTENT_TYPE)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        class Server(ThreadingHTTPServer):
            daemon_threads = False

            def handle_error(self, *_: object) -> None:
                """Who asked has hung up: that is what some tests are about."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def answer(self, data: bytes) -> tuple[int, bytes] | None:
        operation, element = soap.opened(data)
        request = soap.request_of(operation, element)
        with self._turn:
            self.asked.append(operation)
            word = self.next_time[operation].popleft() if self.next_time[operation] else "-"
            match word:
                case "drop":
                    return None
                case "garbage":
                    return 200, b"<html>Bad gateway</html>"
                case "fault":
                    return 500, soap.write_fault(SoapFault("Server", "no"))
                case "client_fault":
                    return 500, soap.write_fault(SoapFault("Client", "no"))
                case "503" | "403":
                    return int(word), b"no"
            if word.isupper():
                response = self._type(operation)(error=Error(word, "нет"))
            else:
                response = getattr(self, f"_{operation}")(request)
        if word == "same_number":
            response = replace(response, book_id=self.made[0][0])
        if word == "drop_after":
            return None
        if word == "garbage_after":
            return 200, b"<a><b></a>"
        if word == "page_after":
            return 200, b"<html>Good day</html>"
        if word == "slow_after":
            time.sleep(self.late_seconds)
        return 200, soap.write(response)

    def _type(self, operation: str) -> type:
        return soap.OPERATIONS[operation][1]

    def _free(self) -> dict[str, FarSlot]:
        taken = {slot_id for slot_id, *_ in self.bookings.values()}
        return {slot_id: slot for slot_id, slot in self.slots.items() if slot_id not in taken}

    def _shown(self, request) -> dict[str, FarSlot]:
        whose = {None, self.sessions.get(request.session_id)}
        return {slot_id: slot for slot_id, slot in self._free().items() if slot.shown_to in whose}

    def _GetPatientInfo(self, request):
        patient = request.patient.oms_number or request.patient.snils
        self.sessions[request.session_id] = patient
        return GetPatientInfoResponse(patient_id=f"p-{patient}")

    def _GetMOInfoExtended(self, request):
        if request.session_id not in self.sessions:
            return GetMOInfoExtendedResponse(error=Error("SESSION_TIMED_OUT", "нет"))
        return GetMOInfoExtendedResponse((MO("1", MO_OID, "Спасская РБ", "Спасск"),))

    def _GetServicePostSpecsInfo(self, request):
        posts = {slot.post for slot in self.slots.values()}
        return GetServicePostSpecsInfoResponse(tuple(Post(each) for each in sorted(posts)))

    def _GetMOResourceInfo(self, request):
        wanted = {post.id for post in request.posts}
        dates: dict[tuple[str, str, str], set[date]] = defaultdict(set)
        for slot in self._shown(request).values():
            day = slot.starts_at.astimezone(MOSCOW).date()
            if slot.post in wanted and request.start_date <= day <= request.end_date:
                dates[slot.snils, slot.post, slot.surname].add(day)
        if not dates:
            return GetMOResourceInfoResponse(error=Error("NO_DATA_FOUND", "нет"))
        found = tuple(
            Resource(
                Specialist(last_name=name, first_name="Вера", middle_name="Павловна", snils=snils, post=Post(post)),
                dates=tuple(sorted(days)),
            )
            for (snils, post, name), days in dates.items()
        )
        return GetMOResourceInfoResponse((MOAvailable(MO_OID, found),))

    def _GetScheduleInfo(self, request):
        own = [
            (slot_id, slot) for slot_id, slot in self._shown(request).items() if slot.snils == request.specialist_snils
        ]
        found = [
            Slot(uuid.UUID(slot_id), slot.starts_at.astimezone(MOSCOW), slot.room)
            for slot_id, slot in sorted(own, key=lambda each: each[1].starts_at)
            if request.start_date <= slot.starts_at.astimezone(MOSCOW).date() <= request.end_date
        ]
        if not found:
            return GetScheduleInfoResponse(error=Error("NO_DATA_FOUND", "нет"))
        return GetScheduleInfoResponse(tuple(found))

    def _CreateAppointment(self, request):
        session, slot_id = str(request.session_id), str(request.slot_id)
        if request.session_id not in self.sessions:
            return CreateAppointmentResponse(error=Error("SESSION_TIMED_OUT", "нет"))
        for book_id, (taken, _, by) in self.bookings.items():
            if taken == slot_id and by == session and self.repeats_are_known:
                return self._booked(book_id, slot_id)
        if slot_id not in self._free():
            return CreateAppointmentResponse(error=Error("SLOT_UNAVAILABLE", "занято"))
        book_id = f"far-{next(self._numbers)}"
        self.bookings[book_id] = (slot_id, self.sessions[request.session_id], session)
        self.made.append((book_id, slot_id))
        return self._booked(book_id, slot_id)

    def _booked(self, book_id: str, slot_id: str) -> CreateAppointmentResponse:
        slot = self.slots[slot_id]
        at = slot.starts_at.astimezone(MOSCOW)
        return CreateAppointmentResponse(book_id, Status("SUCCESS"), uuid.UUID(slot_id), at, slot.room)

    def _CancelAppointment(self, request):
        if self.bookings.pop(request.book_id, None) is None:
            return CancelAppointmentResponse(error=Error("NO_DATA_FOUND", "нет"))
        return CancelAppointmentResponse("SUCCESS")
