"""Whole rotations on servers whose certificates are not as ours: signed otherwise, made plainly."""

from pathlib import Path

import pytest

from local import template
from local.servers import mariadb, mysql, postgres
from local.servers.certificates import Authority, Form
from local.targets import registry
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import demo_issuer
from shared.handler import make_handler
from shared.protocol.event import Step
from tests.failing import target_on
from tests.integration.certificates.forms import PLAIN
from tests.lab import Lab, LabSecret

STARTS = {
    "PostgreSQL": postgres,
    "PostgreSQL 15": registry.servers()["postgres-15"].run,
    "PostgreSQL 18": registry.servers()["postgres-18"].run,
    "MariaDB": mariadb,
    "MySQL": mysql,
}
ED25519 = Form(is_authority=True, key="ed25519")
ED448 = Form(is_authority=True, key="ed448")


@pytest.fixture(autouse=True)
def _servers_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POSTGRES", "MARIADB", "MYSQL"):
        monkeypatch.delenv(f"TEST_{name}_DSN", raising=False)


def rotate(secret: LabSecret, ca: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole rotation, by a handler that trusts this authority and no other."""
    monkeypatch.setenv("TLS_CA_BUNDLE", str(ca))
    handler = make_handler(template.handler(secret.function).build, strategy="test")
    old, event = secret.value(), secret.begin()
    for step in Step:
        secret.step(event, step, handler)
    assert secret.value() != old
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("PostgreSQL 15", ED25519),
        ("PostgreSQL", ED25519),
        ("PostgreSQL", ED448),
        ("PostgreSQL 18", ED25519),
        ("MariaDB", ED25519),
        ("MySQL", ED25519),
        ("PostgreSQL", PLAIN),
        ("MariaDB", PLAIN),
        ("MySQL", PLAIN),
    ],
    ids=lambda value: value if isinstance(value, str) else value.key if value.usage else "plain",
)
def test_a_database_with_such_an_authority_is_rotated(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, form: Form
) -> None:
    authority = Authority(tmp_path / "authority", form=form)
    with STARTS[kind](tmp_path, authority) as server:
        secret = lab.secret(target_on(server))
        assert server.log
        before = len(server.log.read_text())
        rotate(secret, authority.ca, monkeypatch)
        assert "FATAL" not in server.log.read_text()[before:]  # no failed login on the way


@pytest.mark.parametrize("form", [ED25519, PLAIN], ids=["ed25519", "plain"])
def test_an_issuer_with_such_an_authority_is_rotated(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form
) -> None:
    authority = Authority(tmp_path / "authority", form=form)
    with demo_issuer(tmp_path, authority) as issuer:
        rotate(lab.secret(IssuerTarget(issuer)), authority.ca, monkeypatch)
