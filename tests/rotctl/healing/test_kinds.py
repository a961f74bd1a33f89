"""Stuck states that are of other kinds of targets: keys of an issuer, a user of MySQL."""

from typing import Any

import pytest

from local.servers import Server
from local.targets import Target
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.issuer import Issuer, ask, issue, tokens
from rotators.mysql.testing import MySQLTarget
from tests.rotctl.healing.left import store
from tests.rotctl.world import Rotated, World, later, new_user, run


@pytest.fixture(autouse=True)
def _deployed(world: World) -> None:
    for name in ("MySqlSingleUser", "HttpApiKey"):
        world.home.named[name] = name


def stuck(world: World, name: str, target: Target, step: str) -> Rotated:
    """A rotation that was killed as this step began."""
    secret = world.secret(name, "", target=target)
    world.home.kill_at = {step}
    assert world.rotate(secret) == "failed"
    world.home.kill_at = set()
    return secret


def a_key(issuer: Issuer) -> IssuerTarget:
    target = IssuerTarget(issuer)
    target.settings = {"ALLOW_PRIVATE_ISSUERS": "true"}  # it is on this machine
    return target


def revoke(world: World, issuer: Issuer, secret: Rotated, label: str) -> None:
    """End the key of this version at the issuer."""
    key_id = world.value(secret, label)["key_id"]
    assert ask(issuer, "DELETE", f"{tokens(issuer.owner)}/{key_id}", issuer.admin).status < 300


def healed(world: World, secret: Rotated, case: str) -> str:
    with later(hours=1):
        seen: dict[str, Any] = run(f"diagnose {secret.name} --output json").document()
        assert seen["case"] == case, seen
        shown = run(f"heal {secret.name} --yes")
    assert shown.code == 0, shown.out + shown.err
    assert secret.target.accepts(world.value(secret))
    assert ["AWSPENDING"] not in world.describe(secret)["VersionIdsToStages"].values()
    return shown.out


def test_a_pending_key_that_was_revoked_is_given_up(world: World, demo_issuer: Issuer) -> None:
    secret = stuck(world, "keys/pending", a_key(demo_issuer), "setSecret")
    revoke(world, demo_issuer, secret, "AWSPENDING")
    said = healed(world, secret, "interrupted")
    assert "failed at testSecret, Rejected" in said or "failed at setSecret, Rejected" in said
    assert "take AWSPENDING off" in said


def test_where_every_key_was_revoked_a_person_stores_one_as_the_step_says(
    world: World, demo_issuer: Issuer
) -> None:
    """Of a key that the issuer does not list, nobody knows what its successor may do."""
    secret = world.secret("keys/none", "", target=a_key(demo_issuer))
    revoke(world, demo_issuer, secret, "AWSCURRENT")
    assert world.rotate(secret) == "failed"
    with later(hours=1):
        refused = run(f"heal {secret.name} --yes --reset")
    assert refused.code == 1
    assert "issue a key with the rights it is to have and store it with PutSec" in refused.out
    assert refused.out.endswith("do what the step says that failed, then run this again\n")
    key_id, key = issue(demo_issuer, "by hand", scopes=secret.target.document["key_scopes"])
    store(world, secret, key_id=key_id, api_key=key)
    healed(world, secret, "fine")


def test_a_rotation_of_mysql_that_was_killed_goes_on(world: World, mysql_server: Server) -> None:
    target = MySQLTarget(mysql_server, new_user())
    secret = stuck(world, "mysql/killed", target, "testSecret")
    assert "setSecret done" in healed(world, secret, "pending-is-live")
