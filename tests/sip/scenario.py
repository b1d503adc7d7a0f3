"""Scenarios for sipp: a caller who waits to be told to hang up, and an operator's phone that answers.

sipp is driven from outside by the protocol itself: an INFO sent to its port with the Call-ID of a call makes it jump
to the part that hangs up, so that the far end may still hang up first at any moment.
"""

from dataclasses import dataclass
from string import Template
from xml.sax.saxutils import escape

from .handset import EVENT

LONGEST = 240_000
"""ms; a call that nobody ends is an error."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a softphone proves who it is (digest, RFC 8760)."""

    user: str
    password: str


class _Text(Template):
    delimiter = "%"


_SDP = _Text("""v=0
o=phone 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio %media RTP/AVP 8 %event
a=rtpmap:8 PCMA/8000
a=rtpmap:%event telephone-event/8000
a=fmtp:%event 0-15
a=ptime:20
""")

_HEAD = _Text("""%method sip:%target@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:%user@[local_ip]:[local_port]>;tag=[pid]c[call_number]
To: <sip:%target@[remote_ip]:[remote_port]>%to
Call-ID: [call_id]
CSeq: %number %sequence
Contact: <sip:%user@[local_ip]:[local_port]>
Max-Forwards: 70
""")

_ANSWER = _Text("""SIP/2.0 %status
[last_Via:]
[last_From:]
[last_To:]%tag
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>
""")

_BYE = _Text("""BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From:[$me]%tag
To:[$them]
Call-ID: [call_id]
CSeq: 10 BYE
Max-Forwards: 70
Content-Length: 0
""")


def caller(login: Login | None = None) -> str:
    """Calls field0 from the number in field1 with media at port field2; BYE from the far end or on our INFO."""
    user = login.user if login else "[field1]"
    invite = _Invite(user)
    opening = invite.plain() if login is None else invite.proving(login)
    return _scenario(
        "caller",
        *opening,
        '<recv response="200" rrs="true"/>',
        invite.send("ACK"),
        '<label id="talking"/>',
        # The time limit of a group of messages is that of its first.
        f'<recv request="INFO" optional="true" next="leaving" timeout="{LONGEST}"/>',
        '<recv request="INVITE" optional="true" next="again"/>',
        '<recv request="UPDATE" optional="true" next="updated"/>',
        '<recv request="BYE"/>',
        _answer("200 OK"),
        '<nop next="over"/>',
        '<label id="again"/>',  # Asterisk tells us who answered (connected line) by a re-INVITE
        _answer("200 OK", media="[field2]"),
        '<recv request="ACK" next="talking"/>',
        '<label id="updated"/>',
        _answer("200 OK", then="talking"),
        '<label id="leaving"/>',
        invite.send("BYE", reliable=True),
        '<recv request="BYE" optional="true" next="crossed"/>',
        '<recv response="200" next="over"/>',
        '<label id="crossed"/>',  # both hung up at once
        _answer("200 OK"),
        '<recv response="200" timeout="2000" ontimeout="over"/>',
        '<label id="over"/>',
        '<nop><action><log message="[call_id] over"/></action></nop>',
    )


def registration(login: Login) -> str:
    """Registers our address for the user of `login`, stays until told to leave by our INFO, and signs off."""

    def register(number: int, expires: int, proof: str = "") -> str:
        return _send(f"""REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{login.user}@[remote_ip]>;tag=[pid]r[call_number]
To: <sip:{login.user}@[remote_ip]>
Call-ID: [call_id]
CSeq: {number} REGISTER
Contact: <sip:{login.user}@[local_ip]:[local_port]>
Expires: {expires}
Max-Forwards: 70
{proof}Content-Length: 0
""")

    proof = f"[authentication username={login.user} password={login.password}]\n"
    challenged, accepted = '<recv response="401" auth="true"/>', '<recv response="200"/>'
    return _scenario(
        "registration",
        *(register(1, 600), challenged, register(2, 600, proof), accepted),
        f'<recv request="INFO" timeout="{LONGEST}"/>',
        *(register(3, 0), challenged, register(4, 0, proof), accepted),
    )


def operator(media: int, *, ring_ms: int, talk_ms: int) -> str:
    """Rings, answers with media at a port, talks, hangs up; the far end may hang up before."""
    tag = ";tag=[pid]o[call_number]"
    return _scenario(
        "operator",
        '<recv request="OPTIONS" optional="true" next="options"/>',
        '<recv request="INVITE" rrs="true">'
        '<action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="them"/>'
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="me"/></action></recv>',
        _answer("180 Ringing", tag=tag),
        f'<pause milliseconds="{ring_ms}"/>',
        _answer("200 OK", tag=tag, media=str(media)),
        '<recv request="ACK"/>',
        f'<recv request="BYE" timeout="{talk_ms}" ontimeout="leaving"/>',
        _answer("200 OK", then="over"),
        '<label id="leaving"/>',
        _send(_BYE.substitute(tag=tag), retrans=True),
        '<recv response="200" next="over"/>',
        '<label id="options"/>',
        _answer("200 OK", tag=";tag=[pid]q[call_number]"),
        '<label id="over"/>',
        '<nop><action><log message="[call_id] over"/></action></nop>',
    )


class _Invite:
    """The requests of one outgoing call."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._number = 1

    def plain(self) -> list[str]:
        return [self.send("INVITE", media="[field2]", reliable=True), *_PROGRESS]

    def proving(self, login: Login) -> list[str]:
        """Asked for a password, as any softphone is."""
        proof = f"[authentication username={login.user} password={login.password}]\n"
        first = [self.send("INVITE", media="[field2]", reliable=True), '<recv response="401" auth="true"/>']
        refused = self.send("ACK")
        self._number += 1
        return [*first, refused, self.send("INVITE", media="[field2]", extra=proof, reliable=True), *_PROGRESS]

    def send(self, method: str, *, media: str = "", extra: str = "", reliable: bool = False) -> str:
        self._number += method == "BYE"
        head = _HEAD.substitute(
            method=method,
            target="[field0]",
            user=self._user,
            to="" if method == "INVITE" else "[peer_tag_param]",
            number=self._number,
            sequence=method,
        )
        return _send(head + extra + _body(media), retrans=reliable)


_PROGRESS = [f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)]


def _answer(status: str, *, tag: str = "", media: str = "", then: str = "") -> str:
    return _send(_ANSWER.substitute(status=status, tag=tag) + _body(media), then=then)


def _body(media: str) -> str:
    if not media:
        return "Content-Length: 0\n"
    sdp = _SDP.substitute(media=media, event=EVENT)
    return f"Content-Type: application/sdp\nContent-Length: [len]\n\n{sdp}"


def _send(text: str, *, retrans: bool = False, then: str = "") -> str:
    attributes = ' retrans="500"' * retrans + (f' next="{then}"' if then else "")
    return f"<send{attributes}><![CDATA[\n{text}\n]]></send>"


def _scenario(name: str, *steps: str) -> str:
    body = "\n".join(steps)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{escape(name)}">\n{body}\n</scenario>\n'
