"""Before `ivr setup` there is no database: what looks says what to do."""

from ivr.commands import probing
from ivr.commands.check import portal
from ivr.commands.probing import finding
from ivr.settings import load_settings


async def test_without_a_database_the_next_step_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "nothing"))

    found = await finding("database", lambda: probing.database(load_settings()))

    assert not found.ok
    assert "`ivr setup` makes it" in found.text


async def test_the_portal_of_an_installation_without_a_database_says_so_too(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "nothing"))
    monkeypatch.setenv("IVR_FER__ENABLED", "true")
    monkeypatch.setenv("IVR_FER__ADDRESSES", "127.0.0.1")

    found = await finding("portal", lambda: portal(load_settings()))

    assert not found.ok
    assert "`ivr setup` makes it" in found.text
