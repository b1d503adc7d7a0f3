"""A transcript acted on a real telephone: what its caller keys or says is keyed or said, when he would."""

from ivr.dialogue import tape

from .caller import Call

LONGEST_PAUSE = 15.0
"""Seconds after which the program has something to say to one who is silent."""


async def acted(call: Call, script: tape.Tape) -> float | None:
    """Do all that the caller of the transcript does; returns when he hung up, if he did."""
    for done in script.keyed:
        match done:
            case tape.SILENT:
                await call.stays_silent(LONGEST_PAUSE)
            case tape.HANGS_UP:
                await call.hears()
                return call.hang_up()
            case words if words.startswith('"'):
                await call.hears()
                await call.speaks(words.strip('"'))
            case keys:
                await call.hears()
                await call.keys(keys.replace(" ", ""))
    return None
