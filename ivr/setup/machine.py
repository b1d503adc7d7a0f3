"""What the machine itself must have: system packages, an Asterisk, a voice."""

import os
import re
import shutil
import subprocess  # the command lines are ours, word by word
from collections.abc import Sequence
from pathlib import Path

from ivr.phone.program import Program, installed, unpacked
from ivr.setup.debs import PrivateApt, Progress, SetupFailed, machine_mirror

OLDEST_ASTERISK = 20
RUN = {
    "espeak-ng": "/usr/bin/espeak-ng",
    # Printed talons: WeasyPrint draws text with these, and needs a font with Russian letters.
    "libpango-1.0-0": "/usr/lib/*/libpango-1.0.so.0",
    "libpangoft2-1.0-0": "/usr/lib/*/libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "/usr/lib/*/libharfbuzz-subset.so.0",
    "fonts-dejavu-core": "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
}
"""System packages for taking calls and for the desk, and the file each one brings."""
TEST = {
    "sip-tester": "/usr/bin/sipp",
    "postgresql": "/usr/lib/postgresql/*/bin/initdb",
    "gpg": "/usr/bin/gpg",  # signs the archives of the tests
    "gpg-agent": "/usr/bin/gpg-agent",
    "chromium": "/usr/bin/chromium",
    "curl": "/usr/bin/curl",  # the examples of docs/api.md
    "jq": "/usr/bin/jq",
}
"""Further ones for the tests."""


def missing_packages(wanted: dict[str, str]) -> list[str]:
    """Packages whose file is not there."""
    return [package for package, file in wanted.items() if not any(Path("/").glob(file.lstrip("/")))]


def install_packages(packages: Sequence[str]) -> None:
    """Install with apt where we may; else raise SetupFailed with the one line to run."""
    if not packages:
        return
    line = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    # A new machine has no package lists yet: without them apt knows none of these names.
    by_hand = f"  sudo apt-get update && sudo {line}"
    prefix = _as_root()
    if prefix is None:
        raise SetupFailed(f"system packages are missing; run this line, then try again:\n{by_hand}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["apt-get", "-q", "update"], line.split()):
        done = subprocess.run([*prefix, *words], capture_output=True, text=True, check=False, env=environment)  # noqa: S603
        if done.returncode and words[-1] != "update":
            raise SetupFailed(f"apt could not install; run this line and read what it says:\n{by_hand}")


def _as_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return [sudo, "-n"]
    return None


def find_asterisk(build: Path) -> Program | None:
    """IVR_ASTERISK, else the machine's own Asterisk if it is new enough, else the one unpacked before."""
    chosen = os.environ.get("IVR_ASTERISK")
    if chosen:
        path = Path(chosen)
        if not path.exists():
            raise SetupFailed(f"IVR_ASTERISK: {path} does not exist")
        return _unpacked(path) if path.is_dir() else installed(path)
    own = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if own and _version(own) >= OLDEST_ASTERISK:
        return installed(Path(own))
    prefix = build / "asterisk"
    return _unpacked(prefix) if prefix.is_dir() else None


def _unpacked(prefix: Path) -> Program:
    if not (prefix / "usr/sbin/asterisk").exists():
        raise SetupFailed(f"{prefix}: no unpacked Asterisk here; remove the folder, then run `ivr setup`")
    return unpacked(prefix)


def get_asterisk(build: Path, progress: Progress) -> Program:
    """Find Asterisk, or unpack Debian's package into the build folder."""
    found = find_asterisk(build)
    if found is None:
        suite = _codename() if _distribution() == "ubuntu" else "sid"
        components = ("main", "universe") if _distribution() == "ubuntu" else ("main",)
        apt = PrivateApt((build / "apt-asterisk").resolve(), suite=suite, components=components, mirror=_mirror())
        apt.unpack(["asterisk"], build / "asterisk", progress=progress)
        found = unpacked(build / "asterisk")
    return found


def get_voice(build: Path, progress: Progress) -> Path:
    """Unpack RHVoice and its Russian voices, from non-free, into the build folder. Raises SetupFailed."""
    folder = build / "rhvoice"
    if folder.is_dir():
        return folder
    debian = _distribution() != "ubuntu"
    apt = PrivateApt(
        (build / "apt-voice").resolve(),
        suite=_codename(),
        mirror=_mirror(),
        components=("main", "non-free") if debian else ("main", "universe", "multiverse"),
    )
    apt.unpack(["librhvoice5", "rhvoice-russian"], folder, progress=progress)
    return folder


def _mirror() -> str:
    """The machine's mirror; a machine without package lists does not know it before it has read them."""
    try:
        return machine_mirror()
    except SetupFailed:
        prefix = _as_root()
        if prefix is None:
            raise
        subprocess.run([*prefix, "apt-get", "-q", "update"], capture_output=True, check=False)  # noqa: S603
        return machine_mirror()


def _version(binary: str) -> int:
    done = subprocess.run([binary, "-V"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"Asterisk (?:certified/)?(\d+)", done.stdout)
    return int(found[1]) if found else 0


def _release(key: str) -> str:
    found = re.search(rf'^{key}="?([^"\n]+)', Path("/etc/os-release").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def _codename() -> str:
    return _release("VERSION_CODENAME") or "sid"


def _distribution() -> str:
    return _release("ID")
