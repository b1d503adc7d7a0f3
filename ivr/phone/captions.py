"""What is said as text on the caller's own screen: browsers show it to those who cannot hear."""

from collections.abc import Iterator, Sequence

from ivr.dialogue.line import Utterance

LONGEST = 1200
"""Bytes of one message: an AGI command holds 2000, and a SIP message should fit into one packet."""


def captions_of(utterances: Sequence[Utterance]) -> Iterator[str]:
    """The words of one prompt in as few messages as carry them."""
    words = " ".join(utterance.text for utterance in utterances).replace("+", "").split()
    caption = ""
    for word in words:
        longer = f"{caption} {word}".strip()
        if caption and len(longer.encode()) > LONGEST:
            yield caption
            longer = word
        caption = longer
    if caption:
        yield caption
