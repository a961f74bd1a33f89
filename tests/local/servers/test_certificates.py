"""The authority's certificates pass Python's strict verification, and the bad ones fail it."""

import socket
import ssl
import stat
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from local.servers.certificates import Authority, Certificate, Form


def handshake(certificate: Certificate, ca: Path, host: str = "localhost") -> str | None:
    """The TLS version agreed on, between a server with this certificate and a strict client."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate.cert, certificate.key)
    client = ssl.create_default_context(cafile=str(ca))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    client_end, server_end = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(server_end, server_side=True).close()
        except (ssl.SSLError, OSError):
            server_end.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(client_end, server_hostname=host) as connection:
            return connection.version()
    finally:
        client_end.close()
        thread.join(10)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_strict_client_accepts(tmp_path: Path, host: str) -> None:
    authority = Authority(tmp_path)
    assert handshake(authority.issue("server"), authority.ca, host) == "TLSv1.3"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda a: a.issue("old", lasts=timedelta(hours=-1)), id="expired"),
        pytest.param(lambda a: a.issue("other", ("elsewhere.invalid",)), id="another host"),
    ],
)
def test_client_refuses(tmp_path: Path, bad: Callable[[Authority], Certificate]) -> None:
    authority = Authority(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(bad(authority), authority.ca)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(Form(is_authority=True, usage=False), id="plain"),
        pytest.param(Form(is_authority=True, identifiers=False), id="without identifiers"),
    ],
)
def test_strict_client_refuses_an_authority_for_its_form_alone(tmp_path: Path, form: Form) -> None:
    authority = Authority(tmp_path, form=form)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        handshake(authority.issue("server"), authority.ca)
    assert caught.value.verify_code in (86, 92)  # no subject key identifier, no key usage


def test_client_refuses_another_authority(tmp_path: Path) -> None:
    trusted, stranger = Authority(tmp_path / "a"), Authority(tmp_path / "b")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(stranger.issue("server"), trusted.ca)


def test_key_is_private(tmp_path: Path) -> None:
    key = Authority(tmp_path).issue("server").key
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../up", "ca", ""])
def test_name_must_be_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        Authority(tmp_path).issue(name)
