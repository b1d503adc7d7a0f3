"""A recognised answer as words: small letters, no ё, no hyphens."""

MOST_WORDS = 100
"""In twenty seconds nobody says more."""
UNKNOWN = "[unk]"
"""What the recogniser writes for a word that the question does not know."""

Words = tuple[str, ...]

FILLERS = frozenset(
    "а ага алло бы будьте в вас вот вы для до добрый добры доброе день утро вечер же за здравствуйте и или их к как ко "
    "ли мне можно мой моя мою моего мое на надо нам наверное нас ну нужен нужна нужно о об ой он она очень по "
    "пожалуйста понимаете просто прошу с самое сейчас скажите слушайте со спасибо так там то тоже тут у уж уже "
    "хорошо хотел хотела хотели хотелось хочу чтобы э эм это я числа число номер цифра полис полиса".split()
)
"""Said without meaning of their own."""


HISSES = frozenset("а ай и о ой у э эм".split())
"""Fillers that noise sounds like: passed over when heard, but not offered to the recogniser of speech."""

BETWEEN = frozenset("а бы вас вот вы же ли мне мой мою ну пожалуйста там тут у это я".split())
"""May stand inside a phrase without changing it: «во сколько вы открываетесь»."""


def plain(text: str) -> str:
    """Without ё: recognisers write it or not."""
    return text.replace("ё", "е")


def split(text: str) -> Words:
    """«К ухо-горло-носу» is («к», «ухо», «горло», «носу»). What is longer than any answer is cut."""
    return tuple(plain(text.lower()).replace("-", " ").split())[:MOST_WORDS]
