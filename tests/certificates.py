"""A certificate of 127.0.0.1 that nobody but its maker trusts."""

import ssl
import subprocess
from pathlib import Path


def self_signed(folder: Path) -> tuple[Path, Path]:
    """(certificate, key), PEM files in the folder."""
    folder.mkdir(exist_ok=True)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    line = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*line.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(of a server that has it, of a client that trusts it)."""
    certificate, key = self_signed(folder)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    return serving, ssl.create_default_context(cafile=str(certificate))


def an_authority(folder: Path) -> Path:
    """The certificate of an authority that can sign others; its key lies beside it."""
    line = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"
    subprocess.run(line.split(), cwd=folder, check=True, capture_output=True)
    return folder / "ca.pem"


def signed(folder: Path, name: str) -> tuple[str, str]:
    """(certificate, key) of a client of that name, signed by the authority of the folder."""
    asked = f"openssl req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
    given = f"openssl x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out {name}.pem"
    for line in (asked, given):
        subprocess.run(line.split(), cwd=folder, check=True, capture_output=True)
    return str(folder / f"{name}.pem"), str(folder / f"{name}.key")
