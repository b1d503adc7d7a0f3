"""The synthesiser's own process: a request is a line of JSON, and so is its answer.

Started as `python -m ivr.speech.voice.worker`; the first line it reads is the choice of engine. It ends with its input.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

from ivr.speech import audio
from ivr.speech.voice.engine import Engine
from ivr.speech.voice.settings import Choice


def main() -> None:
    answers = _protocol()
    with tempfile.TemporaryDirectory(prefix="ivr-voice-") as folder:
        try:
            engine = Engine(Choice.of_json(json.loads(sys.stdin.readline())), Path(folder))
        except Exception as problem:
            _answer(answers, {"error": _reason(problem)})
            return
        _answer(answers, {"version": engine.version})
        for line in sys.stdin:
            _answer(answers, _render(engine, json.loads(line), Path(folder)))


def _protocol() -> TextIO:
    """The old standard output, for answers alone: pyttsx3 prints on the new one."""
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return answers


def _render(engine: Engine, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    spoken = folder / "spoken.wav"
    try:
        engine.save(request["text"], request["rate"], spoken)
        audio.write_pair(audio.read_wav(spoken), Path(request["out"]))
        return {"id": request["id"]}
    except Exception as problem:
        return {"id": request["id"], "error": _reason(problem)}
    finally:
        spoken.unlink(missing_ok=True)


def _reason(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"


def _answer(answers: TextIO, values: dict[str, Any]) -> None:
    answers.write(json.dumps(values, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
