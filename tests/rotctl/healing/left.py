"""Rotations that were killed, cancelled or given up, and secrets that somebody wrote or moved."""

import json
import re
from collections.abc import Callable, Mapping
from unittest import mock

from psycopg import sql

from rotators.postgres.testing import PostgresTarget
from tests.faults.sandboxes import CallPoint
from tests.rotctl.world import Rotated, World, later, new_user, run

BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}
BY_HAND, WRONG = "4tg-set-by-hand", "4tg-of-nobody"

Make = Callable[[World, str], Rotated]
Mend = Callable[[World, Rotated, str], None]


def killed(world: World, secret: Rotated, step: str) -> Rotated:
    """A rotation that was killed as this step began."""
    world.home.kill_at = {step}
    assert world.rotate(secret) == "failed"
    world.home.kill_at = set()
    return secret


def killed_at(step: str) -> Make:
    return lambda world, name: killed(world, world.secret(name), step)


def cancelled_at(step: str) -> Make:
    def make(world: World, name: str) -> Rotated:
        secret = killed(world, world.secret(name), step)
        world.service.client().cancel_rotate_secret(SecretId=secret.arn)
        return secret

    return make


def moved_and_killed(world: World, name: str) -> Rotated:
    """FinishSecret was killed right after it had moved AWSCURRENT."""
    world.home.killed = CallPoint(1, after=True)
    return killed(world, world.secret(name), "finishSecret")


def refused_twice(world: World, name: str) -> Rotated:
    """By a role that had ended whenever testSecret came; then somebody let it in again."""
    secret = by_admin(world, name)
    invoke = world.home.invoke

    def ended(function: str, event: Mapping[str, object], /) -> object:
        _let_in(secret, until="2001-01-01" if event["Step"] == "testSecret" else "infinity")
        return invoke(function, event)

    world.service.settings.retries = 1
    with mock.patch.object(world.home, "invoke", ended):
        assert world.rotate(secret) == "failed"
    world.service.settings.retries = 0
    _let_in(secret)
    return secret


def _let_in(secret: Rotated, until: str = "infinity") -> None:
    ends = sql.SQL("ALTER ROLE {} VALID UNTIL {}")
    with secret.target.admin() as admin:
        admin.execute(ends.format(_user(secret), sql.Literal(until)))


def _user(secret: Rotated) -> sql.Identifier:
    return sql.Identifier(str(secret.target.document["username"]))


# --- somebody moved or wrote something ---


def unlabelled(world: World, name: str) -> Rotated:
    """AWSPENDING was taken off when the server had that password."""
    secret = killed(world, world.secret(name), "testSecret")
    client = world.service.client()
    client.update_secret_version_stage(
        SecretId=secret.arn, VersionStage="AWSPENDING", RemoveFromVersionId=world.pending(secret)
    )
    return secret


def put_back(world: World, name: str) -> Rotated:
    """Somebody put AWSPENDING on the version that was in use before."""
    return _put_back(world, name, rotations=1)


def put_further_back(world: World, name: str) -> Rotated:
    """On one that has no label any more; only its lines tell that it was in use."""
    return _put_back(world, name, rotations=2)


def _put_back(world: World, name: str, rotations: int) -> Rotated:
    secret = world.secret(name)
    assert world.rotate(secret) == "succeeded"
    old = world.describe(secret)["VersionIdsToStages"]
    version = next(each for each, on in old.items() if "AWSCURRENT" in on)
    for _each in range(rotations):
        assert world.rotate(secret) == "succeeded"
    world.service.client().update_secret_version_stage(
        SecretId=secret.arn, VersionStage="AWSPENDING", MoveToVersionId=version
    )
    return secret


def labelled_twice(world: World, name: str) -> Rotated:
    """Somebody gave the version being made a label of their own."""
    secret = killed(world, world.secret(name), "finishSecret")
    world.service.client().update_secret_version_stage(
        SecretId=secret.arn, VersionStage="mine", MoveToVersionId=world.pending(secret)
    )
    return secret


