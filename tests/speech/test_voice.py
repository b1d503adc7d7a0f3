"""The real synthesiser: sounds for the telephone, a worker that dies or hangs, the cache, and nobody's data kept."""

import asyncio
import os
import signal
import wave
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ivr.dialogue.line import Phrase, Utterance
from ivr.speech import audio
from ivr.speech.cache import YOUNG_SECONDS, PrivateSounds, SingleFlight, SoundCache
from ivr.speech.lexicon import Lexicon
from ivr.speech.phrasebook import Phrasebook
from ivr.speech.recordings import UNHEARD
from ivr.speech.sounds import SoundMissing, Voice, VoiceConfig, apart
from ivr.speech.voice.process import VoiceProcess, VoiceTrouble
from ivr.speech.voice.rhvoice_library import LIBRARY, beneath
from ivr.speech.voice.settings import LONGEST, BadVoice, Choice, choices

BOOK = Phrasebook.load()
ESPEAK = Choice("espeak", "ru")
BROKEN = Choice("rhvoice", "anna", Path("/nowhere/libRHVoice.so.5"))
HELLO = BOOK.utterance(Phrase("greeting.hello"))
NUMBER = BOOK.utterance(Phrase("number.confirm", {"last4": "4060"}))
BIRTH = BOOK.utterance(Phrase("birth.confirm", {"born": date(1992, 5, 1)}))
NAMED = Utterance("reminder", "Могу я поговорить с Анной Ивановной Тестовой из села Исады?", personal=True)


@pytest.fixture
async def process():
    process = VoiceProcess(ESPEAK, patience=5.0)
    yield process
    await process.close()


@pytest.fixture
async def voice(tmp_path):
    voice = a_voice(tmp_path, [ESPEAK])
    yield voice
    await voice.close()


def a_voice(folder, engines, **config):
    return Voice(engines, Lexicon.load(), VoiceConfig(folder, fragments=BOOK.fragments(), **config))


def heard(place, rate=16000):
    data = np.frombuffer(Path(f"{place}.sln16").read_bytes(), "<i2") / 32768
    return audio.Sound(data, rate)


def alaw_of(place):
    return Path(f"{place}.alaw").read_bytes()


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_phrase_becomes_a_pair_of_files_at_the_level_of_the_telephone(voice):
    (place,) = await voice.sounds(HELLO)

    sound = heard(place)
    narrow = len(alaw_of(place)) / 8000
    assert place.is_absolute()
    assert 4 < sound.seconds < 9
    assert narrow == pytest.approx(sound.seconds, abs=0.1)
    assert audio.loudness(sound) == pytest.approx(audio.LEVEL, abs=1.0)
    assert np.abs(sound.samples).max() <= 0.9


async def test_speech_begins_and_ends_without_a_long_silence(voice):
    (place,) = await voice.sounds(HELLO)

    samples = heard(place).samples
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    assert loud[0] / 16000 < 0.15
    assert (len(samples) - loud[-1]) / 16000 < 0.25


async def test_a_slow_phrase_lasts_longer(voice):
    (fast,) = await voice.sounds(HELLO)
    (slow,) = await voice.sounds(Utterance(HELLO.key, HELLO.text, slow=True))

    assert heard(slow).seconds > heard(fast).seconds * 1.1


async def test_the_speed_asked_for_is_the_speed_spoken_however_fast_they_change(process, tmp_path):
    for turn in range(12):
        lengths = []
        for rate in (1.0, 0.8):
            await process.render("Добрый день.", rate, tmp_path / "a")
            lengths.append(heard(tmp_path / "a").seconds)
        assert lengths[1] > lengths[0] * 1.1, turn


async def test_a_worker_killed_in_mid_phrase_is_replaced_and_the_phrase_still_comes(process, tmp_path):
    await process.version()
    killed = process.pid
    os.kill(killed, signal.SIGSTOP)
    going = asyncio.create_task(process.render("Вы пятый в очереди.", 1.0, tmp_path / "a"))
    await asyncio.sleep(0)
    os.kill(killed, signal.SIGKILL)
    await going

    assert (tmp_path / "a.alaw").stat().st_size > 4000
    assert process.restarts == 1
    assert process.pid != killed


