"""The rights in the template against the calls that rotations make: none missing, none unused."""

import uuid

import pytest

from local import template
from local.secrets_manager import Call
from local.servers import Server
from local.targets import Target
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.lab import Lab

RESOURCES = template.document()["Resources"]
SHARED_POLICIES = ("OwnSecretsUse", "DatabaseAdminUse")


def targets(postgres: Server, mysql: Server, issuer: Issuer) -> dict[str, Target]:
    """One for each function."""
    name = f"rights_{uuid.uuid4().hex[:8]}"
    made: list[Target] = [
        PostgresTarget(postgres, name),
        PostgresAlternatingTarget(postgres, f"{name}_two"),
        MySQLTarget(mysql, name),
        MySQLAlternatingTarget(mysql, f"{name}_two"),
        IssuerTarget(issuer),
    ]
    return {target.function: target for target in made}


def rights(function: str, sid: str) -> set[str]:
    """The Secrets Manager actions of the statement of this name: its own, or a shared policy's."""
    policies = RESOURCES[function]["Properties"].get("Policies", [])
    shared = [RESOURCES[name]["Properties"]["PolicyDocument"] for name in SHARED_POLICIES]
    named = [
        each
        for policy in (*policies, *shared)
        for each in policy["Statement"]
        if each["Sid"] == sid
    ]
    listed = named[0]["Action"]
    actions = [listed] if isinstance(listed, str) else listed
    return {action.removeprefix("secretsmanager:") for action in actions}


@pytest.mark.parametrize("function", template.functions())
def test_a_rotation_makes_the_calls_that_its_policy_allows(
    function: str, lab: Lab, postgres_server: Server, mysql_server: Server, demo_issuer: Issuer
) -> None:
    target = targets(postgres_server, mysql_server, demo_issuer)[function]
    secret = lab.secret(target)
    calls: list[Call] = []
    unsubscribe = lab.service.subscribe(
        lambda seen: calls.append(seen) if isinstance(seen, Call) else None
    )
    try:
        for _ in range(2):  # the second has a previous version, and a clone or a key to end
            assert secret.rotate().state == "succeeded"
    finally:
        unsubscribe()
    made = [call for call in calls if call.operation != "RotateSecret"]
    on_secret = {call.operation for call in made if call.secret_id == secret.arn}
    on_others = {call.operation for call in made if call.secret_id != secret.arn}
    assert on_secret == rights(function, "RotateOwnSecrets")
    if function == "HttpApiKey":
        assert on_others == rights(function, "ReadAdminSecrets")
    elif function.endswith("AlternatingUsers"):
        # The tags are read where RDS manages the admin's secret: tests/unit/shared/aws/test_rds.py.
        assert on_others == rights(function, "ReadAdminSecrets") - {"DescribeSecret"}
    else:
        assert not on_others
