"""`ivr check`: everything that can be wrong before a caller finds it; one line each."""

import asyncio
import re
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr import bootstrap, bootstrap_web
from ivr.commands import far_schedule, probing
from ivr.commands.probing import Finding, finding
from ivr.commands.wording import lint_of
from ivr.listen import models
from ivr.listen.engine import Engine
from ivr.phone.agi_speech import ENGINE
from ivr.phone.ami import Ami, AmiRefused
from ivr.phone.asterisk import Asterisk
from ivr.phone.config import PhoneConfig
from ivr.phone.render import listen_url
from ivr.phone.server import ROUTES
from ivr.phone_config import phone_config_of
from ivr.settings import Settings, config_file
from ivr.setup import machine
from ivr.speech.build import missing_asterisk_sounds
from ivr.speech.phrasebook import Phrasebook
from ivr.understand.grammar import QUESTIONS

CLOCK_FROM = 2026
"""A year before this one means a machine that has lost its clock."""


async def check(settings: Settings) -> list[Finding]:
    """Run all checks at once: an Asterisk that does not answer is waited for only once."""
    config = phone_config_of(settings)
    found = await asyncio.gather(
        finding("settings", lambda: _settings(settings)),
        finding("clock", lambda: _clock(settings)),
        finding("database", lambda: probing.database(settings)),
        finding("portal", lambda: portal(settings)),
        finding("schedule", lambda: asyncio.to_thread(far_schedule.told, settings), within=60),
        finding("phrases", lambda: phrases(settings)),
        finding("sounds", lambda: sounds(settings, config), within=60),
        finding("phone", lambda: probing.agi(config)),
        finding("asterisk", lambda: probing.asterisk(config)),
        finding("speech", lambda: speech(settings), within=60),
        finding("modules", lambda: speech_in_asterisk(settings)),
        finding("rights", lambda: rights(config)),
        finding("dialplan", lambda: dialplan(settings, config)),
    )
    return list(found)


async def _settings(settings: Settings) -> str:
    bootstrap.rules_of(settings)
    bootstrap.hospital_of(settings)
    path = config_file()
    return str(path) if path.exists() else "defaults and environment"


async def _clock(settings: Settings) -> str:
    now = datetime.now(ZoneInfo(settings.rules.zone))
    if now.year < CLOCK_FROM:
        raise RuntimeError(f"the machine believes it is {now:%d.%m.%Y}; set its clock")
    return f"{now:%d.%m.%Y %H:%M} {settings.rules.zone}"


async def portal(settings: Settings) -> str:
    """Whom the state portal shows. Raises BadSettings where it cannot be offered."""
    if not settings.fer.enabled:
        return "not offered: fer.enabled is false"
    bootstrap_web.fer_service_of(settings, bootstrap.hospital_of(settings))
    return await asyncio.to_thread(_shown_by_the_portal, settings)


def _shown_by_the_portal(settings: Settings) -> str:
    works = bootstrap.work_factory(settings)
    try:
        with works().reading() as work:
            doctors, specialities = work.staff.doctors(), work.staff.specialities(staffed=True)
    finally:
        works.close()
    nameless = sum(doctor.snils is None for doctor in doctors)
    coded = sum(speciality.post_code is not None for speciality in specialities)
    hidden = f"; {nameless} without a SNILS are not shown" if nameless else ""
    return f"{len(doctors) - nameless} doctors{hidden}; {coded} of {len(specialities)} specialities have a federal code"


async def phrases(settings: Settings) -> str:
    found = lint_of(settings)
    if errors := [finding for finding in found if finding.level == "error"]:
        raise RuntimeError(f"{len(errors)} errors, the first: {errors[0]}; see `ivr prompts lint`")
    return f"no errors, {len(found)} warnings"


async def sounds(settings: Settings, config: PhoneConfig) -> str:
    probing.must_be_writable(bootstrap.sounds_folder(settings))
    voice = bootstrap.voice_of(settings)
    book = Phrasebook.load(settings.path(settings.folders.prompts))
    try:
        wanted = list(book.static())
        missing = [utterance.key for utterance in await voice.missing(wanted)]
    finally:
        await voice.close()
    missing += missing_asterisk_sounds(config.sounds, book)
    if missing:
        raise RuntimeError(f"{len(missing)} missing, such as {missing[0]}; run `ivr prompts build`")
    return f"{len(wanted)} sounds, {voice.engines[0].choice.engine} {voice.engines[0].choice.voice}"


