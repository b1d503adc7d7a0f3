"""What may be set, and how a wrong setting is refused: before anything starts, with its place, never with a secret."""

import os
import stat
from pathlib import Path

import pytest

from ivr.phone_config import phone_config_of
from ivr.settings import PROJECT, BadSettings, load_settings, secret_of


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("IVR_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """write(text) makes it the settings file."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "ivr.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv("IVR_CONFIG", str(path))
        return path

    return write


def _refusal() -> str:
    with pytest.raises(BadSettings) as refused:
        load_settings()
    return str(refused.value)


def test_an_empty_file_means_the_defaults(write):
    write("")

    settings = load_settings()

    assert (settings.sip.port, settings.rules.horizon_days, settings.hospital.demo) == (5062, 14, True)


def test_the_environment_wins_over_the_file(write, monkeypatch):
    write("[sip]\nport = 5070\nextension = '200'\n")
    monkeypatch.setenv("IVR_SIP__PORT", "5080")

    settings = load_settings()

    assert (settings.sip.port, settings.sip.extension) == (5080, "200")


def test_relative_folders_are_meant_from_the_settings_file(write, tmp_path):
    write('[folders]\nvar = "here"\n')

    settings = load_settings()

    assert settings.var == tmp_path / "here"
    assert settings.database_url == f"sqlite:///{tmp_path}/here/ivr.db"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[sip]\nprot = 5060\n", "sip.prot: there is no such setting"),
        ("[spi]\nport = 5060\n", "spi: there is no such setting"),
        ("sip = 5060\n", "sip: Input should be a valid dictionary"),
        ("[sip]\nport = 'many'\n", "sip.port: Input should be a valid integer"),
        ("[sip]\nport = 0\n", "sip.port: Input should be greater than or equal to 1"),
        ("[agi]\nport = 70000\n", "agi.port: Input should be less than or equal to 65535"),
        ("[sip]\nextension = '1,2'\n", "sip.extension: String should match"),
        ("[ami]\nuser = 'a\\nb'\n", "ami.user: String should match"),
        ("[rules]\nzone = 'Moon/Base'\n", "there is no time zone 'Moon/Base'; write Europe/Moscow"),
        ("[rules]\nzone = '../../etc/passwd'\n", "rules.zone: Value error, there is no time zone"),
        ("[rules]\nmodel = 'both'\n", "rules.model: Input should be 'centralised' or 'decentralised'"),
        ("[rules]\nhold_seconds = 0\n", "rules.hold_seconds"),
        ("[rules]\nhorizon_days = -1\n", "rules.horizon_days"),
        ("[hospital]\ndemo = 'perhaps'\n", "hospital.demo: Input should be a valid boolean"),
        ("[phone]\ndrain_seconds = nan\n", "phone.drain_seconds"),
        ("[phone]\ndrain_seconds = inf\n", "phone.drain_seconds: Input should be a finite number"),
        ("[database]\nurl = 'nonsense'\n", "database.url: Value error, write sqlite:///path or postgresql"),
        ("[database]\nurl = 'sqlite:///:memory:'\n", "SQLite needs a file: write sqlite:///path"),
        (
            "[database]\nurl = 'postgresql+psycopg://['\n",
            "cannot be read; write postgresql+psycopg://user:password@host",
        ),
        ("[database]\nurl = 'postgresql+psycopg://h:pony/x'\n", "database.url: Value error, cannot be read"),
        ("[rules]\nzone = 'Europe'\n", "there is no time zone 'Europe'"),
        ("[log]\nlevel = 'LOUD'\n", "log.level"),
        ("[kiosk]\nprinters = 'hall=printer:91000'\n", "kiosk.printers: Value error, write name=host:port"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_file_and_key(write, text, told):
    path = write(text)

    refusal = _refusal()

    assert refusal.startswith(f"{path}: ")
    assert told in refusal


def test_all_wrong_settings_are_told_at_once(write):
    write("[sip]\nport = 0\n[agi]\nport = 0\n")

    assert len(_refusal().splitlines()) == 2


@pytest.mark.parametrize("text", ["[sip\n", "port 5060\n", "[sip]\nport = 1\nport = 2\n", "\0"])
def test_a_file_that_is_not_toml_is_refused_with_the_line(write, text):
    path = write(text)

    assert _refusal().startswith(f"{path}: not TOML: ")
    assert "line" in _refusal()


def test_a_file_that_is_not_utf_8_is_refused_with_the_byte(write):
    path = write('[sip]\nbind = "Ж"'.encode("cp1251"))

    assert _refusal() == f"{path}: not UTF-8 at byte 14"


def test_a_settings_file_that_is_named_but_absent_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("IVR_CONFIG", str(tmp_path / "none.toml"))

    assert _refusal() == f"{tmp_path}/none.toml: no such file; IVR_CONFIG names it"


def test_a_folder_is_no_settings_file(monkeypatch, tmp_path):
    monkeypatch.setenv("IVR_CONFIG", str(tmp_path))

    assert "no such file" in _refusal()


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("IVR_SPI__PORT", "5060", "IVR_SPI__PORT: there is no such setting"),
        ("IVR_PORT", "5060", "IVR_PORT: there is no such setting"),
        ("IVR_SIP__PROT", "5060", "IVR_SIP__PROT: sip.prot: there is no such setting"),
        ("IVR_SIP__PORT", "70000", "IVR_SIP__PORT: sip.port: Input should be less than or equal to 65535"),
        ("IVR_SIP__PORT", "", "IVR_SIP__PORT: sip.port: Input should be a valid integer"),
        ("IVR_SIP", "not json", "IVR_SIP: names a whole section; write one setting, IVR_SIP__…"),
        ("IVR_SIP__PORT__X", "1", "sip.port: Input should be a valid integer"),
    ],
)
def test_a_variable_that_does_not_fit_is_refused_by_its_name(monkeypatch, variable, value, told):
    monkeypatch.setenv(variable, value)

    assert told in _refusal()