async def test_a_worker_that_hangs_is_noticed_and_replaced(process, tmp_path):
    await process.version()
    hung = process.pid
    os.kill(hung, signal.SIGSTOP)

    await process.render("Вы пятый в очереди.", 1.0, tmp_path / "a")

    assert alaw_of(tmp_path / "a")
    assert process.restarts == 1
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)


async def test_who_waited_behind_a_hang_is_told_at_once():
    process = VoiceProcess(ESPEAK, patience=0.0001)

    asked = (process.render("Вы пятый в очереди.", 1.0, Path("/nowhere/a")) for _ in range(4))
    told = [str(problem) for problem in await asyncio.gather(*asked, return_exceptions=True)]
    await process.close()

    assert told == ["espeak gave no answer 2 times", *["espeak has just failed"] * 3]
    assert process.restarts == 2


async def test_a_worker_leaves_no_file_behind_however_it_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    process = VoiceProcess(ESPEAK)
    await process.version()
    assert files_below(tmp_path)

    await process.close()

    assert list(tmp_path.iterdir()) == []


async def test_a_text_that_would_kill_the_engine_is_refused_and_the_worker_lives(process, tmp_path):
    with pytest.raises(VoiceTrouble, match="1001 characters"):
        await process.render("а" * (LONGEST + 1), 1.0, tmp_path / "a")

    await process.render("Готово.", 1.0, tmp_path / "b")
    assert process.restarts == 0