async def speech(settings: Settings) -> str:
    """How callers are heard. Without a model, or without a program that listens, they are served by keys."""
    told = await probing.speech(settings, within=1)
    if not models.is_installed(settings.speech_model):
        return f"keys only: no speech model in {settings.speech_model}; `ivr models install small` brings one"
    if not settings.listen.enabled:
        return told
    unknown = await asyncio.to_thread(_unknown_words, settings)
    fixed = "" if models.takes_words(settings.speech_model) else "; it cannot be told the words of a question"
    return f"{told}{fixed}; {unknown} words that callers may say are unknown to the model (`ivr models words`)"


SPEECH_MODULES = ("res_http_websocket.so", "res_aeap.so", "res_speech_aeap.so", "app_speech_utils.so")
"""What Asterisk needs to lead callers to `ivr listen`."""


async def speech_in_asterisk(settings: Settings) -> str:
    """Its modules run and our recogniser is known to it. Raises RuntimeError: callers would be served by keys only."""
    if not settings.listen.enabled:
        return "not needed: listen.enabled is false"
    config = phone_config_of(settings)
    program = machine.find_asterisk(settings.path(settings.folders.build))
    own = Asterisk(program, config) if program else None
    if not own or not own.control.exists():
        return "not looked at: Asterisk is not one that `ivr up` started (docs/asterisk.md)"
    loaded = await asyncio.to_thread(own.cli, "module show")
    missing = [name for name in SPEECH_MODULES if not re.search(rf"^{re.escape(name)} .*Running", loaded, re.MULTILINE)]
    if missing:
        raise RuntimeError(f"keys only: {', '.join(missing)} not running; render the configuration again and restart")
    url, known = listen_url(config), await asyncio.to_thread(own.cli, "aeap show clients")
    if not re.search(rf"^client: {ENGINE}\n(?:.+\n)*?.*{re.escape(url)}", known, re.MULTILINE):
        raise RuntimeError(f"keys only: aeap.conf does not lead to {url}; render the configuration again and reload it")
    return f"{len(SPEECH_MODULES)} for speech, {url}"


def _unknown_words(settings: Settings) -> int:
    engine = Engine(settings.speech_model)
    vocabulary = bootstrap.HospitalVocabulary(settings)
    return len({word for question in QUESTIONS for word in engine.unknown(vocabulary(question))})


async def rights(config: PhoneConfig) -> str:
    """The manager user may read the queue and must not be able to run commands."""
    ami = Ami(config.ami_host, config.ami_port, config.ami_user, config.ami_secret)
    try:
        await ami.start(within=5)
        try:
            await ami.ask({"Action": "Command", "Command": "core show version"})
        except AmiRefused:
            return "least"
        raise RuntimeError(f"the manager user {config.ami_user} may run commands; take `command` from its rights")
    finally:
        await ami.close()


async def dialplan(settings: Settings, config: PhoneConfig) -> str:
    """Every AGI route stands in the running dialplan."""
    program = machine.find_asterisk(settings.path(settings.folders.build))
    own = Asterisk(program, config) if program else None
    if own and own.control.exists():
        said = await asyncio.to_thread(own.cli, "dialplan show")
    else:
        try:
            said = await _dialplan_elsewhere(config)
        except AmiRefused:
            return "not looked at: with its least rights the manager user may not read it (docs/asterisk.md)"
    missing = [route for route in ROUTES if f"agi://{config.agi_host}:{config.agi_port}/{route}" not in said]
    if missing:
        raise RuntimeError(f"no AGI route {', '.join(missing)}; render the configuration again and reload it")
    return ", ".join(ROUTES)


async def _dialplan_elsewhere(config: PhoneConfig) -> str:
    """Of an exchange that is not ours. Raises AmiRefused where the user lacks the right `reporting`."""
    ami = Ami(config.ami_host, config.ami_port, config.ami_user, config.ami_secret)
    try:
        await ami.start(within=5)
        lines = await ami.ask_list({"Action": "ShowDialPlan"}, within=10)
    finally:
        await ami.close()
    return " ".join(str(line.get("AppData", "")) for line in lines)


def run(settings: Settings) -> list[Finding]:
    return asyncio.run(check(settings))
