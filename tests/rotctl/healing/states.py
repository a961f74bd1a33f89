"""Every way a rotation gets stuck, made for real on the local system, and what a person mends."""

import json
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from local.network.relay import LOOPBACK, handing_on
from local.targets import Admin
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotctl.aws import session
from rotctl.healing.case import Case
from tests.faults.sandboxes import CallPoint
from tests.rotctl.world import Rotated, World, new_user

BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}
BY_HAND, WRONG = "4tg-set-by-hand", "4tg-of-nobody"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")

Make = Callable[[World, str], Rotated]
Mend = Callable[[World, Rotated, str], None]


@dataclass(frozen=True, slots=True)
class Stuck:
    """One state: how it is made, the case it is, and what the line about it says.

    mend: what a person does as heal says, given what it said, where heal alone mends nothing.
    options: of heal.
    """

    make: Make
    case: Case
    says: str
    mend: Mend | None = None
    options: str = ""


# --- a step was killed ---


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


# --- somebody moved or wrote something ---


def unlabelled(world: World, name: str) -> Rotated:
    """AWSPENDING was taken off when the server had that password."""
    secret = killed(world, world.secret(name), "testSecret")
    client = world.service.client()
    client.update_secret_version_stage(
        SecretId=secret.arn, VersionStage="AWSPENDING", RemoveFromVersionId=world.pending(secret)
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


def overwritten(make: Make, **changed: object) -> Make:
    """The current value was written over during a rotation, before the server changed."""

    def made(world: World, name: str) -> Rotated:
        secret = killed(world, make(world, name), "setSecret")
        store(world, secret, **changed)
        return secret

    return made


def run_command(world: World, _secret: Rotated, said: str) -> None:
    """The AWS CLI's command in what was said, as it stands."""
    found = re.findall(r"`aws secretsmanager ([a-z-]+) ([^`]+)`", said)
    operation, options = found[-1]
    getattr(world.service.client(), operation.replace("-", "_"))(**_named(options))


def _named(options: str) -> dict[str, str]:
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


# --- something that a rotation needs is not there ---


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
    answer = session.Aws().call("lambda", "add_permission", **_named(options))
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


STATES: dict[str, Stuck] = {
    **{
        f"killed at {step}": Stuck(killed_at(step), Case.INTERRUPTED, "stuck.* since")
        for step in STEPS[:2]
    },
    **{
        f"killed at {step}": Stuck(killed_at(step), Case.PENDING_LIVE, "credential of AWSPENDING")
        for step in STEPS[2:]
    },
    "killed after the move": Stuck(moved_and_killed, Case.FINE, "never rotated"),
    "cancelled before there is a value": Stuck(
        cancelled_at("createSecret"), Case.CANCELLED, "rotation was switched off before it ended"
    ),
    "cancelled before the server changed": Stuck(
        cancelled_at("setSecret"), Case.CANCELLED, "rotation was switched off before it ended"
    ),
    "cancelled after the server changed": Stuck(
        cancelled_at("testSecret"), Case.PENDING_LIVE, "credential of AWSPENDING"
    ),
    "label removed": Stuck(unlabelled, Case.GIVEN_UP_LIVE, "has the credential of version"),
    "password changed by hand": Stuck(
        changed_by_hand, Case.LOCKED_OUT, "no stored credential is accepted", store_by_hand
    ),
    "password changed by hand beside an admin": Stuck(
        changed_beside_an_admin, Case.LOCKED_OUT, "rotctl heal .* --reset", options="--reset"
    ),
    "version overwritten": Stuck(
        overwritten(lambda world, name: world.secret(name), password=WRONG),
        *(Case.LOCKED_OUT, "AWSPREVIOUS was not tried", run_command),
    ),
    "version overwritten beside an admin": Stuck(
        overwritten(by_admin, password=WRONG), Case.OLDER_LIVE, "has the credential of version"
    ),
    "version overwritten by what is none": Stuck(
        overwritten(lambda world, name: world.secret(name), host=None),
        *(Case.OLDER_LIVE, "has the credential of version"),
    ),
    "pending version at fault": Stuck(poisoned, Case.POISONED, "AWSPENDING is at fault"),
    "deleted": Stuck(deleted, Case.DELETED, "is scheduled for deletion", run_command),
    "off": Stuck(off, Case.OFF, "rotation is switched off"),
    "admin's password wrong": Stuck(
        admin_wrong, Case.BLOCKED, "admin is broken: .*rejected", admin_right
    ),
    "right revoked": Stuck(right_revoked, Case.BLOCKED, "rights is broken: ", run_sql),
    "endpoint dead": Stuck(
        endpoint_dead, Case.BLOCKED, "endpoint is broken: .*no answer", start_again
    ),
    "poison password": Stuck(too_strict, Case.REFUSED, "password", loosen),
    "function gone": Stuck(function_gone, Case.GONE, "Removed is gone", deploy),
    "not invocable": Stuck(
        not_invocable, Case.UNINVOCABLE, "may not invoke PostgresSingleUser", add_permission
    ),
    "KMS denied": Stuck(key_denied, Case.BLOCKED, "key is broken: .*KMS key", allow),
    "clone dropped": Stuck(clone_dropped, Case.OLDER_LIVE, "has the credential of version"),
}
