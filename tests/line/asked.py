"""What the tests of a spoken question share: how it is asked, and what Asterisk did."""

from ivr.dialogue.line import Hearing, Utterance
from tests.phone.far_phone import until

SPECIALITY = Hearing("specialty")
DIGITS = Hearing("digits", silence=1.5)
WITHIN = 30


def prompts(count=1):
    return [Utterance(f"prompt{number}", "слова") for number in range(count)]


def prompts_played(call):
    return [path.rsplit("/", 1)[1] for path in call.phone.told_to_play("SpeechBackground")].count("prompt0")


async def asking(call):
    """Return when Asterisk plays and listens."""
    await until(lambda: call.phone.told_to_play("SpeechBackground"))
