"""What `ivr up` is made of goes on where its surroundings fail."""

import asyncio
import os
import sys

import pytest

from ivr.commands.child import Child
from ivr.commands.up import _Screen


async def test_a_child_that_cannot_be_started_now_is_tried_again(monkeypatch, caplog):
    async def probe():
        pytest.fail("there is nothing to look at")

    process = Child("phone", probe)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/nowhere/python")
        running = asyncio.create_task(process.keep_running())
        while "cannot be started now" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert not running.done()
    running.cancel()


def test_a_terminal_that_is_gone_does_not_stop_the_end_of_the_calls():
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError), os.fdopen(writing, "w") as file:
        screen = _Screen(file=file)

        screen.print("stopping: calls may finish")
        screen.print("and then Asterisk ends")

        file.write("the pipe is broken indeed")
