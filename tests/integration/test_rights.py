"""The rights of each transformed role against the calls that rotations make: none missing, none
unused."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local import template
from local.secrets_manager import Call
from local.servers import mysql, postgres
from local.targets import Place, Target
from rotators.generated.testing import KEYRING, GeneratedTarget
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.iam.testing import IamTarget, moto_iam
from rotators.iam.testing.front import ROLE_MAY
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotators.valkey.testing import ValkeyTarget, valkey
from tests.deploy.rights.iam import ATTACHED_TO, actions, allows, statements
from tests.deploy.stack.deployed import NETWORK, deploy, function_arn
from tests.lab import Lab

BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}
# What is allowed and called by no rotation here: by whom it is, and where that is shown.
ELSEWHERE = {
    # Lambda itself writes the log, and makes and removes interfaces in a VPC, in the role's name.
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    # Secrets Manager uses the key in the role's name.
    "kms:Decrypt",
    "kms:GenerateDataKey",
    # Asked where RDS manages the admin's password: tests/unit/shared/aws/test_rds.py.
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    # Which IAM is asked: tests/integration/iam/test_keys.py.
    *(f"iam:{action}" for action in ROLE_MAY),
}


def targets(place: Place, issuer: Issuer) -> dict[str, Target]:
    """One for each function, and one for each that an admin may help, by its settings."""
    servers = (place.running(start) for start in (postgres, mysql, valkey))
    of_postgres, of_mysql, of_valkey = servers
    name = f"rights_{uuid.uuid4().hex[:8]}"
    made: list[Target] = [
        PostgresTarget(of_postgres, name),
        PostgresTarget(of_postgres, f"{name}_adm", BY_ADMIN),
        PostgresAlternatingTarget(of_postgres, f"{name}_two"),
        MySQLTarget(of_mysql, name),
        MySQLTarget(of_mysql, f"{name}_adm", BY_ADMIN),
        MySQLAlternatingTarget(of_mysql, f"{name}_two"),
        IssuerTarget(issuer),
        GeneratedTarget("keyring", KEYRING),
        ValkeyTarget(of_valkey, name),
        ValkeyTarget(of_valkey, f"{name}_adm", BY_ADMIN),
        IamTarget(place.running(moto_iam)),
    ]
    return {f"{each.function}{' by admin' * (each.settings == BY_ADMIN)}": each for each in made}


@contextmanager
def calls_of(lab: Lab) -> Iterator[list[Call]]:
    """The calls that functions make meanwhile."""
    calls: list[Call] = []

    def see(seen: object) -> None:
        if isinstance(seen, Call) and seen.operation != "RotateSecret":
            calls.append(seen)

    unsubscribe = lab.service.subscribe(see)
    try:
        yield calls
    finally:
        unsubscribe()


@pytest.mark.parametrize(
    "case",
    [
        *template.functions(),
        *("PostgresSingleUser by admin", "MySqlSingleUser by admin", "ValkeyUser by admin"),
    ],
)
def test_a_rotation_makes_the_calls_that_its_role_allows(
    case: str, lab: Lab, place: Place, demo_issuer: Issuer
) -> None:
    target = targets(place, demo_issuer)[case]
    secret = lab.secret(target)
    with calls_of(lab) as calls:
        for _ in range(2):  # the second has a previous version, and a clone or a key to end
            assert secret.rotate().state == "succeeded"
    function = target.function
    admins = {call.secret_id for call in calls} - {secret.arn}
    assert len(admins) == (function == "HttpApiKey" or "Alternating" in case or "admin" in case)
    # In the widest stack that there is for it, but for the admin's secret: that is named alone.
    prefix = function.removesuffix("SingleUser")
    stack = deploy(
        **NETWORK,
        KmsKeyArns="arn:aws:kms:us-east-1:123456789012:key/1",
        **({f"{prefix}AdminSetsPassword": "true"} if "admin" in case else {}),
        **dict.fromkeys(("DatabaseAdminPrefixes", "IssuerAdminPrefixes"), ""),
        **dict.fromkeys(("DatabaseAdminArns", "IssuerAdminArns"), ",".join(map(str, admins))),
    )
    granted = statements(stack, function)
    for call in calls:
        attached = {ATTACHED_TO: function_arn(function)} if call.secret_id == secret.arn else {}
        action = f"secretsmanager:{call.operation}"
        assert allows(granted, action, str(call.secret_id), attached), call
    called = {f"secretsmanager:{call.operation}" for call in calls}
    assert actions(stack, function) - ELSEWHERE == called
