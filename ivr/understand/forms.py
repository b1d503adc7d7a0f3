"""All cases of the words that callers use: what is written once in the nominative is heard in every form."""

from functools import cache

import pymorphy3  # type: ignore[import-untyped]

# Not those of poetry, «водою».
_CASES = ("nomn", "gent", "datv", "accs", "ablt", "loct")


@cache
def forms(word: str) -> tuple[str, ...]:
    """The word and, where it can be a noun or adjective in the nominative, its cases, in its own number."""
    found = dict.fromkeys([word])
    parses = _morph().parse(word)
    for parse in parses:
        # Of a word that is not in the dictionary only the likeliest guess: «пульмонолог» is declined as «биолог».
        if not (parse.is_known or parse is parses[0]) or "nomn" not in parse.tag:
            continue
        if not {"NOUN", "ADJF"} & parse.tag.grammemes:
            continue
        for form in parse.lexeme:
            same = form.tag.POS == parse.tag.POS and form.tag.number == parse.tag.number
            if same and form.tag.case in _CASES and "V-oy" not in form.tag:
                found[form.word] = None
    return tuple(found)


@cache
def _morph() -> pymorphy3.MorphAnalyzer:
    return pymorphy3.MorphAnalyzer(lang="ru")
