"""With TLS_CA_BUNDLE unset: who is trusted at a host that is none of RDS's."""

import uuid
from pathlib import Path

import pytest

from local import template
from local.servers import Server
from local.servers.certificates import Authority
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from shared import tls
from shared.errors import Untrusted
from shared.handler import make_handler
from shared.protocol.event import Step
from tests.engines import SINGLE
from tests.lab import Lab, LabSecret


@pytest.fixture(autouse=True)
def _defaults(
    lab: Lab,  # noqa: ARG001 - it sets the variable
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("TLS_CA_BUNDLE")
    # Not this machine's, which may be missing, or have what a test should find in neither.
    monkeypatch.setattr(tls, "_SYSTEM_BUNDLES", (Authority(tmp_path / "system").ca,))


@pytest.fixture(params=["postgres", "mariadb"])
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(f"{request.param}_server")
    assert isinstance(found, Server)
    return found


@pytest.fixture
def secret(lab: Lab, server: Server) -> LabSecret:
    return lab.secret(SINGLE[server.engine](server, f"rds_{uuid.uuid4().hex[:8]}"))


def rotate(secret: LabSecret) -> None:
    """A whole rotation, by a handler that reads the environment anew."""
    build = template.handler(secret.function).build
    handler = make_handler(build, strategy="test")
    event = secret.begin()
    for step in Step:
        secret.step(event, step, handler)


def test_the_systems_authority_vouches_for_a_database(
    secret: LabSecret, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_SYSTEM_BUNDLES", (server.ca,))
    old = secret.value()
    rotate(secret)
    assert secret.value()["password"] != old["password"]
    assert secret.target.accepts(secret.value())
    assert not secret.target.accepts(old)


def test_a_packaged_authority_vouches_for_no_host_of_another_name(
    secret: LabSecret, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "RDS_AUTHORITIES", server.ca)
    with pytest.raises(Untrusted):
        rotate(secret)


def test_an_authority_of_neither_is_refused(secret: LabSecret) -> None:
    """The system's and RDS's own: the local server's is none of them."""
    old = secret.value()
    with pytest.raises(Untrusted) as caught:
        rotate(secret)
    assert caught.value.field == "TLS_CA_BUNDLE"
    assert secret.target.accepts(old)


def test_a_bundle_of_ones_own_replaces_the_systems(
    secret: LabSecret, server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tls, "_SYSTEM_BUNDLES", (server.ca,))
    monkeypatch.setenv("TLS_CA_BUNDLE", str(Authority(tmp_path / "own").ca))
    with pytest.raises(Untrusted):
        rotate(secret)


def test_a_packaged_authority_does_not_vouch_for_an_issuer(
    lab: Lab, demo_issuer: Issuer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = lab.secret(IssuerTarget(demo_issuer))
    monkeypatch.setattr(tls, "RDS_AUTHORITIES", authority.ca)
    with pytest.raises(Untrusted):
        rotate(secret)
    assert secret.target.accepts(secret.value())
