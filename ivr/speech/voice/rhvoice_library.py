"""libRHVoice called through its C interface (the same in 1.8 and 1.14). One engine per process, one thread."""

import ctypes as c
from pathlib import Path

LIBRARY = "libRHVoice.so.5"
_BENEATH = ("libsonic.so.?", "libRHVoice_core.so.?", "libRHVoice_core.so.??")
"""What the library needs, whatever number this release gives it; found beside it when packages are unpacked."""

_SetRate = c.CFUNCTYPE(c.c_int, c.c_int, c.c_void_p)
_Play = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_uint, c.c_void_p)
_Position = c.CFUNCTYPE(c.c_int, c.c_uint, c.c_uint, c.c_void_p)
_Mark = c.CFUNCTYPE(c.c_int, c.c_char_p, c.c_void_p)
_Done = c.CFUNCTYPE(None, c.c_void_p)


class RHVoiceError(RuntimeError):
    """The library is absent, unusable or refuses."""


class _Callbacks(c.Structure):
    _fields_ = [
        ("set_sample_rate", _SetRate),
        ("play_speech", _Play),
        ("process_mark", _Mark),
        ("word_starts", _Position),
        ("word_ends", _Position),
        ("sentence_starts", _Position),
        ("sentence_ends", _Position),
        ("play_audio", _Mark),
        ("done", _Done),
    ]


class _Init(c.Structure):
    _fields_ = [
        ("data_path", c.c_char_p),
        ("config_path", c.c_char_p),
        ("resource_paths", c.POINTER(c.c_char_p)),
        ("callbacks", _Callbacks),
        ("options", c.c_uint),
    ]


class _Voice(c.Structure):
    _fields_ = [("language", c.c_char_p), ("name", c.c_char_p), ("gender", c.c_int), ("country", c.c_char_p)]


class _Parameters(c.Structure):
    _fields_ = [
        ("voice_profile", c.c_char_p),
        ("absolute_rate", c.c_double),
        ("absolute_pitch", c.c_double),
        ("absolute_volume", c.c_double),
        ("relative_rate", c.c_double),
        ("relative_pitch", c.c_double),
        ("relative_volume", c.c_double),
        ("punctuation_mode", c.c_int),
        ("punctuation_list", c.c_char_p),
        ("capitals_mode", c.c_int),
        ("flags", c.c_int),
    ]


class RHVoice:
    """A running engine. Raises RHVoiceError."""

    def __init__(self, library: Path, data: Path, config: Path) -> None:
        self._lib = _loaded(library)
        self._rate = 24000
        self._samples = bytearray()
        # Kept alive with the engine: the library calls them for as long as it runs.
        self._on_rate, self._on_play = _SetRate(self._take_rate), _Play(self._take_samples)
        callbacks = _Callbacks(set_sample_rate=self._on_rate, play_speech=self._on_play)
        self._init = _Init(str(data).encode(), str(config).encode(), None, callbacks, 0)
        self._engine = self._lib.RHVoice_new_tts_engine(c.byref(self._init))
        if not self._engine:
            raise RHVoiceError(f"RHVoice does not start with the voices in {data}: install rhvoice-russian")

    @property
    def version(self) -> str:
        return bytes(self._lib.RHVoice_get_version()).decode()

    def voices(self) -> list[str]:
        """Names, in small letters."""
        found = self._lib.RHVoice_get_voices(self._engine)
        return [found[n].name.decode().lower() for n in range(self._lib.RHVoice_get_number_of_voices(self._engine))]

    def speak(self, text: str, voice: str, *, rate: float = 1.0, pitch: float = 1.0) -> tuple[int, bytes]:
        """Sample rate and 16-bit mono samples. Raises RHVoiceError."""
        self._samples = bytearray()
        asked = _Parameters(voice.encode(), 0, 0, 0, rate, pitch, 1.0, 0, None, 0, 0)
        encoded = text.encode()
        message = self._lib.RHVoice_new_message(self._engine, encoded, len(encoded), 0, c.byref(asked), None)
        if not message:
            raise RHVoiceError(f"RHVoice refuses the text or the voice {voice!r}")
        try:
            self._lib.RHVoice_speak(message)
        finally:
            self._lib.RHVoice_delete_message(message)
        return self._rate, bytes(self._samples)

    def _take_rate(self, rate: int, _data: object) -> int:
        self._rate = rate
        return 1

    def _take_samples(self, samples: object, count: int, _data: object) -> int:
        self._samples += c.string_at(samples, count * 2)  # type: ignore[arg-type]
        return 1


def beneath(library: Path) -> list[Path]:
    """Libraries to load first, in this order: the system would not look for them in the library's folder."""
    return [found for name in _BENEATH for found in sorted(library.parent.glob(name))]


def _loaded(library: Path) -> c.CDLL:
    try:
        for needed in beneath(library):
            c.CDLL(str(needed), mode=c.RTLD_GLOBAL)
        lib = c.CDLL(str(library))
    except OSError as problem:
        raise RHVoiceError(f"cannot load {library}: {problem}") from problem
    lib.RHVoice_get_version.restype = c.c_char_p
    lib.RHVoice_new_tts_engine.argtypes, lib.RHVoice_new_tts_engine.restype = [c.POINTER(_Init)], c.c_void_p
    lib.RHVoice_get_number_of_voices.argtypes = [c.c_void_p]
    lib.RHVoice_get_voices.argtypes, lib.RHVoice_get_voices.restype = [c.c_void_p], c.POINTER(_Voice)
    parameters = c.POINTER(_Parameters)
    lib.RHVoice_new_message.argtypes = [c.c_void_p, c.c_char_p, c.c_uint, c.c_int, parameters, c.c_void_p]
    lib.RHVoice_new_message.restype = c.c_void_p
    lib.RHVoice_speak.argtypes = lib.RHVoice_delete_message.argtypes = [c.c_void_p]
    return lib
