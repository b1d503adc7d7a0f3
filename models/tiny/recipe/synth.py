"""Speech synthesis: espeak-ng in process (with phoneme timings) and festival (one process per batch)."""
import ctypes, os, subprocess, tempfile
import numpy as np

# ---- voices: the two lists share nothing; speeds and pitches are disjoint as well ----
TRAIN_VARIANTS = ("m1 m2 m3 m4 m5 m6 f1 f2 f3 f4 klatt klatt2 klatt3 klatt5 croak adam Alex Andrea Andy Annie antonio aunty belinda benjamin "
                  "boris caleb david Denis Diogo ed edward Gene Gustave Henrique Hugo iven Jacky john Lee linda Marco Mario Max miguel "
                  "paul pedro rob robert Storm zac norbert grandma AnxiousAndy").split()
TEST_VARIANTS = "m7 m8 f5 klatt4 Michael steph Pablo victor travis Alicia sandro".split()
TRAIN_SPEEDS = list(range(110, 215, 10))       # words per minute
TEST_SPEEDS = [125, 145, 165, 185]
TRAIN_PITCH = list(range(20, 82, 2))
TEST_PITCH = [31, 41, 51, 61, 71]


class Espeak:
    RATE, PITCH, RANGE, WORDGAP = 1, 3, 4, 7

    class Event(ctypes.Structure):
        _fields_ = [("type", ctypes.c_int), ("uid", ctypes.c_uint), ("text_position", ctypes.c_int), ("length", ctypes.c_int),
                    ("audio_position", ctypes.c_int), ("sample", ctypes.c_int), ("user", ctypes.c_void_p), ("name", ctypes.c_char * 8)]

    def __init__(self):
        self.lib = ctypes.CDLL("libespeak-ng.so.1")
        self.sr = self.lib.espeak_Initialize(2, 0, None, 1)  # AUDIO_OUTPUT_SYNCHRONOUS, phoneme events
        CB = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(self.Event))
        self._cb = CB(self._on_audio)
        self.lib.espeak_SetSynthCallback(self._cb)
        self.lib.espeak_Synth.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
                                          ctypes.c_void_p, ctypes.c_void_p]
        self.lib.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]

    def _on_audio(self, wav, n, events):
        if n > 0 and wav:
            self.chunks.append(np.ctypeslib.as_array(wav, shape=(n,)).copy())
        i = 0
        while events[i].type != 0:
            if events[i].type == 7:
                self.events.append((events[i].audio_position / 1000.0, events[i].name.decode("utf8", "replace")))
            i += 1
        return 0

    def say(self, text, voice="ru", rate=150, pitch=50, rng=50, gap=0):
        """-> (float32 waveform in [-1,1], sample rate, [(seconds, mnemonic), ...])"""
        self.chunks, self.events = [], []
        if self.lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(voice)
        for p, v in ((self.RATE, rate), (self.PITCH, pitch), (self.RANGE, rng), (self.WORDGAP, gap)):
            self.lib.espeak_SetParameter(p, int(v), 0)
        b = text.encode("utf8") + b"\0"
        self.lib.espeak_Synth(b, len(b), 0, 1, 0, 1, None, None)
        self.lib.espeak_Synchronize()
        wav = np.concatenate(self.chunks) if self.chunks else np.zeros(10, np.int16)
        return wav.astype(np.float32) / 32768.0, self.sr, self.events


def festival_batch(texts, stretches):
    """Russian unit-selection voice of Debian's festvox-ru; -> list of (waveform, rate) or None where it failed."""
    import scipy.io.wavfile
    out = []
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/x.scm", "w") as f:
            f.write("(voice_msu_ru_nsh_clunits)\n")
            for i, (t, s) in enumerate(zip(texts, stretches)):
                f.write('(Parameter.set \'Duration_Stretch %.2f)\n(unwind-protect (begin (set! u (SynthText "%s")) '
                        '(utt.save.wave u "%s/%d.wav" \'riff)) (begin (print "fail")))\n' % (s, t, d, i))
        subprocess.run(["festival", "-b", d + "/x.scm"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for i in range(len(texts)):
            p = "%s/%d.wav" % (d, i)
            if os.path.exists(p) and os.path.getsize(p) > 4000:
                sr, w = scipy.io.wavfile.read(p)
                out.append((w.astype(np.float32) / 32768.0, sr))
            else:
                out.append(None)
    return out


if __name__ == "__main__":
    import time
    e = Espeak(); t = time.time(); tot = 0
    for v in TRAIN_VARIANTS + TEST_VARIANTS:
        w, sr, ev = e.say("записаться к терапевту на двадцать третье мая", "ru+" + v); tot += len(w) / sr
        print(v, sr, round(len(w) / sr, 2), len(ev), round(float(np.abs(w).max()), 2))
    print(ev, tot / (time.time() - t), "x real time")
    t = time.time(); r = festival_batch(["один два три четыре", "нарколог к терапевту", "отмена"] * 5, [1.0] * 15)
    print([x and round(len(x[0]) / x[1], 2) for x in r], time.time() - t)