async def test_a_folder_that_cannot_be_written_is_an_error_and_not_a_hang(process, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(VoiceTrouble, match="Error"):
        await process.render("Готово.", 1.0, tmp_path / "file" / "a")


async def test_an_engine_that_does_not_start_gives_way_to_the_next_and_is_counted(tmp_path, caplog):
    voice = a_voice(tmp_path, [BROKEN, ESPEAK])

    for key in ("greeting.robot", "greeting.hello"):
        (place,) = await voice.sounds(BOOK.utterance(Phrase(key)))
        assert heard(place).seconds > 1

    await voice.close()
    assert voice.counters.fallbacks == 2
    assert [record.message for record in caplog.records] == ["engine cannot speak"]


async def test_without_any_engine_the_sound_is_missing(tmp_path):
    voice = a_voice(tmp_path, [BROKEN])

    with pytest.raises(SoundMissing, match="no engine could speak: rhvoice does not start"):
        await voice.sounds(HELLO)
    await voice.close()


async def test_many_callers_who_want_one_sound_cause_one_making(voice):
    places = await asyncio.gather(*(voice.sounds(HELLO) for _ in range(20)))

    assert voice.counters.made == 1
    assert len({place for (place,) in places}) == 1


async def test_a_caller_who_hangs_up_does_not_stop_the_sound_for_others(tmp_path):
    flights, go = SingleFlight(), asyncio.Event()

    async def make(out):
        await go.wait()
        out.write_text("made")

    first = asyncio.create_task(flights.once(tmp_path / "a", make))
    second = asyncio.create_task(flights.once(tmp_path / "a", make))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    await second

    assert (tmp_path / "a").read_text() == "made"


async def test_what_was_made_is_found_again_after_a_restart(tmp_path):
    first = a_voice(tmp_path, [ESPEAK])
    (place,) = await first.sounds(HELLO)
    await first.close()
    second = a_voice(tmp_path, [ESPEAK])

    assert await second.sounds(HELLO) == [place]
    assert second.counters.made == 0
    await second.close()


async def test_a_known_sound_that_was_thrown_away_is_made_again(voice):
    (place,) = await voice.sounds(HELLO)
    place.with_name(f"{place.name}.alaw").unlink()

    assert await voice.sounds(HELLO) == [place]
    assert alaw_of(place)


async def test_a_sound_that_a_crash_left_empty_is_made_again(voice):
    (place,) = await voice.sounds(HELLO)
    place.with_name(f"{place.name}.alaw").write_bytes(b"")

    assert await voice.missing([HELLO]) == [HELLO]
    assert await voice.sounds(HELLO) == [place]
    assert alaw_of(place)


async def test_prepared_sounds_are_there_when_asked_for(voice):
    voice.prepare([HELLO])
    await asyncio.gather(*voice._background)

    assert await voice.missing([HELLO]) == []


async def test_digits_of_a_patient_leave_nothing_behind_but_single_digits(voice, tmp_path):
    places = await voice.sounds(NUMBER)

    assert len(places) == 6
    assert places[2] == (await voice.sounds(Utterance("digit", "ноль")))[0]
    assert files_below(tmp_path / "private") == []


async def test_what_is_said_about_a_patient_is_never_shared_and_goes_with_the_call(voice, tmp_path):
    with voice.private("1700000000.42"):
        (place,) = await voice.sounds(NAMED)
        assert heard(place).seconds > 2
        assert place.is_relative_to(tmp_path / "private" / "1700000000.42")
        assert (tmp_path / "private").stat().st_mode & 0o077 == 0

    assert files_below(tmp_path) == []


async def test_what_is_still_being_made_when_the_caller_hangs_up_goes_too(voice, tmp_path):
    with voice.private("1700000000.43"):
        asking = asyncio.create_task(voice.sounds(NAMED))
        while not voice._flights._going:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        asking.cancel()
    await voice._flights.close()

    assert voice.counters.made == 1
    assert files_below(tmp_path) == []
    assert list((tmp_path / "private").iterdir()) == []


def test_a_call_key_cannot_climb_out_of_the_private_folder(tmp_path):
    private = PrivateSounds(tmp_path / "private")

    for climbing in ("../../etc", "..", "/etc", "a/../../b", ""):
        assert private.place(climbing, "k").resolve().is_relative_to(tmp_path.resolve() / "private")
        assert private.place(climbing, "k").resolve().parent != tmp_path.resolve() / "private"


def test_a_birth_date_is_taken_apart_into_day_and_year():
    text = (
        "Дата рождения: двадцать первое марта тысяча девятьсот восемьдесят пятого года. Верно — один, исправить — два."
    )

    assert apart(text) == [
        "Дата рождения:",
        "двадцать первое марта",
        "тысяча девятьсот восемьдесят пятого года",
        "Верно — один, исправить — два.",
    ]


def test_a_personal_phrase_is_taken_apart_at_its_digits():
    assert apart(NUMBER.text) == [
        "Последние цифры номера:",
        *("четыре", "ноль", "шесть", "ноль"),
        "Верно — один, исправить — два.",
    ]


def test_the_longest_unused_sounds_go_first_and_the_young_stay(tmp_path):
    cache, now = SoundCache(tmp_path, most_bytes=2500), 1_000_000.0
    for name, age in (("aa1", 5000), ("bb2", 4000), ("cc3", 10)):
        place = cache.place(name)
        audio.write_whole(Path(f"{place}.sln16"), bytes(800))
        audio.write_whole(Path(f"{place}.alaw"), bytes(200))
        os.utime(f"{place}.alaw", (now - age, now - age))

    assert cache.evict(now) == 1000
    assert sorted(path.name for path in files_below(tmp_path)) == ["bb2.alaw", "bb2.sln16", "cc3.alaw", "cc3.sln16"]


def test_nothing_is_evicted_within_a_quarter_of_an_hour(tmp_path):
    cache, now = SoundCache(tmp_path, most_bytes=0), 1_000_000.0
    place = cache.place("aa1")
    audio.write_whole(Path(f"{place}.sln16"), b"1")
    audio.write_whole(Path(f"{place}.alaw"), b"1")
    os.utime(f"{place}.alaw", (now - YOUNG_SECONDS + 1,) * 2)

    assert cache.evict(now) == 0


def a_recording(path):
    tone = (np.sin(np.arange(48000) * 0.05) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48000, 0, "NONE", ""))
        file.writeframes(tone.tobytes())
    return path


@pytest.mark.parametrize("left", ["aa1.alaw", "aa1.sln16", "aa1.sln16.0f.part"])
def test_what_a_crash_left_of_a_sound_is_thrown_away_in_its_turn(tmp_path, left):
    cache, now = SoundCache(tmp_path, most_bytes=0), 1_000_000.0
    place = cache.place("aa1").with_name(left)
    audio.write_whole(place, bytes(800))
    os.utime(place, (now - 5000, now - 5000))

    assert cache.evict(now) == 800
    assert files_below(tmp_path) == []


