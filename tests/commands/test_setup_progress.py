"""What set-up shows where it writes into a log."""

from rich.progress import Progress

from ivr.commands import setup


def test_in_a_log_each_stage_is_told_when_it_begins(monkeypatch, capsys):
    console = setup.Console(stderr=True, force_terminal=False)
    monkeypatch.setattr(setup, "console", console)

    with Progress(console=console) as progress, setup.Shown(progress).stage("speech"):
        told = capsys.readouterr().err

    assert told == "speech …\n"
