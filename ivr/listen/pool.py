"""All workers: each is started again when it is gone, a question goes to the one with the fewest."""

import asyncio
import logging
from itertools import count
from pathlib import Path

from ivr.listen.answer import Answer
from ivr.listen.metrics import Metrics
from ivr.listen.question import Question
from ivr.listen.trouble import BadModel
from ivr.listen.worker_process import WorkerProcess

log = logging.getLogger(__name__)

FULL_LAG = 1.0
"""A worker whose audio waits so long gets no further question: those it has are more use than more of them."""
_PAUSES = (0.0, 0.2, 1.0, 5.0)
"""Before a restart; longer where a worker dies soon after its start."""
_STEADY_SECONDS = 10.0
_FIRST_TRIES = 3
_GATHER_SECONDS = 0.2


class NoWorker(Exception):
    """No worker can take a question now: ask by keys."""


class Pool:
    """`size` workers with a model each."""

    def __init__(self, model: Path, size: int, metrics: Metrics) -> None:
        self.metrics = metrics
        self.size = size
        self._model = model
        self._numbers = count(1)
        self._workers: list[WorkerProcess] = []
        self._busy: dict[int, WorkerProcess] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._past = _Past()

    async def start(self) -> None:
        """Returns when every worker is ready. Raises BadModel if the model cannot be used."""
        ready = [asyncio.get_running_loop().create_future() for _ in range(self.size)]
        self._keepers = [asyncio.create_task(self._keep(one)) for one in ready]
        try:
            await asyncio.gather(*ready)
        except BaseException:
            await self.close()
            raise
        self._keepers.append(asyncio.create_task(self._gather()))

    @property
    def ready(self) -> int:
        return sum(worker.ready for worker in self._workers)

    @property
    def pids(self) -> list[int]:
        """Of the workers that are ready."""
        return [worker.pid for worker in self._workers if worker.ready and worker.pid]

    def begin(self, question: Question, answer: Answer) -> int:
        """Listen; `answer` gets a Barge, maybe, and then one Heard or Broken. Raises NoWorker."""
        able = [worker for worker in self._workers if worker.ready and worker.load.lag < FULL_LAG]
        if not able:
            raise NoWorker
        number, worker = next(self._numbers), min(able, key=lambda one: one.questions)
        self._busy[number] = worker
        worker.begin(number, question, answer)
        return number

    def hear(self, number: int, audio: bytes) -> None:
        if worker := self._busy.get(number):
            worker.hear(number, audio)

    def forget(self, number: int) -> None:
        """The question is over, or nobody wants its answer any more."""
        if worker := self._busy.pop(number, None):
            worker.forget(number)

    async def close(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    async def _keep(self, first: asyncio.Future[None]) -> None:
        """One worker after another, for ever."""
        loop, tried = asyncio.get_running_loop(), 0
        while True:
            worker, began = WorkerProcess(self._model), loop.time()
            self._workers.append(worker)
            try:
                await worker.live(lambda: None if first.done() else first.set_result(None))
            except (BadModel, OSError) as problem:
                if not first.done():
                    first.set_exception(problem)
                    return
                log.error("speech worker cannot start", extra={"reason": str(problem)})
            finally:
                self._workers.remove(worker)
                self._past.add(worker)
            tried = 0 if loop.time() - began > _STEADY_SECONDS else tried + 1
            if not first.done() and tried >= _FIRST_TRIES:
                first.set_exception(BadModel(f"{self._model}: Vosk dies of it; `ivr models verify` compares its files"))
                return
            log.error("speech worker is gone, starting another", extra={"pid": worker.pid})
            self.metrics.worker_restarts.inc()
            await asyncio.sleep(_PAUSES[min(tried, len(_PAUSES)) - 1] if tried else 0.0)

    async def _gather(self) -> None:
        while True:
            self._measure()
            await asyncio.sleep(_GATHER_SECONDS)

    def _measure(self) -> None:
        audio = self._past.audio + sum(worker.load.audio for worker in self._workers)
        busy = self._past.busy + sum(worker.load.busy for worker in self._workers)
        dropped = self._past.dropped + sum(worker.load.dropped + worker.dropped for worker in self._workers)
        self.metrics.real_time_factor.set(busy / audio if audio else 0.0)
        self.metrics.dropped_frames.inc(dropped - self.metrics.value("dropped_frames_total"))
        self.metrics.workers_ready.set(self.ready)
        self.metrics.questions.set(sum(worker.questions for worker in self._workers))
        self.metrics.lag.set(max((worker.load.lag for worker in self._workers), default=0.0))


class _Past:
    """What workers that are gone had done."""

    def __init__(self) -> None:
        self.audio = self.busy = 0.0
        self.dropped = 0

    def add(self, worker: WorkerProcess) -> None:
        self.audio += worker.load.audio
        self.busy += worker.load.busy
        self.dropped += worker.load.dropped + worker.dropped
