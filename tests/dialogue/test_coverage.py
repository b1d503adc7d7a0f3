"""Every phrase is heard somewhere, every rule of the source document has a test that names it."""

import asyncio
import re
import tomllib
from pathlib import Path

from ivr.dialogue.tape import SILENT, TapeLine
from tests.dialogue.conftest import PROMPTS
from tests.dialogue.test_transcripts import TAPES

TESTS = Path(__file__).parents[1]
OTHER_CHANNELS = {
    "S2.2": "documents and the federal identification, at the registry desk",
    "S3.1": "the kiosk's own screen",
    "S3.8": "the kiosk's own message",
}
"""Rules that no telephone call meets."""
ALL_RULES = {f"S{part}.{n}" for part, last in ((1, 9), (2, 7), (3, 8), (4, 3)) for n in range(1, last + 1)}


def test_every_phrase_is_heard_in_a_transcript_or_said_by_the_exchange():
    phrases = set(tomllib.loads((PROMPTS / "phrases.ru.toml").read_text(encoding="utf-8")))
    talk = "\n".join(path.read_text(encoding="utf-8") for path in TAPES)
    exchange = tomllib.loads((TESTS.parent / "asterisk_config/sounds.ru.toml").read_text(encoding="utf-8"))
    heard = set(re.findall(r"^>> (\S+)", talk, re.MULTILINE)) | set(exchange["phrases"].values())

    assert phrases - heard - {"identified.wait"} == set()


def test_every_rule_that_a_call_can_meet_is_named_in_a_test():
    texts = [path.read_text(encoding="utf-8") for path in TESTS.rglob("*") if path.suffix in (".py", ".txt")]
    text = "\n".join(text for text in texts if "OTHER_CHANNELS" not in text)
    named = set(re.findall(r"\bS[1-4]\.\d\b", text))
    named |= {f"S{part}.{n}" for part, n in re.findall(r"\btest_\w*?s([1-4])_(\d)_", text)}

    assert ALL_RULES - set(OTHER_CHANNELS) - named == set()


async def test_a_search_that_takes_long_is_covered_by_a_word(new_world):
    with new_world() as world:
        quick = world.do

        async def slow(use_case, *args, **named):
            if use_case.__name__ == "identify":
                await asyncio.sleep(1.2)
            return await quick(use_case, *args, **named)

        world.do = slow
        line = TapeLine(["1", "1", "2", "1", "6256410854009015#", "1", "12031985#", "1", SILENT])
        await world.converse(line, None)

    assert any(spoken.startswith(">> identified.wait") for spoken in line.talk)