def test_a_refusal_never_repeats_a_password(write, monkeypatch):
    write("[sip]\ntrunk_secret = ['hush-hush']\ntrunk_sercet = 'hush-hush'\n[database]\nurl = {a = 'hush-hush'}\n")
    monkeypatch.setenv("IVR_AGI", "hush-hush")
    told = [_refusal()]
    monkeypatch.delenv("IVR_AGI")
    told.append(_refusal())

    assert "sip.trunk_secret" in told[1]
    assert not [text for text in told if "hush" in text]


def test_two_instances_share_nothing_but_what_they_fetched(monkeypatch, tmp_path):
    places = []
    for number in (1, 2):
        monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / f"var-{number}"))
        monkeypatch.setenv("IVR_SIP__PORT", str(6000 + number))
        monkeypatch.setenv("IVR_SIP__WS_PORT", str(9000 + number))
        monkeypatch.setenv("IVR_AGI__PORT", str(7000 + number))
        monkeypatch.setenv("IVR_AMI__PORT", str(8000 + number))
        settings = load_settings()
        config = phone_config_of(settings)
        places.append(
            {settings.database_url, config.folder, config.sip_port, config.agi_port, config.ami_port}
            | {config.ws_port, config.demo_secret, config.ami_secret, config.desk_secret, config.guest_secret}
        )
        assert settings.path(settings.folders.build) == PROJECT / "build"

    assert not places[0] & places[1]


def test_a_secret_is_made_once_and_is_for_its_owner_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "var"))
    settings = load_settings()

    first, other = secret_of(settings, "demo"), secret_of(settings, "ami")

    assert secret_of(settings, "demo") == first != other
    assert len(first) >= 16
    files = list((tmp_path / "var").iterdir())
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in files] == [("secrets.toml", 0o600)]


def test_the_path_of_sqlite_is_meant_from_the_folder_of_the_settings(write):
    path = write("[database]\nurl = 'sqlite:///data/ivr.db'\n")

    assert load_settings().database_url == f"sqlite:///{path.parent}/data/ivr.db"
