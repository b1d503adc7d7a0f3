"""A provider's exchange with a town behind it, played by sipp: what a number does is told by its last two digits."""

from .scenario import _ANSWER, _BYE, LONGEST, _answer, _scenario, _send

PLANS = {
    "17": ("180 Ringing", "486 Busy Here"),
    "04": ("404 Not Found",),
    "34": ("503 Service Unavailable",),
    "63": ("603 Decline",),
    "80": ("180 Ringing", "480 Temporarily Unavailable"),
    "19": ("180 Ringing", "rings on"),
    "83": ("183 Session Progress", "rings on"),
    "00": ("says nothing",),
    "90": ("180 Ringing", "200 OK", "stays"),
    "84": ("183 Session Progress", "200 OK", "stays"),
    "91": ("180 Ringing", "200 OK", "hangs up"),
    "92": ("180 Ringing", "200 OK", "hangs up when told"),
}
TAG = ";tag=[pid]t[call_number]"


def town() -> str:
    """The scenario; field0 of the rows is the port of the media. A number without a plan is busy."""
    kinds = [f'<ereg regexp="{kind}@" search_in="hdr" header="To:" assign_to="k{kind}"/>' for kind in PLANS]
    # A variable that nothing reads is an error to sipp.
    jumps = [f'<nop next="l{kind}" test="k{kind}"/>' for kind in PLANS]
    parts = [part for kind, plan in PLANS.items() for part in (f'<label id="l{kind}"/>', *map(_step, plan))]
    ends = ('<ereg regexp=".*" search_in="hdr" header="From:" assign_to="them"/>', _TO)
    return _scenario(
        "town",
        '<recv request="OPTIONS" optional="true" next="options"/>',
        f'<recv request="INVITE" rrs="true"><action>{"".join((*kinds, *ends))}</action></recv>',
        *jumps,
        '<nop next="l17"/>',
        *parts,
        '<label id="options"/>',
        _answer("200 OK", tag=TAG),
        '<label id="over"/>',
        '<nop><action><log message="[call_id] over [$me] [$them]"/></action></nop>',
    )


_TO = '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="me"/>'


def _step(step: str) -> str:
    match step:
        case "180 Ringing":
            return _answer(step, tag=TAG)
        case "183 Session Progress":
            return _answer(step, tag=TAG, media="[field0]")
        case "200 OK":
            return _answer(step, tag=TAG, media="[field0]") + '<recv request="ACK"/>'
        case "stays":
            return '<recv request="BYE"/>' + _answer("200 OK", then="over")
        case "hangs up":
            bye = _send(_BYE.substitute(tag=TAG), retrans=True)
            return '<pause milliseconds="700"/>' + bye + '<recv response="200" next="over"/>'
        case "hangs up when told":
            leaves = f'<recv request="INFO" optional="true" next="leaves" timeout="{LONGEST}"/>'
            stays = '<recv request="BYE"/>' + _answer("200 OK", then="over")
            bye = _send(_BYE.substitute(tag=TAG), retrans=True) + '<recv response="200" next="over"/>'
            return leaves + stays + f'<label id="leaves"/>{bye}'
        case "rings on":
            cancelled = _answer("200 OK", tag=TAG) + _terminated()
            return '<recv request="CANCEL"/>' + cancelled + '<recv request="ACK" next="over"/>'
        case "says nothing":
            return '<recv request="CANCEL" timeout="20000" ontimeout="over" next="over"/>'
        case _:
            return _send(_ANSWER.substitute(status=step, tag=TAG) + "Content-Length: 0\n", retrans=True) + _OVER


_OVER = '<recv request="ACK" next="over"/>'


def _terminated() -> str:
    """The answer to the INVITE itself, after that to its CANCEL."""
    said = _ANSWER.substitute(status="487 Request Terminated", tag=TAG).replace(
        "[last_CSeq:]", "CSeq: [last_cseq_number] INVITE"
    )
    return _send(said + "Content-Length: 0\n", retrans=True)
