"""A telephone of a browser as Asterisk sees it: SIP over a WebSocket with WebRTC's SDP, and no sound."""

import asyncio
import contextlib
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

from ivr.phone.asterisk import Asterisk
from ivr.services.exchange import PhoneLogin

WITHIN = 5.0
_SDP = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 9 UDP/TLS/RTP/SAVPF 111 110
c=IN IP4 0.0.0.0
a=mid:0
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:110 telephone-event/48000
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 {fingerprint}
a=setup:{setup}
a=sendrecv
"""


@dataclass
class Message:
    """One SIP message; names of headers in small letters."""

    first: str
    headers: dict[str, str]
    body: str = ""
    vias: list[str] = field(default_factory=list)
    routes: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self.headers["cseq"].split()[1]

    @classmethod
    def read(cls, text: str) -> "Message":
        head, _, body = text.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        vias = [value for name, value in pairs if name == "via"]
        routes = [value for name, value in pairs if name == "record-route"]
        return cls(first, dict(pairs), body, vias, routes)


def _sdp(setup: str) -> str:
    fingerprint = ":".join(["AB"] * 32)
    return _SDP.format(fingerprint=fingerprint, setup=setup).replace("\n", "\r\n")


class Leg:
    """One dialog."""

    def __init__(self, phone: "BrowserPhone", local: str, remote: str, call_id: str, target: str) -> None:
        self.phone, self.local, self.remote, self.call_id, self.target = phone, local, remote, call_id, target
        self.invite: Message | None = None
        self.answered = False
        self.over = asyncio.Event()
        self.texts: asyncio.Queue[str] = asyncio.Queue()
        self.notified: list[str] = []
        """Sipfrag lines that tell how a transfer goes."""

    @property
    def tags(self) -> tuple[str, str]:
        """Remote and local tag, as Replaces wants them."""
        return _tag(self.remote), _tag(self.local)

    async def hang_up(self) -> None:
        await self.phone.request("BYE", self)
        self.over.set()

    async def refer(self, to: str) -> int:
        """Ask Asterisk to lead the other side elsewhere."""
        return (await self.phone.request("REFER", self, {"Refer-To": f"<{to}>"})).status

    async def refer_to(self, other: "Leg", number: str) -> int:
        """Join the far ends of two of our calls (attended transfer)."""
        remote, local = other.tags
        replaces = f"{other.call_id}%3Bto-tag%3D{remote}%3Bfrom-tag%3D{local}"
        return await self.refer(f"sip:{number}@127.0.0.1?Replaces={replaces}")


class BrowserPhone:
    """Use as `async with BrowserPhone.connected(asterisk, name)`."""

    def __init__(self, socket: ClientConnection, user: str) -> None:
        self._socket = socket
        self.user = user
        self.rung: asyncio.Queue[Leg] = asyncio.Queue()
        self._answers: dict[str, asyncio.Queue[Message]] = {}
        self.legs: dict[str, Leg] = {}
        self._cseq = 1
        self.shows_text = True
        self.login: PhoneLogin | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def connected(cls, asterisk: Asterisk, user: str) -> AsyncIterator["BrowserPhone"]:
        config = asterisk.config
        url = f"ws://{config.ws_host}:{config.ws_port}/ws"
        async with connect(url, subprotocols=["sip"], proxy=None) as socket:  # type: ignore[list-item]
            phone = cls(socket, user)
            reader = asyncio.create_task(phone._read())
            try:
                yield phone
            finally:
                for leg in [leg for leg in phone.legs.values() if not leg.over.is_set()]:
                    await (leg.hang_up() if leg.answered else phone.reject(leg))
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    async def register(self, login: PhoneLogin) -> int:
        """The final status; by ha1, as the page does."""
        self.login = login
        leg = self._leg("sip:127.0.0.1", f"sip:{self.user}@127.0.0.1")
        return (await self._request_allowed("REGISTER", leg, {"Expires": "120"})).status

    async def _request_allowed(self, method: str, leg: "Leg", more: dict[str, str], body: str = "") -> Message:
        """The final answer, with our password where it is asked for."""
        first = await self.request(method, leg, more, body)
        if first.status != 401 or self.login is None:
            return first
        if method == "INVITE":
            await self._send_ack(leg, first)
        challenge = _challenge(first.headers["www-authenticate"])
        return await self.request(method, leg, more | {"Authorization": self._proof(method, leg, challenge)}, body)

    def _proof(self, method: str, leg: "Leg", known: dict[str, str]) -> str:
        assert self.login
        uri, cnonce = leg.target, secrets.token_hex(4)
        ha2 = _md5(f"{method}:{uri}")
        response = _md5(f"{self.login.ha1}:{known['nonce']}:00000001:{cnonce}:auth:{ha2}")
        opaque = f', opaque="{known["opaque"]}"' if "opaque" in known else ""
        return (
            f'Digest username="{self.login.phone}", realm="{known["realm"]}", nonce="{known["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm=MD5, cnonce="{cnonce}", qop=auth, nc=00000001{opaque}'
        )

    async def call(self, number: str, **headers: str) -> tuple[int, Leg]:
        """Dial; the final status and the leg."""
        target = f"sip:{number}@127.0.0.1"
        leg = self._leg(target, target)
        self.legs[leg.call_id] = leg
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        final = await self._request_allowed("INVITE", leg, more, _sdp("actpass"))
        if final.status >= 300:
            leg.over.set()
        else:
            leg.answered = True
            leg.remote = final.headers["to"]
            leg.target = final.headers["contact"].strip("<>").partition(">")[0]
        await self._send_ack(leg, final)
        return final.status, leg

    async def rings(self, within: float = WITHIN) -> Leg:
        async with asyncio.timeout(within):
            return await self.rung.get()

    async def answer(self, leg: Leg) -> None:
        assert leg.invite
        leg.answered = True
        await self._reply(leg.invite, 200, "OK", _sdp("active"), leg)

    async def reject(self, leg: Leg, status: int = 486) -> None:
        assert leg.invite
        await self._reply(leg.invite, status, "No", "", leg)
        leg.over.set()

    async def request(self, method: str, leg: Leg, more: dict[str, str] | None = None, body: str = "") -> Message:
        """Send, and wait for the final answer."""
        self._cseq += 1
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        answers = self._answers[branch] = asyncio.Queue()
        await self._send(method, leg, f"{self._cseq} {method}", branch, more or {}, body)
        async with asyncio.timeout(WITHIN * 2):
            while (answer := await answers.get()).status < 200:
                pass
        return answer

    def _leg(self, target: str, remote: str) -> Leg:
        local = f"<sip:{self.user}@127.0.0.1>;tag={secrets.token_hex(4)}"
        return Leg(self, local, f"<{remote}>", secrets.token_hex(8), target)

    async def _send_ack(self, leg: Leg, final: Message) -> None:
        number = final.headers["cseq"].split()[0]
        branch = final.vias[0].partition("branch=")[2].partition(";")[0] if final.status >= 300 else "z9hG4bKack"
        remote, leg.remote = leg.remote, final.headers["to"]
        await self._send("ACK", leg, f"{number} ACK", branch, {}, "")
        if final.status >= 300:
            leg.remote = remote

    async def _send(self, method: str, leg: Leg, cseq: str, branch: str, more: dict[str, str], body: str) -> None:
        headers = {
            "Via": f"SIP/2.0/WS browser.invalid;branch={branch}",
            "Max-Forwards": "70",
            "From": leg.local,
            "To": leg.remote,
            "Call-ID": leg.call_id,
            "CSeq": cseq,
            "Contact": f"<sip:{self.user}@browser.invalid;transport=ws>",
            **({"Content-Type": "application/sdp"} if body else {}),
            **more,
            "Content-Length": str(len(body.encode())),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        await self._socket.send(f"{method} {leg.target} SIP/2.0\r\n{lines}\r\n{body}")

    async def _reply(self, request: Message, status: int, reason: str, body: str = "", leg: Leg | None = None) -> None:
        vias = "".join(f"Via: {via}\r\n" for via in request.vias)
        routes = "".join(f"Record-Route: {route}\r\n" for route in request.routes)
        to = leg.local if leg else request.headers["to"]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        await self._socket.send(
            f"SIP/2.0 {status} {reason}\r\n{vias}{routes}From: {request.headers['from']}\r\nTo: {to}\r\n"
            f"Call-ID: {request.headers['call-id']}\r\nCSeq: {request.headers['cseq']}\r\n"
            f"Contact: <sip:{self.user}@browser.invalid;transport=ws>\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        )

    async def _read(self) -> None:
        async for frame in self._socket:
            text = frame if isinstance(frame, str) else frame.decode()
            if not text.strip():  # Asterisk's sign of life
                continue
            message = Message.read(text)
            if message.status:
                branch = message.vias[0].partition("branch=")[2].partition(";")[0]
                if branch in self._answers:
                    self._answers[branch].put_nowait(message)
            else:
                await self._take(message)

    async def _take(self, request: Message) -> None:
        leg = self.legs.get(request.headers["call-id"])
        match request.method:
            case "INVITE" if leg is None:
                await self._ring(request)
            case "INVITE":
                await self._reply(request, 200, "OK", _sdp("active"), leg)
            case "ACK":
                pass
            case "CANCEL":
                await self._reply(request, 200, "OK")
                assert leg and leg.invite
                await self._reply(leg.invite, 487, "Request Terminated", "", leg)
                leg.over.set()
            case "MESSAGE" if leg:
                leg.texts.put_nowait(request.body)
                await self._reply(request, *((200, "OK") if self.shows_text else (405, "Not Allowed")))
            case "NOTIFY" if leg:
                leg.notified.append(request.body.strip())
                await self._reply(request, 200, "OK")
            case method:
                if method == "BYE" and leg:
                    leg.over.set()
                await self._reply(request, 200, "OK")

    async def _ring(self, request: Message) -> None:
        local = f"{request.headers['to']};tag={secrets.token_hex(4)}"
        target = request.headers["contact"].strip("<").partition(">")[0]
        leg = Leg(self, local, request.headers["from"], request.headers["call-id"], target)
        leg.invite = request
        self.legs[leg.call_id] = leg
        await self._reply(request, 180, "Ringing", "", leg)
        self.rung.put_nowait(leg)


def _tag(address: str) -> str:
    return address.partition(";tag=")[2].partition(";")[0]


def _challenge(header: str) -> dict[str, str]:
    found = re.findall(r'(\w+)=(?:"([^"]*)"|([^ ,]+))', header)
    return {name: plain or quoted for name, quoted, plain in found}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
