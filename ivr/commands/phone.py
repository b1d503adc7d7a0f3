"""`ivr phone`: the stories of calls, served to an Asterisk that is running elsewhere."""

import asyncio
import contextlib
import logging
import signal

from ivr import bootstrap
from ivr.commands.orphan import stop_without
from ivr.commands.recordings import RecordingKeeper
from ivr.desk import utc_now
from ivr.domain.run_time import LEXICON
from ivr.phone.ami import Ami, AmiDown, AmiRefused
from ivr.phone.config import PhoneConfig
from ivr.phone.guest_door import GuestDoor
from ivr.phone.queue_watch import QueueWatch
from ivr.phone.recogniser import Recogniser
from ivr.phone.recordings import RecordingWatch
from ivr.phone.server import PhoneServer
from ivr.phone_config import phone_config_of, recordings_folder
from ivr.services import forgetting, run_time
from ivr.services.ports import StorageDown
from ivr.settings import Settings
from ivr.speech.sounds import Voice
from ivr.speech.wording import BadWording

log = logging.getLogger(__name__)

KEEP_SECONDS = 3600.0
AGAIN_SECONDS = 5.0
LEARN_SECONDS = 30.0
SETTLE_SECONDS = 1.0


def serve(settings: Settings, *, parent: int | None = None) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP, or until the parent is gone; then drain."""
    asyncio.run(_serve(settings, parent))


async def _serve(settings: Settings, parent: int | None) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    config = phone_config_of(settings)
    house = bootstrap.House(settings)
    voice = bootstrap.voice_of(settings)
    recordings = RecordingKeeper(house, recordings_folder(settings), days=settings.recording.days)
    background = [asyncio.create_task(_watch(config, house, recordings))]
    if parent is not None:
        background.append(asyncio.create_task(stop_without(parent, stopping)))
    try:
        await voice.start()
        background.append(asyncio.create_task(_keep(settings, house, voice, recordings)))
        background.append(asyncio.create_task(_settle(house)))
        stories = bootstrap.phone_stories(house, voice)
        guests = GuestDoor(config.guest_secret, utc_now)
        await PhoneServer(config, voice, stories, recogniser=recogniser_of(config), guests=guests).run(stopping)
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await voice.close()
        house.close()


def recogniser_of(config: PhoneConfig) -> Recogniser | None:
    """None where callers answer by keys only."""
    return Recogniser(config.listen_host, config.listen_port, barge=config.barge) if config.hears else None


async def _keep(settings: Settings, house: bootstrap.House, voice: Voice, recordings: RecordingKeeper) -> None:
    """Clear up after a crash; then, every hour, publish the slots of a new day, make its sounds, tidy recordings
    and forget what is kept for a while only."""
    await _close_crashed(house)
    while True:
        try:
            if added := await house.publish():
                log.info("slots published", extra={"added": added})
        except StorageDown:
            log.error("the schedule could not be published; next try in an hour")
        except Exception:  # calls go on with the slots there are
            log.exception("the schedule could not be published; next try in an hour")
        await recordings.tidy()
        await _forget(house)
        voice.prepare(bootstrap.usual_sounds(settings, house))
        await asyncio.sleep(KEEP_SECONDS)


async def _forget(house: bootstrap.House) -> None:
    """What is kept for a while goes by the clock, whether anybody comes to ask for it or not."""
    try:
        await house.work(forgetting.forget, now=house.desk.now())
    except StorageDown:
        log.error("what is over could not be forgotten; next try in an hour")


async def _settle(house: bootstrap.House) -> None:
    """What the regional system was asked is found out while its patient waits, and long after (X13, X14)."""
    while house.new_work.region is not None:
        try:
            await house.settle()
        except StorageDown:
            log.error("the database is down; what the regional system was asked is found out later")
        except Exception:
            log.exception("an errand to the regional system could not be settled")
        await asyncio.sleep(SETTLE_SECONDS)


async def _learn(settings: Settings, house: bootstrap.House, voice: Voice) -> None:
    """Read words as the administrator has put them right, soon after he did."""
    known: dict[str, str] = {}
    while True:
        with contextlib.suppress(StorageDown):
            readings = dict((await house.work(run_time.stored)).get(LEXICON, {}))
            if readings != known:
                known = readings
                try:
                    voice.learn(readings)
                except BadWording as problem:
                    log.error("a word cannot be read so, it is left as it was", extra={"reason": str(problem)})
                voice.prepare(bootstrap.usual_sounds(settings, house))
        await asyncio.sleep(LEARN_SECONDS)


async def _close_crashed(house: bootstrap.House) -> None:
    """Let callers of a crashed process resume and its holds go; waits for a database that is down."""
    while True:
        try:
            if closed := await house.close_crashed():
                log.warning("calls that a crash had left open are closed", extra={"calls": closed})
            return
        except StorageDown:
            log.error("the database is down; calls are passed to a person")
            await asyncio.sleep(AGAIN_SECONDS)


async def _watch(config: PhoneConfig, house: bootstrap.House, recordings: RecordingKeeper) -> None:
    """Stay connected to Asterisk's manager interface: its guard logs when Asterisk hangs, dies and returns."""
    ami = Ami(config.ami_host, config.ami_port, config.ami_user, config.ami_secret)
    RecordingWatch(ami, begin=recordings.begin, finish=recordings.finish)
    queue = QueueWatch(ami, keep=house.keep_hold, let_go=house.let_go)
    try:
        with contextlib.suppress(AmiDown, AmiRefused):
            await ami.start()
        await queue.run()
    finally:
        await ami.close()
