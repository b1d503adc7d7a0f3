"""The telephone side's part of the settings, with the secrets of this installation."""

from pathlib import Path

from ivr.phone.config import PROJECT, Operator, PhoneConfig, Trunk
from ivr.settings import Settings, secret_of


def phone_config_of(settings: Settings) -> PhoneConfig:
    """Secrets are made on first use and kept in the var folder. Raises BadPhoneConfig."""
    sip = settings.sip
    return PhoneConfig(
        folder=settings.var / "asterisk",
        demo_secret=secret_of(settings, "demo"),
        ami_secret=secret_of(settings, "ami"),
        desk_secret=secret_of(settings, "desk"),
        dial_secret=secret_of(settings, "dial"),
        agi_secret=secret_of(settings, "agi"),
        # Call keys begin with it: those of two nodes on one database must differ.
        system_name=f"ivr-{secret_of(settings, 'node')}",
        bind=sip.bind,
        external_address=sip.external_address,
        sip_port=sip.port,
        ws_host=sip.ws_host,
        ws_port=sip.ws_port,
        wss_port=sip.wss_port,
        wss_host=settings.web.host,
        certificate=settings.path(settings.web.certificate) if settings.web.certificate else None,
        certificate_key=settings.path(settings.web.key) if settings.web.key else None,
        web_guests=settings.web.guests,
        guest_secret=secret_of(settings, "guest"),
        rtp_start=sip.rtp_start,
        rtp_end=sip.rtp_end,
        agi_host=settings.agi.host,
        agi_port=settings.agi.port,
        listen_host=settings.listen.host,
        listen_port=settings.listen.port,
        hears=settings.listen.enabled,
        barge=settings.listen.barge,
        trunk_barge=settings.listen.trunk_barge,
        ami_host=settings.ami.host,
        ami_port=settings.ami.port,
        ami_user=settings.ami.user,
        ami_permit=_permit(settings.ami.host),
        operators=(Operator("operator", secret_of(settings, "operator")),),
        trunk=_trunk(settings),
        amd=settings.outbound.amd,
        ivr_extension=sip.extension,
        max_calls=settings.phone.max_calls,
        drain_seconds=settings.phone.drain_seconds,
        queue_seconds=settings.queue.seconds,
        ring_seconds=settings.queue.ring_seconds,
        queue_length=settings.queue.length,
        callback_offer_seconds=settings.queue.callback_offer_seconds,
        sounds=settings.path(settings.folders.sounds) / "asterisk",
        recordings=recordings_folder(settings) if settings.recording.enabled else None,
        apology=PROJECT / "asterisk_config" / "sounds" / "apology",
    )


def recordings_folder(settings: Settings) -> Path:
    """Where talks with operators are kept, for their owner alone."""
    return settings.var / "recordings"


def _permit(host: str) -> str:
    """Who may log in by AMI: this machine, by whatever address of its own it connects."""
    hosts = ["127.0.0.1"] if host in ("127.0.0.1", "localhost") else ["127.0.0.1", host]
    return ",".join(f"{each}/255.255.255.255" for each in hosts)


def _trunk(settings: Settings) -> Trunk | None:
    sip = settings.sip
    return Trunk(sip.trunk_host, sip.trunk_match, sip.trunk_user, sip.trunk_secret) if sip.trunk_host else None
