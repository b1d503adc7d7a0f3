"""The text of AGI: arguments quoted on the way out, replies taken apart on the way in. No input, no output."""

import re
from dataclasses import dataclass

LONGEST_COMMAND = 2000
"""Bytes; Asterisk's own buffer (AGI_BUF_LEN) is 2048 and it says nothing when a line is cut."""


class BadArgument(ValueError):
    """A value cannot be sent by AGI: it would become a command of its own."""


def quoted(value: str) -> str:
    """One argument, whatever is in it. Raises BadArgument for a line break or a NUL, which AGI cannot carry."""
    if any(sign in value for sign in "\r\n\0"):
        raise BadArgument("a line break or a NUL in an AGI argument")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def command_line(words: str, *arguments: str) -> bytes:
    """A whole command: our own words, then arguments, each quoted."""
    if any(sign in words for sign in "\r\n\0"):
        raise BadArgument("a line break or a NUL in an AGI command")
    try:
        line = " ".join([words, *map(quoted, arguments)]).encode() + b"\n"
    except UnicodeEncodeError as problem:
        raise BadArgument("half a letter in an AGI argument") from problem
    if len(line) > LONGEST_COMMAND:
        raise BadArgument(f"an AGI command of {len(line)} bytes; Asterisk reads {LONGEST_COMMAND}")
    return line


@dataclass(frozen=True, slots=True)
class Reply:
    """What Asterisk answered; `result` is None when there was none."""

    code: int
    result: str | None = None
    data: str | None = None
    """What stood in parentheses: the value of a variable, or a remark such as timeout."""
    endpos: int | None = None
    text: str = ""

    @property
    def timed_out(self) -> bool:
        # An empty GET DATA is "200 result= (timeout)": silence, not an error.
        return self.data == "timeout"

    def __repr__(self) -> str:
        # The rest may hold what a caller keyed.
        return f"Reply({self.code}, result of {len(self.result or '')} signs)"


_REPLY = re.compile(r"(\d{3})(?:[ -]|$)(?:result=(\S*))?(?: \((.*)\))?(?: endpos=(\d+))?", re.DOTALL)


def parse_reply(text: str) -> Reply | None:
    """None for a line that is no reply at all."""
    match = _REPLY.match(text)
    if match is None:
        return None
    code, result, data, endpos = match.groups()
    return Reply(int(code), result, data, int(endpos) if endpos else None, text)


def is_whole(text: str) -> bool:
    """Whether the reply ends here: a usage text goes on until its 520 line, a value with a line break until its )."""
    if text.startswith("520-"):
        return bool(re.search(r"\n520 ", text))
    if re.match(r"200 result=\S* \(", text):
        return bool(re.search(r"\)(?: endpos=\d+)?$", text))
    return True


_HEADER = re.compile(r"(agi_[a-z0-9_]+): (.*)")


def parse_headers(text: str) -> dict[str, str]:
    """The variables Asterisk sends first; lines of another form are left out.

    Raises ValueError for one that comes twice: Asterisk sends each once, so a value from outside has forged the other.
    """
    found = [match for line in text.split("\n") if (match := _HEADER.fullmatch(line))]
    names = [match[1] for match in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"twice among the headers: {', '.join(sorted(twice))}")
    return {match[1]: match[2] for match in found}
