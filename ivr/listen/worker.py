"""A worker process: one model, many questions. `python -m ivr.listen.worker MODEL`; frames come in and go out by pipes.

One thread reads, and answers pings at once, however much audio waits; the other recognises.
"""

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from ivr.listen.answer import Barge, Heard
from ivr.listen.ear import Ear
from ivr.listen.engine import Engine
from ivr.listen.question import Question
from ivr.listen.trouble import BadModel
from ivr.listen.wire import Frame, Kind, OutOfStep, frames, packed

MOST_WAITING = 2000
"""Frames of audio that may wait; more are dropped. Two seconds of twenty callers."""
_TICK = 0.05
REFUSED = 2
"""Exit status for a model that cannot be used."""


class Worker:
    """Recognises what it is sent until its pipe ends."""

    def __init__(self, engine: Engine, pipe_in: IO[bytes], pipe_out: IO[bytes]) -> None:
        self._engine = engine
        self._in, self._out = pipe_in, pipe_out
        self._writing = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[float, Frame] | None] = queue.SimpleQueue()
        self._ears: dict[int, Ear] = {}
        self._dropped = 0
        self._audio = self._busy = self._lag = 0.0
        self._busy_since: float | None = None

    def run(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()
        self._send(Kind.READY)
        ticked = 0.0
        while (item := self._next()) is not None:
            if item:
                self._timed(item)
            # With audio still waiting, silence on the clock says nothing about the caller.
            if self._waiting.empty() and time.monotonic() - ticked > _TICK:
                ticked = time.monotonic()
                self._tick(ticked)

    def _next(self) -> tuple[float, Frame] | tuple[()] | None:
        """Something to do; empty when nothing came for a moment, None at the end."""
        try:
            return self._waiting.get(timeout=_TICK)
        except queue.Empty:
            return ()

    def _read(self) -> None:
        try:
            for frame in frames(self._in):
                if frame[0] is Kind.PING:
                    self._send(Kind.PONG, frame[1], self._load())
                elif frame[0] is Kind.AUDIO and self._waiting.qsize() >= MOST_WAITING:
                    self._dropped += 1
                else:
                    self._waiting.put((time.monotonic(), frame))
        except (OSError, OutOfStep):
            pass
        self._waiting.put(None)

    def _timed(self, item: tuple[float, Frame]) -> None:
        came, frame = item
        self._busy_since = time.monotonic()
        self._lag = self._busy_since - came
        began = time.thread_time()  # what others do on this core is told by the lag
        self._guarded(frame[1], lambda: self._take(*frame))
        self._busy += time.thread_time() - began
        self._busy_since = None

    def _take(self, kind: Kind, number: int, payload: bytes) -> None:
        now = time.monotonic()
        if kind is Kind.BEGIN:
            question = Question.from_json(payload)
            self._ears[number] = Ear(lambda: self._engine.recogniser(question), question, now)
        elif kind is Kind.FORGET:
            self._ears.pop(number, None)
        elif kind is Kind.AUDIO and (ear := self._ears.get(number)):
            self._audio += len(payload) / 16_000
            self._tell(number, ear.hear(payload, now))

    def _tick(self, now: float) -> None:
        for number, ear in list(self._ears.items()):
            self._guarded(number, lambda number=number, ear=ear: self._tell(number, ear.wait(now)))  # type: ignore[misc]

    def _guarded(self, number: int, step: Callable[[], None]) -> None:
        """One caller's trouble is not another's."""
        try:
            step()
        except OSError:  # the server is gone; reading finds it too
            self._ears.clear()
        except Exception as problem:
            print(f"recognition failed: {type(problem).__name__}: {problem}", file=sys.stderr, flush=True)
            self._ears.pop(number, None)
            self._send(Kind.BROKEN, number)

    def _tell(self, number: int, events: Iterable[Barge | Heard]) -> None:
        for event in events:
            if isinstance(event, Barge):
                self._send(Kind.BARGE, number)
            else:
                del self._ears[number]
                answer = {"readings": event.readings, "after": event.after}
                self._send(Kind.HEARD, number, json.dumps(answer, ensure_ascii=False).encode())

    def _load(self) -> bytes:
        """How busy this worker is: Load of worker_process."""
        since = self._busy_since
        values = {
            "questions": len(self._ears),
            "audio": self._audio,
            "busy": self._busy,
            "lag": 0.0 if self._waiting.empty() else self._lag,
            "stuck": time.monotonic() - since if since else 0.0,
            "dropped": self._dropped,
        }
        return json.dumps(values).encode()

    def _send(self, kind: Kind, number: int = 0, payload: bytes = b"") -> None:
        with self._writing:
            self._out.write(packed(kind, number, payload))
            self._out.flush()


def main() -> None:
    pipe_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    try:
        engine = Engine(Path(sys.argv[1]))
    except BadModel as problem:
        pipe_out.write(packed(Kind.REFUSED, 0, str(problem).encode()))
        pipe_out.flush()
        sys.exit(REFUSED)
    Worker(engine, sys.stdin.buffer, pipe_out).run()


if __name__ == "__main__":
    main()
