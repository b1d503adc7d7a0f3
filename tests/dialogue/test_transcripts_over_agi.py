"""The same transcripts over a real AGI socket: the guarded server, the telephone line, the stories, a real database."""

from pathlib import Path

import pytest

from ivr.dialogue.tape import HANGS_UP, key_of, read_tape
from ivr.phone.config import PhoneConfig
from ivr.phone.server import ROUTES, PhoneServer
from tests.dialogue import facts
from tests.dialogue.exchange import Exchange, RecordingVoice
from tests.dialogue.test_transcripts import TAPES
from tests.ports import free_ports


def _by_keys_alone(path: Path) -> bool:
    """An AGI socket carries keys; words come with speech recognition."""
    return not any(done[0] in '"(' and done not in ("(молчит)", HANGS_UP) for done in _tape(path).keyed)


def _tape(path: Path):
    return read_tape(path.read_text(encoding="utf-8"), name=path.name)


KEYED = [path for path in TAPES if _by_keys_alone(path) and (_tape(path).setting("story") or "inbound") in ROUTES]


@pytest.mark.parametrize("path", KEYED, ids=lambda path: path.stem)
async def test_the_call_goes_as_written_over_agi(path, new_world, tmp_path):
    tape, talk, outcomes = _tape(path), [], []
    voice = RecordingVoice(tmp_path, talk)
    with new_world(tape.setting("now")) as world:
        caller = await world.arrange(tape)
        before = facts.snapshot(world.engine)
        story = tape.setting("story") or "inbound"

        async def told(line, _caller, _key):
            outcomes.append(await world.converse(line, caller, story))

        (port,) = free_ports(1)
        config = PhoneConfig(folder=tmp_path, demo_secret="none", ami_secret="none", agi_port=port)
        server = PhoneServer(config, voice, dict.fromkeys(ROUTES, told))
        await server.start()
        exchange = Exchange(tape.keyed, talk, waiting=int(tape.setting("queue") or 0))
        try:
            await exchange.call(port, route=story, caller=tape.setting("caller"), key="tape")
        finally:
            await server.drain(5)
            await server.close()
        lines = [*talk, *world.result(outcomes[0], before)]

    assert [key_of(line) for line in lines] == [key_of(line) for line in tape.lines]
    assert exchange.variables.get("IVR_NEXT") == _next_of(outcomes[0], story)


def _next_of(outcome: str, story: str) -> str | None:
    """Where the dialplan goes then; whom we have rung up asked for nobody."""
    if (outcome, story) == ("trouble", "outbound"):
        return "hangup"
    return {"operator": "operator", "trouble": "operator", "hangup": None}.get(outcome, "hangup")
