"""The words of this installation, checked: its folder of prompts, and what its hospital file has read out."""

from ivr import bootstrap
from ivr.settings import Settings
from ivr.speech.lint import Finding, lint_folder


def lint_of(settings: Settings) -> list[Finding]:
    """All findings. Raises BadWording, BadMenu, DataError."""
    facts = bootstrap.hospital_of(settings)
    addresses = {"adult.address": facts.adult_address, "child.address": facts.child_address}
    addresses |= {f"sites.{key}": address for key, address in facts.sites.items()}
    heard = {f"hospital.toml: {place}": words for place, words in addresses.items()}
    return lint_folder(settings.path(settings.folders.prompts), heard)
