"""What an issuer shows of itself: TLS on loopback, and no value in a log or an argument."""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

from local.processes import children
from local.servers.certificates import Authority
from rotators.http_api_key.testing.issuers.issuer import Issuer, accepts, ask, issue, tokens
from shared.errors import Untrusted
from tests.issuers.issuing import manager

OUTSIDE = "192.0.2.1"  # an address of documentation: packets to it go by the default route


def port_of(issuer: Issuer) -> int:
    port = urlsplit(issuer.url).port
    assert port is not None
    return port


def own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((OUTSIDE, 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


def test_another_ca_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    another = Authority(tmp_path / "another").ca
    with (
        urllib3.PoolManager(ca_certs=str(another), retries=False) as http,
        pytest.raises(urllib3.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        http.request("GET", f"{issuer.url}/user")
    with pytest.raises(Untrusted):
        manager(replace(issuer, ca=another)).listed()


def test_plain_http_is_not_answered(issuer: Issuer) -> None:
    with socket.create_connection(("127.0.0.1", port_of(issuer)), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with suppress(ConnectionResetError):  # or a TLS alert, or just the end
            assert not plain.recv(100).startswith(b"HTTP")


def test_only_loopback_listens(issuer: Issuer) -> None:
    with socket.socket() as outside:
        outside.settimeout(5)
        assert outside.connect_ex((own_address(), port_of(issuer))) != 0
    assert children.listening(port_of(issuer))


def test_the_hub_listens_on_one_port_of_loopback(jupyterhub: Issuer) -> None:
    found = re.search(r"Hub API listening on http://([\d.]+):(\d+)/", jupyterhub.log.read_text())
    assert found is not None
    assert found[1] == "127.0.0.1"
    assert list(listeners("jupyterhub")) == [(found[1], int(found[2]))]


def listeners(module: str) -> Iterator[tuple[str, int]]:
    """The addresses that our processes of this Python module listen on, from /proc."""
    tables = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":  # LISTEN
                tables[f"socket:[{fields[9]}]"] = fields[1]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_child = parent_of(process) == str(os.getpid())
            if is_child and f"\0-m\0{module}\0" in (process / "cmdline").read_text():
                links = {str(link.readlink()) for link in (process / "fd").iterdir()}
                for link in links & tables.keys():
                    address, port = tables[link].split(":")
                    yield socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)
        except (FileNotFoundError, ProcessLookupError):  # it has ended
            continue


def parent_of(process: Path) -> str:
    return (process / "stat").read_text().rpartition(")")[2].split()[1]


def test_the_admins_key_is_no_argument(jupyterhub: Issuer) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert jupyterhub.admin not in (process / "cmdline").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue


def test_values_are_not_in_the_logs(issuer: Issuer) -> None:
    key_id, key = issue(issuer, "not in logs")
    wrong = "wrong" * 8
    assert accepts(issuer, key)
    assert not accepts(issuer, wrong)
    ask(issuer, "POST", tokens(issuer.owner), issuer.admin, f'{{"note": "{key}'.encode())
    ask(issuer, "POST", tokens(issuer.other_owner), key, {"note": "refused"})
    assert ask(issuer, "DELETE", f"{tokens(issuer.owner)}/{key_id}", issuer.admin).status == 204
    log = issuer.log.read_text()
    assert "/user" in log
    for value in (key, wrong, issuer.admin):
        assert value not in log
    assert issuer.admin not in repr(issuer)
