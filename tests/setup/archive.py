"""A small Debian archive on this disk: real packages, a real signature, no network."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

SUITE = "toy"


class Archive:
    """An archive in `folder`, signed by a key of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keyring = folder / "key.gpg"
        self._home = folder / "gnupg"
        self._home.mkdir(parents=True, mode=0o700)
        self._gpg("--quick-gen-key", "--passphrase", "", "toy archive", "ed25519", "sign", "never")
        self.keyring.write_bytes(self._gpg("--export"))

    @property
    def mirror(self) -> str:
        return f"file:{self.folder}"

    def add(self, name: str, *, needs: str = "") -> Path:
        """A package with one file, /usr/share/toy/<name>, and a page that nobody needs."""
        root = self.folder / "sources" / name
        for file in (f"usr/share/toy/{name}", f"usr/share/doc/{name}/page"):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(name)
        control = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: toy <toy@example.org>\n"
        control += (f"Depends: {needs}\n" if needs else "") + f"Description: {name}\n"
        (root / "DEBIAN").mkdir()
        (root / "DEBIAN/control").write_text(control)
        package = self.folder / "pool" / f"{name}.deb"
        package.parent.mkdir(exist_ok=True)
        subprocess.run(["dpkg-deb", "--build", root, package], check=True, capture_output=True)
        return package

    def publish(self) -> None:
        """Write the lists of what was added, and sign them."""
        suite = self.folder / "dists" / SUITE
        packages = "".join(map(self._entry, sorted((self.folder / "pool").iterdir()))).encode()
        list_of = f"main/binary-{_architecture()}/Packages"
        (suite / list_of).parent.mkdir(parents=True, exist_ok=True)
        (suite / list_of).write_bytes(packages)
        release = f"Origin: Debian\nSuite: {SUITE}\nCodename: {SUITE}\nComponents: main\n"
        release += f"Architectures: {_architecture()}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n"
        release += f"SHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} {list_of}\n"
        (suite / "Release").write_text(release)
        signed = self._gpg("--clearsign", "--output", "-", str(suite / "Release"))
        (suite / "InRelease").write_bytes(signed)

    def _entry(self, package: Path) -> str:
        control = subprocess.run(["dpkg-deb", "--field", package], check=True, capture_output=True, text=True).stdout
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        return f"{control}Filename: pool/{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n\n"

    def _gpg(self, *words: str) -> bytes:
        command = ["gpg", "--batch", "--yes", "--pinentry-mode", "loopback", "--homedir", str(self._home), *words]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def close(self) -> None:
        """gpg leaves an agent behind for each home."""
        subprocess.run(["gpgconf", "--homedir", self._home, "--kill", "all"], check=False, capture_output=True)


def can_be_made() -> bool:
    return all(shutil.which(tool) for tool in ("gpg", "gpgconf", "dpkg-deb", "apt-get"))


def _architecture() -> str:
    shown = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return os.fsdecode(shown.stdout.strip())
