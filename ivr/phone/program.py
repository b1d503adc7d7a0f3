"""Which Asterisk is started, and how: the machine's own, or one unpacked into a folder."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Program:
    """An installed Asterisk: the words of a command line that start it, and where its parts lie."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    """Holds `documentation`, without which Asterisk cannot register its own options."""


def unpacked(prefix: Path) -> Program:
    """Debian's package unpacked into a folder, started through that folder's own loader: no root, no chroot."""
    libraries = next(prefix.glob("usr/lib/*-linux-gnu"))
    loader = next(path for path in sorted(prefix.glob("usr/lib*/ld-linux*.so*")) if path.exists())
    command = (
        str(loader.absolute()),
        "--library-path",
        f"{libraries.absolute()}:{(libraries / 'asterisk').absolute()}",
        str((prefix / "usr/sbin/asterisk").absolute()),
    )
    return Program(command, (libraries / "asterisk/modules").absolute(), (prefix / "usr/share/asterisk").absolute())


def installed(binary: Path) -> Program:
    """The machine's own Asterisk; all its paths come from our asterisk.conf, so no root is needed either."""
    folders = [*Path("/usr/lib").glob("*-linux-gnu/asterisk/modules"), Path("/usr/lib/asterisk/modules")]
    folders += [Path("/usr/lib64/asterisk/modules")]
    modules = next((folder for folder in folders if folder.is_dir()), folders[-1])
    documented = (Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))
    data = next((folder for folder in documented if (folder / "documentation").is_dir()), documented[0])
    return Program((str(binary),), modules, data)
