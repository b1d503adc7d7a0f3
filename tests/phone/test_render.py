"""Asterisk's files: whole for our own Asterisk, or a few for one that is already there."""

import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ivr.commands.asterisk import asterisk_app
from ivr.phone.asterisk import Asterisk
from ivr.phone.config import PROJECT, BadPhoneConfig, Operator, PhoneConfig, Trunk
from ivr.phone.render import INCLUDES, fill, listen_url, render, values_of
from tests.asterisk import phone_config, program, running_asterisk

# What an administrator's own Asterisk might consist of, but for the modules.
PBX = {
    "aeap.conf": "[theirs]\ntype = client\ncodecs = !all,slin\nurl = ws://127.0.0.1:1/\nprotocol = speech_to_text\n",
    "extensions.conf": "[general]\nstatic = yes\n\n[their-own]\nexten => 1,1,Goto(ivr-inbound,s,1)\n",
    "manager.conf": "[general]\nenabled = yes\nbindaddr = 127.0.0.1\nport = {ami}\nwebenabled = no\n",
    "pjsip.conf": "[theirs]\ntype = transport\nprotocol = udp\nbind = 127.0.0.1:{sip}\n",
    "queues.conf": "[general]\n\n[their-queue]\n",
}


EVERYWHERE = "0.0.0.0"  # noqa: S104  rendered, not bound


def test_an_existing_asterisk_takes_the_files_in_by_include(tmp_path):
    config = phone_config(tmp_path, operators=(Operator("op1", "secret"),))
    asterisk = Asterisk(program(), config)
    included = tmp_path / "from_ivr"
    render(config, program().modules, included, include_only=True)
    templates = tmp_path / "pbx"
    shutil.copytree(config.templates, templates)
    for name, text in PBX.items():
        line = f"\n#include {included / name.replace('.conf', '_ivr.conf')}\n"
        (templates / name).write_text(text.format(ami=config.ami_port, sip=config.sip_port) + line)
    asterisk.config = replace(config, templates=templates, extra_dialplan="")

    try:
        asterisk.start()
        assert "AGI(agi://127.0.0.1:" in asterisk.cli("dialplan show ivr-inbound")
        assert "Goto(ivr-inbound,s,1)" in asterisk.cli("dialplan show their-own")
        assert "operators has 0 calls" in asterisk.cli("queue show operators")
        assert "their-queue" in asterisk.cli("queue show")
        recognisers = asterisk.cli("aeap show clients")
        assert "client: theirs" in recognisers
        assert (
            f"client: ivr-listen\n\tcodecs: (slin)\n\tprotocol: speech_to_text\n\turl: {listen_url(config)}"
            in recognisers
        )
        assert "op1/101" in asterisk.cli("pjsip show endpoints")
        assert "username: ivr" in asterisk.cli("manager show user ivr")
    finally:
        asterisk.stop()


def test_asterisk_starts_without_a_warning(tmp_path):
    trunk = Trunk("127.0.0.1:5999", user="hospital", secret="s")
    operators = (Operator("op1", "secret", "Оператор", "101"),)

    with running_asterisk(tmp_path, operators=operators, trunk=trunk, extra_modules=(), extra_dialplan="") as asterisk:
        assert "ivr-trunk" in asterisk.cli("pjsip show endpoints")
        log = asterisk.log_file.read_text()

    lines = [line for line in log.splitlines() if "WARNING" in line or "ERROR" in line]
    # The trunk of this test does not answer.
    assert [line for line in lines if "registration" not in line] == []


def test_two_instances_run_side_by_side(tmp_path):
    with running_asterisk(tmp_path / "one") as one, running_asterisk(tmp_path / "two") as two:
        assert one.pid != two.pid
        assert "0 active channels" in one.cli("core show channels")
        assert "0 active channels" in two.cli("core show channels")


def test_asterisk_refuses_dangerous_functions_from_outside(asterisk):
    assert "live_dangerously = no" in (asterisk.config.etc / "asterisk.conf").read_text()
    assert "live_dangerously = yes" not in "".join(path.read_text() for path in asterisk.config.etc.iterdir())


def test_only_the_files_to_include_are_written(tmp_path):
    written = render(phone_config(tmp_path), tmp_path, tmp_path / "out", include_only=True)

    assert [path.name for path in written] == list(INCLUDES)


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "ws://127.0.0.1:9300/"), ("::1", "ws://[::1]:9300/")])
def test_the_recogniser_is_told_by_its_address(tmp_path, host, url):
    render(phone_config(tmp_path, listen_host=host, listen_port=9300), tmp_path, tmp_path / "out", include_only=True)

    assert f"url = {url}\n" in (tmp_path / "out" / "aeap_ivr.conf").read_text()


