"""Asterisk's side of the speech websocket, as a test plays it."""

import asyncio
import json
import uuid
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

SAMPLES = Path(__file__).parent / "samples"
FRAME = 320


@dataclass(frozen=True)
class Sample:
    """A recording with what is said in it."""

    file: str
    grammar: str
    text: str

    @property
    def audio(self) -> bytes:
        with wave.open(str(SAMPLES / self.file)) as recording:
            return recording.readframes(recording.getnframes())


def samples() -> list[Sample]:
    lines = (SAMPLES / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
    return [Sample(*line.split("\t")[:3]) for line in lines]


GRAMMARS: dict[str, list[str]] = json.loads((SAMPLES / "grammars.json").read_text(encoding="utf-8"))
BY_FILE = {sample.file[:2]: sample for sample in samples()}


def noise(seconds: float, level: float = 1500.0) -> bytes:
    """White noise, as loud as speech."""
    samples = np.random.default_rng(1).normal(0.0, level, int(seconds * 8000))
    return samples.clip(-32768, 32767).astype("<i2").tobytes()


def hum(seconds: float) -> bytes:
    """A tone with harmonics: something that has a pitch and says nothing."""
    times = np.arange(int(seconds * 8000)) / 8000
    wave_ = sum(np.sin(2 * np.pi * 180 * k * times) / k for k in range(1, 8))
    return (wave_ * 4000).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    """What a line sounds like when nobody speaks."""
    return noise(seconds, 20.0)


class FarAsterisk:
    """A speech object: answers our results, sends frames in real time or as fast as wanted."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.results: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()
        self.pushed = 0
        self.answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.reading = asyncio.create_task(self._read())

    @classmethod
    async def create(cls, port: int, **params: str) -> Self:
        connection = await connect(
            f"ws://127.0.0.1:{port}/", subprotocols=["speech_to_text"], compression=None, ping_interval=None
        )
        far_end = cls(connection)
        await far_end.request("setup", version="0.1.0", codecs=[{"name": "slin"}], params=params)
        return far_end

    async def _read(self) -> None:
        async for text in self.connection:
            message = json.loads(text)
            if "response" in message:
                self.answers.pop(message["id"]).set_result(message)
            else:
                self.pushed += 1
                self.results.put_nowait(message["params"]["results"])
                await self.connection.send(json.dumps({"response": "set", "id": message["id"]}))

    async def request(self, request: str, **values: Any) -> dict[str, Any]:
        """Send and wait for the answer, as long as Asterisk waits."""
        id_ = str(uuid.uuid4())
        self.answers[id_] = asyncio.get_running_loop().create_future()
        await self.connection.send(json.dumps({"request": request, "id": id_, **values}))
        return await asyncio.wait_for(self.answers[id_], 1)

    async def engine(self, **params: str) -> None:
        """SPEECH_ENGINE(name)=value."""
        await self.request("set", params=params)

    async def speak(self, audio: bytes, *, pace: float = 0.02) -> None:
        """Frame by frame; a pace of 0.02 s is real time."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for begin in range(0, len(audio), FRAME):
            await self.connection.send(audio[begin : begin + FRAME])
            due += pace
            await asyncio.sleep(max(due - loop.time(), 0))

    async def listen(self, audio: bytes, *, quiet: float = 3.0, pace: float = 0.001) -> dict[str, Any]:
        """SpeechBackground: speak, then be quiet, until a result comes."""
        speaking = asyncio.create_task(self.speak(audio + silence(quiet), pace=pace))
        try:
            return (await asyncio.wait_for(self.results.get(), 20))[-1]
        finally:
            speaking.cancel()

    async def ask(self, step: str, audio: bytes, **options: str) -> dict[str, Any]:
        await self.engine(step=step, **options)
        return await self.listen(audio)

    async def close(self) -> None:
        await self.connection.close()
        self.reading.cancel()
        await asyncio.gather(self.reading, return_exceptions=True)
