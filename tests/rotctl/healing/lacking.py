"""Rotations that lack something: a right, a function, a server, an admin; and who gives it back."""

import json
import re
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from psycopg import sql

from local.network.relay import LOOPBACK, handing_on
from local.targets import Admin
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotctl.aws import session
from tests.rotctl.healing.left import BY_ADMIN, WRONG, by_admin, killed, named
from tests.rotctl.world import Rotated, World, new_user


def admin_wrong(world: World, name: str) -> Rotated:
    secret = by_admin(world, name)
    admin = {**secret.target._login(secret.target.by), "password": WRONG}
    _store_admin(world, secret, admin)
    assert world.rotate(secret) == "failed"
    return secret


def admin_right(world: World, secret: Rotated, said: str) -> None:
    assert str(world.value(secret)["masterarn"]) in said
    _store_admin(world, secret, secret.target._login(secret.target.by))


def _store_admin(world: World, secret: Rotated, document: Mapping[str, object]) -> None:
    arn = str(world.value(secret)["masterarn"])
    world.service.client().put_secret_value(SecretId=arn, SecretString=json.dumps(document))


def right_revoked(world: World, name: str) -> Rotated:
    """The admin may not change this user any more."""
    admin = Admin(new_user(), "the admin's own")
    user = new_user()
    target = PostgresTarget(world.server, user, BY_ADMIN)
    _run(
        target,
        "CREATE ROLE {1} LOGIN CREATEROLE PASSWORD 'the admin''s own'",
        *(user, admin.username),
    )
    _run(target, "GRANT {0} TO {1} WITH ADMIN OPTION", user, admin.username)
    target.by, superuser = admin, target.by
    secret = world.secret(name, target=target)
    target.by = superuser
    _run(target, "REVOKE {0} FROM {1}", user, admin.username)
    assert world.rotate(secret) == "failed"
    return secret


def run_sql(_world: World, secret: Rotated, said: str) -> None:
    """The statement in what was said, as it stands."""
    (statement,) = re.findall(r"(GRANT [^;]+)", said.splitlines()[0])
    with secret.target.admin() as admin:
        admin.execute(statement)


def _run(target: PostgresTarget, statement: Any, *names: str) -> None:  # noqa: ANN401 a literal
    with target.admin() as admin:
        admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def function_gone(world: World, name: str) -> Rotated:
    secret = world.secret(name, "Removed")
    del world.home.named["Removed"]
    return secret


def deploy(world: World, _secret: Rotated, _said: str) -> None:
    world.home.named["Removed"] = "PostgresSingleUser"


def not_invocable(world: World, name: str) -> Rotated:
    secret = killed(world, world.secret(name), "createSecret")
    world.service.permissions.remove_all("PostgresSingleUser")
    return secret


def add_permission(_world: World, _secret: Rotated, said: str) -> None:
    """The AWS CLI's command in what was said, as it stands."""
    (options,) = re.findall(r"`aws lambda add-permission ([^`]+)`", said)
    answer = session.Aws().call("lambda", "add_permission", **named(options))
    assert "secretsmanager" in answer["Statement"]


def key_denied(world: World, name: str) -> Rotated:
    secret = world.secret(name)
    world.service.settings.refused = {"GetSecretValue": "DecryptionFailure"}
    assert world.rotate(secret) == "failed"
    return secret


def allow(world: World, _secret: Rotated, _said: str) -> None:
    world.service.settings.refused = {}


def clone_dropped(world: World, name: str) -> Rotated:
    """The clone was in use."""
    secret = world.secret(
        name, "PostgresAlternatingUsers", target=PostgresAlternatingTarget(world.server, new_user())
    )
    assert world.rotate(secret) == "succeeded"
    clone = str(world.value(secret)["username"])
    _run(secret.target, "DROP OWNED BY {0}", clone)
    _run(secret.target, "DROP ROLE {0}", clone)
    return secret


def endpoint_dead(world: World, name: str) -> Rotated:
    """What stands before the server is gone."""
    target = PostgresTarget(world.server, new_user())
    with ExitStack() as standing:
        target.document["port"] = _before(world, standing, 0)
        secret = world.secret(name, target=target)
    world.home.timeout = 6  # nothing answers for half of it
    assert world.rotate(secret) == "failed"
    return secret


def start_again(world: World, secret: Rotated, _said: str) -> None:
    world.home.timeout = 60
    _before(world, world.opened, int(str(secret.target.document["port"])))


def _before(world: World, until: ExitStack, port: int) -> int:
    """Stand before the server, at this port or a free one."""
    listener = socket.create_server((LOOPBACK, port))
    until.enter_context(handing_on(listener, world.server.port))
    return int(listener.getsockname()[1])


def too_strict(world: World, name: str) -> Rotated:
    """The server's rules refuse what the function sends."""
    target = PostgresTarget(world.strict, new_user())
    secret = world.secret(name, target=target)
    target._set("ALTER SYSTEM SET credcheck.encrypted_password_allowed = off")
    assert world.rotate(secret) == "failed"
    return secret


def loosen(_world: World, secret: Rotated, _said: str) -> None:
    secret.target._set("ALTER SYSTEM RESET credcheck.encrypted_password_allowed")