def test_files_with_secrets_are_for_their_owner_alone(tmp_path):
    for path in render(phone_config(tmp_path), tmp_path, tmp_path / "out"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_left_unfilled(tmp_path):
    for path in render(phone_config(tmp_path), tmp_path, tmp_path / "out"):
        assert "@" not in path.read_text().replace("hospital@", "")


def test_a_name_nobody_knows_is_an_error_with_its_file():
    with pytest.raises(BadPhoneConfig, match=r"x\.conf: nothing is known of @NOPE@"):
        fill("a = @NOPE@", {}, where="x.conf")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"demo_secret": "a\nb"}, "demo_secret: a line break"),
        ({"ami_secret": "a;b"}, "ami_secret: a line break or a semicolon"),
        ({"sip_port": 0}, "sip_port: 0 is not a port"),
        ({"rtp_start": 2000, "rtp_end": 2001}, "rtp_end: 2000 to 2001 holds no call"),
        ({"sounds": Path("/srv/a,b")}, "sounds: /srv/a,b: Asterisk cannot play from a folder with ,"),
        ({"apology": Path("/srv/a&b")}, "apology: /srv/a&b: Asterisk cannot play"),
    ],
)
def test_a_value_that_would_break_the_files_is_refused(tmp_path, changes, message):
    with pytest.raises(BadPhoneConfig, match=message):
        PhoneConfig(**{"folder": tmp_path, "demo_secret": "a", "ami_secret": "b"} | changes)


def test_an_operator_and_a_trunk_are_checked_too():
    with pytest.raises(BadPhoneConfig, match="Latin letters"):
        Operator("оператор", "s")
    with pytest.raises(BadPhoneConfig, match="trunk, host"):
        Trunk("a\nb")


def test_every_name_of_the_templates_is_documented(tmp_path):
    text = (PROJECT / "docs" / "asterisk.md").read_text()

    missing = [name for name in values_of(phone_config(tmp_path), tmp_path) if f"`{name}`" not in text]

    assert missing == []


def test_the_command_writes_the_files_and_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "var"))

    result = CliRunner().invoke(asterisk_app, ["render", str(tmp_path / "out"), "--include"])

    assert result.exit_code == 0, result.output
    assert f"#include {tmp_path}/out/extensions_ivr.conf" in result.output
    assert f"#include {tmp_path}/out/aeap_ivr.conf" in result.output
    assert "module reload res_aeap.so" in result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list(INCLUDES)


def test_the_command_says_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "var"))
    (tmp_path / "file").write_text("")

    result = CliRunner().invoke(asterisk_app, ["render", str(tmp_path / "file")])

    assert result.exit_code == 1
    assert "not rendered" in result.output


@pytest.mark.parametrize("name", ["extensions.conf", "pjsip_ivr.conf"])
def test_a_file_of_somebody_else_is_left_alone_unless_forced(tmp_path, monkeypatch, name):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "var"))
    (tmp_path / name).write_text("[theirs]\n")

    refused = CliRunner().invoke(asterisk_app, ["render", str(tmp_path)])

    assert refused.exit_code == 2
    assert str(tmp_path / name) in refused.output
    assert "--force" in refused.output
    assert (tmp_path / name).read_text() == "[theirs]\n"
    assert [path.name for path in tmp_path.glob("*.conf")] == [name]
    assert CliRunner().invoke(asterisk_app, ["render", str(tmp_path), "--force"]).exit_code == 0
    assert "[theirs]" not in (tmp_path / name).read_text()


def test_files_of_our_own_are_written_again(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "var"))

    for _ in range(2):
        assert CliRunner().invoke(asterisk_app, ["render", str(tmp_path)]).exit_code == 0


def test_what_is_only_to_be_included_touches_no_other_file(tmp_path, monkeypatch):
    monkeypatch.setenv("IVR_FOLDERS__VAR", str(tmp_path / "var"))
    (tmp_path / "extensions.conf").write_text("[theirs]\n")

    assert CliRunner().invoke(asterisk_app, ["render", str(tmp_path), "--include"]).exit_code == 0
    assert (tmp_path / "extensions.conf").read_text() == "[theirs]\n"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"bind": "127.0.0.1"},
            "ice_deny = 0.0.0.0/0\nice_permit = 127.0.0.1/32\n\n[ice_host_candidates]\n10.1.2.3 => 127.0.0.1",
        ),
        ({"bind": "10.1.2.3"}, "ice_deny = 0.0.0.0/0\nice_permit = 10.1.2.3/32"),
        ({"bind": EVERYWHERE}, "strictrtp = yes\n\n"),
        (
            {"bind": EVERYWHERE, "external_address": "198.51.100.7"},
            "[ice_host_candidates]\n10.1.2.3 => 198.51.100.7,include_local_address",
        ),
    ],
    ids=["loopback", "one address", "everywhere", "behind a router"],
)
def test_browsers_are_offered_the_address_that_reaches_us(tmp_path, monkeypatch, changes, lines):
    monkeypatch.setattr("ivr.phone.ice.own_address", lambda: "10.1.2.3")

    render(phone_config(tmp_path, **changes), tmp_path, tmp_path / "out")

    rendered = (tmp_path / "out" / "rtp.conf").read_text() + "\n"
    assert lines in rendered
    assert ("ice_host_candidates" in rendered) == ("ice_host_candidates" in lines)
