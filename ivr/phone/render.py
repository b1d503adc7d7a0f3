"""Asterisk's files from the templates in asterisk_config/: every @NAME@ is replaced, an unknown one is an error."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.phone.config import BadPhoneConfig, Operator, PhoneConfig, Trunk
from ivr.phone.ice import ice_lines

INCLUDES = ("aeap_ivr.conf", "extensions_ivr.conf", "manager_ivr.conf", "pjsip_ivr.conf", "queues_ivr.conf")
"""What an existing PBX takes in by #include."""

MARK = "; Written by `ivr asterisk render`: change its template in asterisk_config, not this file.\n"
"""First line of every file: what begins otherwise is somebody else's."""
_NAME = re.compile(r"@([A-Z_]+)@")


def fill(template: str, values: Mapping[str, str], *, where: str) -> str:
    """Replace every @NAME@. Raises BadPhoneConfig naming the file for a name without a value."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise BadPhoneConfig(f"{where}: nothing is known of @{match[1]}@")
        return values[match[1]]

    return _NAME.sub(value, template)


def values_of(config: PhoneConfig, modules: Path) -> dict[str, str]:
    """The names that templates may use (docs/asterisk.md lists them)."""
    return {
        "VAR": str(config.folder),
        "MODULES": str(modules),
        "SYSTEM_NAME": config.system_name,
        # each call may have an operator's leg, and a queued call a Local one
        "MAX_CHANNELS": str(config.max_calls * 3 + 50),
        "BIND": config.bind,
        "SIP_PORT": str(config.sip_port),
        "RTP_START": str(config.rtp_start),
        "RTP_END": str(config.rtp_end),
        "EXTERNAL_ADDRESS": _external_address(config),
        "MEDIA_ADDRESS": _media_address(config),
        "WS_HOST": config.ws_host,
        "WS_PORT": str(config.ws_port),
        "WS_TLS": _tls(config),
        "WEB_GUESTS": str(config.web_guests),
        "ICE": ice_lines(config),
        "AGI_HOST": config.agi_host,
        "AGI_PORT": str(config.agi_port),
        "AGI_SECRET": config.agi_secret,
        "LISTEN_URL": listen_url(config),
        "TRUNK_BARGE": str(int(config.trunk_barge)),
        "AMI_HOST": config.ami_host,
        "AMI_PORT": str(config.ami_port),
        "AMI_USER": config.ami_user,
        "AMI_SECRET": config.ami_secret,
        "AMI_PERMIT": config.ami_permit,
        "DESK_USER": config.desk_user,
        "DESK_SECRET": config.desk_secret,
        "DIAL_USER": config.dial_user,
        "DIAL_SECRET": config.dial_secret,
        "AMD": str(int(config.amd)),
        "DEMO_USER": config.demo_user,
        "DEMO_NUMBER": config.demo_number,
        "DEMO_SECRET": config.demo_secret,
        "OPERATORS": "".join(_operator(config, operator) for operator in config.operators),
        "MEMBERS": "\n".join(f"member => PJSIP/{o.name},0,{o.title},PJSIP/{o.name}" for o in config.operators),
        "TRUNK": _trunk(config, config.trunk) if config.trunk else "",
        "IVR_EXTENSION": config.ivr_extension,
        "QUEUE_EXTENSION": config.queue_extension,
        "COLLEAGUE_SECONDS": str(config.colleague_seconds),
        "RING_SECONDS": str(config.ring_seconds),
        "BACK_SECONDS": str(config.back_seconds),
        "QUEUE_SECONDS": str(config.queue_seconds),
        "QUEUE_LENGTH": str(config.queue_length),
        "QUEUE_ROUNDS": str(config.queue_rounds),
        "RETRY_SECONDS": str(config.retry_seconds),
        "CALLBACK_OFFER_SECONDS": str(config.callback_offer_seconds),
        "SOUNDS": str(config.sounds),
        "APOLOGY": str(config.apology),
        "RECORD": str(int(config.recordings is not None)),
        "RECORDINGS": str(config.recordings or ""),
        "MUSIC": str(config.music or config.folder / "data" / "moh"),
        "EXTRA_MODULES": "\n".join(f"load = {name}" for name in config.extra_modules),
        "EXTRA_DIALPLAN": config.extra_dialplan,
    }


def render(config: PhoneConfig, modules: Path, folder: Path, *, include_only: bool = False) -> list[Path]:
    """Write the files into `folder`, readable by their owner only, since they hold secrets. Returns them, in order."""
    values = values_of(config, modules) | {"ETC": str(folder.absolute())}
    names = _names(config, include_only)
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / name, MARK + fill(_template(config, name), values, where=name)) for name in names]


def foreign(config: PhoneConfig, folder: Path, *, include_only: bool = False) -> list[Path]:
    """Files that `render` would overwrite and has not written."""
    there = [folder / name for name in _names(config, include_only) if (folder / name).exists()]
    return [path for path in there if not path.read_bytes().startswith(MARK.encode())]


def _names(config: PhoneConfig, include_only: bool) -> Sequence[str]:
    names = INCLUDES if include_only else sorted(path.name for path in config.templates.glob("*.conf"))
    if not names:
        raise BadPhoneConfig(f"templates: no *.conf in {config.templates}")
    return names


def _template(config: PhoneConfig, name: str) -> str:
    return (config.templates / name).read_text(encoding="utf-8")


def _write(path: Path, text: str) -> Path:
    # Written beside and renamed: a running Asterisk that reloads never reads half a file.
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(beside).replace(path)


def listen_url(config: PhoneConfig) -> str:
    """Where Asterisk finds the recogniser."""
    host = f"[{config.listen_host}]" if ":" in config.listen_host else config.listen_host
    return f"ws://{host}:{config.listen_port}/"


def _media_address(config: PhoneConfig) -> str:
    if not config.media_address:
        return ""
    return f"media_address = {config.media_address}\nbind_rtp_to_media_address = yes"


def _external_address(config: PhoneConfig) -> str:
    if not config.external_address:
        return ""
    address = config.external_address
    local = "".join(f"\nlocal_net = {net}" for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    return f"external_media_address = {address}\nexternal_signaling_address = {address}{local}"


def _operator(config: PhoneConfig, operator: Operator) -> str:
    values = {"NAME": operator.name, "TITLE": operator.title, "NUMBER": operator.number, "SECRET": operator.secret}
    return fill(_template(config, "pjsip_operator.part"), values, where="pjsip_operator.part")


def _trunk(config: PhoneConfig, trunk: Trunk) -> str:
    values = {
        "TRUNK_HOST": trunk.host,
        "TRUNK_MATCH": trunk.match or trunk.host.rpartition(":")[0] or trunk.host,
        "TRUNK_USER": trunk.user,
        "TRUNK_SECRET": trunk.secret,
        "IVR_EXTENSION": config.ivr_extension,
    }
    parts = ["pjsip_trunk.part"] + (["pjsip_trunk_login.part"] if trunk.user else [])
    return "".join(fill(_template(config, part), values, where=part) for part in parts)


def _tls(config: PhoneConfig) -> str:
    """WebSocket with TLS, as a page that came by https asks for."""
    if config.certificate is None:
        return ""
    where = f"tlsenable = yes\ntlsbindaddr = {config.wss_host}:{config.wss_port}"
    return f"{where}\ntlscertfile = {config.certificate}\ntlsprivatekey = {config.certificate_key}"
