"""Where browsers' telephones come: plain on this machine, with TLS where the site has a certificate."""

import socket
import ssl
import subprocess

from tests.asterisk import running_asterisk
from tests.ports import free_ports


def test_with_a_certificate_browsers_reach_asterisk_by_tls(tmp_path):
    (port,) = free_ports(1)
    certificate, key = tmp_path / "site.pem", tmp_path / "site.key"
    subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    made = ["openssl", "req", "-x509", *subject, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    tls = {"wss_port": port, "certificate": certificate, "certificate_key": key}
    trusting = ssl.create_default_context(cafile=str(certificate))

    with (
        running_asterisk(tmp_path, **tls),
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        trusting.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        request = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        key_and_version = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        secured.sendall(f"{request}{key_and_version}Sec-WebSocket-Protocol: sip\r\n\r\n".encode())
        answer = secured.recv(200)

    assert answer.startswith(b"HTTP/1.1 101"), answer