async def test_a_recording_is_heard_in_place_of_the_synthesiser(tmp_path):
    take = a_recording(tmp_path / "take.wav")
    voice = a_voice(tmp_path / "sounds", [BROKEN], recordings={HELLO.text: take})

    (place,) = await voice.sounds(HELLO)

    assert heard(place).seconds == pytest.approx(1.0, abs=0.05)
    assert await voice.missing([HELLO]) == []
    await voice.close()


async def test_a_recording_spoiled_while_the_program_runs_gives_way_to_the_synthesiser(tmp_path, caplog):
    take = a_recording(tmp_path / "take.wav")
    whole = take.read_bytes()
    voice = a_voice(tmp_path / "sounds", [ESPEAK], recordings={HELLO.text: take})

    take.write_bytes(whole[:20001])
    for _ in range(2):
        (place,) = await voice.sounds(HELLO)
        assert heard(place).seconds > 4

    assert [record.message for record in caplog.records] == [UNHEARD]
    assert voice._awake() == voice.engines
    await voice.close()


async def test_a_recording_that_was_taken_away_gives_way_to_the_synthesiser(tmp_path):
    voice = a_voice(tmp_path / "sounds", [ESPEAK], recordings={HELLO.text: tmp_path / "gone.wav"})

    (place,) = await voice.sounds(HELLO)

    assert heard(place).seconds > 4
    assert await voice.missing([HELLO]) == []
    await voice.close()


def test_alaw_codes_are_those_of_the_standard():
    samples = np.array([0, -1, 32767, -32768, 8, -9, 1000, -1000], dtype="<i2")

    assert audio.alaw(samples).hex() == "d555aa2ad555fa7a"


@pytest.mark.parametrize("samples", [np.zeros(8000), np.zeros(0)], ids=["silent", "empty"])
def test_silence_is_not_a_sound(samples, tmp_path):
    with pytest.raises(audio.BadAudio):
        audio.write_pair(audio.Sound(samples, 8000), tmp_path / "a")
    assert files_below(tmp_path) == []


def test_a_voice_that_may_not_be_used_in_a_hospital_is_refused():
    with pytest.raises(BadVoice, match="tatiana"):
        choices(rhvoice=None, voice="tatiana")


def test_espeak_speaks_where_there_is_no_rhvoice(tmp_path):
    assert [choice.engine for choice in choices(rhvoice=tmp_path)] == ["espeak"]


ROOT = Path(__file__).parents[2]
RHVOICE = [root for root in (ROOT / "build/rhvoice", Path("/")) if len(choices(rhvoice=root)) > 1]


@pytest.mark.skipif(not RHVOICE, reason="RHVoice is not installed")
async def test_anna_speaks_with_the_stress_of_the_lexicon(tmp_path):
    voice = a_voice(tmp_path, choices(rhvoice=RHVOICE[0]))

    (place,) = await voice.sounds(Utterance("x", "Ваш врач — Иванова."))
    (other,) = await voice.sounds(Utterance("x", "Ваш врач — Ив+анова."))

    assert audio.loudness(heard(place)) == pytest.approx(audio.LEVEL, abs=1.0)
    assert alaw_of(place) != alaw_of(other)
    assert voice.counters.fallbacks == 0
    await voice.close()


def test_the_apology_is_kept_with_the_sources():
    apology = ROOT / "asterisk_config" / "sounds" / "apology"

    assert 2 < heard(apology).seconds < 8
    assert Path(f"{apology}.alaw").stat().st_size / 8000 == pytest.approx(heard(apology).seconds, abs=0.1)


def test_the_libraries_below_rhvoice_are_found_whatever_number_a_release_gives_them(tmp_path):
    names = ("libsonic.so.0", "libRHVoice_core.so.10")
    for name in (*names, "libsonic.so.0.2.0", "libRHVoice_core.so.10.0.0", LIBRARY, "libc.so.6"):
        (tmp_path / name).touch()
    assert [found.name for found in beneath(tmp_path / LIBRARY)] == list(names)