def changed_by_hand(world: World, name: str) -> Rotated:
    secret = world.secret(name)
    secret.change_password(BY_HAND)
    assert world.rotate(secret) == "failed"
    return secret


def store(world: World, secret: Rotated, **changed: object) -> None:
    """What is current with these fields changed, as the current value."""
    document = {**world.value(secret), **changed}
    world.service.client().put_secret_value(SecretId=secret.arn, SecretString=json.dumps(document))


def store_by_hand(world: World, secret: Rotated, _said: str) -> None:
    store(world, secret, password=BY_HAND)


def by_admin(world: World, name: str) -> Rotated:
    target = PostgresTarget(world.server, new_user(), BY_ADMIN)
    return world.secret(name, target=target)


def changed_beside_an_admin(world: World, name: str) -> Rotated:
    secret = by_admin(world, name)
    secret.change_password(BY_HAND)
    assert world.rotate(secret) == "failed"
    return secret


def ended_beside_an_admin(world: World, name: str) -> Rotated:
    """The role's time is over."""
    secret = by_admin(world, name)
    _let_in(secret, until="2001-01-01")
    assert world.rotate(secret) == "failed"
    return secret


def let_in(_world: World, secret: Rotated, said: str) -> None:
    assert "VALID UNTIL of the role" in said
    _let_in(secret)


def dropped_beside_an_admin(world: World, name: str) -> Rotated:
    """And a reset was tried."""
    secret = by_admin(world, name)
    with secret.target.admin() as admin:
        for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
            admin.execute(sql.SQL(statement).format(_user(secret)))
    with later(hours=1):
        assert run(f"heal {name} --reset --yes").code == 1
    return secret


def create_user(_world: World, secret: Rotated, said: str) -> None:
    assert "or create the user; then run" in said
    with secret.target.admin() as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(_user(secret)))


def overwritten(make: Make, **changed: object) -> Make:
    """The current value was written over during a rotation, before the server changed."""

    def made(world: World, name: str) -> Rotated:
        secret = killed(world, make(world, name), "setSecret")
        store(world, secret, **changed)
        return secret

    return made


def overwritten_late(world: World, name: str) -> Rotated:
    """By what is none, after the server changed; then AWSPENDING was put back by hand."""
    secret = killed(world, world.secret(name), "testSecret")
    version = world.pending(secret)
    store(world, secret, host=None)
    world.service.client().update_secret_version_stage(
        SecretId=secret.arn, VersionStage="AWSPENDING", MoveToVersionId=version
    )
    return secret


def run_command(world: World, _secret: Rotated, said: str) -> None:
    """The AWS CLI's command in what was said, as it stands."""
    found = re.findall(r"`aws secretsmanager ([a-z-]+) ([^`]+)`", said)
    operation, options = found[-1]
    getattr(world.service.client(), operation.replace("-", "_"))(**named(options))


def named(options: str) -> dict[str, str]:
    """The CLI's options by the API's names."""
    words = re.findall(r"--([a-z-]+) (\S+)", options)
    return {"".join(map(str.capitalize, key.split("-"))): value for key, value in words}


def poisoned(world: World, name: str) -> Rotated:
    """AWSPENDING is on a version of another port, which no attempt can ever use."""
    secret = killed(world, world.secret(name), "createSecret")
    document = {**world.value(secret), "port": 1}
    world.service.client().put_secret_value(
        SecretId=secret.arn,
        ClientRequestToken=world.pending(secret),
        SecretString=json.dumps(document),
        VersionStages=["AWSPENDING"],
    )
    return secret


def deleted(world: World, name: str) -> Rotated:
    secret = world.secret(name)
    world.service.client().delete_secret(SecretId=secret.arn, RecoveryWindowInDays=7)
    return secret


def off(world: World, name: str) -> Rotated:
    secret = world.secret(name)
    world.service.client().cancel_rotate_secret(SecretId=secret.arn)
    return secret
