"""Stuck states that are of other kinds of targets: keys of an issuer, MySQL, MariaDB."""

from typing import Any

import pytest

from local.servers import Server
from local.targets import Target
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.issuer import Issuer, ask, tokens
from rotators.mysql.testing import MySQLTarget
from tests.rotctl.world import Rotated, World, later, new_user, run


def stuck(world: World, name: str, target: Target, step: str) -> Rotated:
    """A rotation that was killed as this step began."""
    secret = world.secret(name, "", target=target)
    world.home.kill_at = {step}
    assert world.rotate(secret) == "failed"
    world.home.kill_at = set()
    return secret


def revoke(world: World, issuer: Issuer, secret: Rotated, label: str) -> None:
    """End the key of this version at the issuer."""
    key_id = world.value(secret, label)["key_id"]
    assert ask(issuer, "DELETE", f"{tokens(issuer.owner)}/{key_id}", issuer.admin).status < 300


def healed(world: World, secret: Rotated, case: str, options: str = "") -> str:
    with later(hours=1):
        seen: dict[str, Any] = run(f"diagnose {secret.name} --output json").document()
        assert seen["case"] == case, seen
        shown = run(f"heal {secret.name} --yes {options}")
    assert shown.code == 0, shown.out + shown.err
    assert secret.target.accepts(world.value(secret))
    assert ["AWSPENDING"] not in world.describe(secret)["VersionIdsToStages"].values()
    return shown.out


def test_a_pending_key_that_was_revoked_is_given_up(world: World, demo_issuer: Issuer) -> None:
    secret = stuck(world, "keys/pending", IssuerTarget(demo_issuer), "setSecret")
    revoke(world, demo_issuer, secret, "AWSPENDING")
    said = healed(world, secret, "interrupted")
    assert "failed at testSecret, Rejected" in said or "failed at setSecret, Rejected" in said
    assert "take AWSPENDING off" in said


def test_where_every_key_was_revoked_a_person_lets_another_be_made(
    world: World, demo_issuer: Issuer
) -> None:
    secret = world.secret("keys/none", "", target=IssuerTarget(demo_issuer))
    revoke(world, demo_issuer, secret, "AWSCURRENT")
    assert world.rotate(secret) == "failed"
    with later(hours=1):
        assert run(f"heal {secret.name} --yes").code == 1
    healed(world, secret, "locked-out", "--reset")


@pytest.mark.parametrize("server", ["mysql_server", "mariadb_server"], indirect=True)
def test_a_rotation_of_mysql_that_was_killed_goes_on(world: World, server: Server) -> None:
    target = MySQLTarget(server, new_user())
    secret = stuck(world, f"mysql/{server.engine}", target, "testSecret")
    assert "setSecret done" in healed(world, secret, "pending-is-live")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]
