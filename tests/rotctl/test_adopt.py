"""Sixty secrets on stand-ins for AWS's functions, moved to the real ones, and back."""

import json
import os
import re
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from rich.progress import Progress as Bar

from local.bootstrap import ROOT
from local.functions.home import Configuration
from local.secrets_manager import SecretsManager
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotctl.adoption.origin import TAKEN
from shared.credentials import CLONE
from tests.rotctl.conftest import AWAY
from tests.rotctl.world import Ran, World, run

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import RotationRulesTypeTypeDef

SINGLE = "SecretsManagerRDSPostgreSQLRotationSingleUser"
MULTI = "SecretsManagerRDSPostgreSQLRotationMultiUser"
DENIED = "AccessDeniedException"
RULES: list["RotationRulesTypeTypeDef"] = [
    {"AutomaticallyAfterDays": 30},
    {"ScheduleExpression": "cron(0 3 1 * ? *)", "Duration": "2h"},
    {"ScheduleExpression": "rate(10 days)"},
]
# What is left, with why, and what is put back, with the code of why.
LEFT = {
    "odd/copy": "MyRotator does not say what it rotates; say it: --function MyRotator=",
    "odd/both": f"says both {SINGLE} and SecretsManagerRDSMySQLRotationSingleUser",
    "odd/mysql": "the stack has no MySqlSingleUser, but PostgresAlternatingUsers, Postgres",
    "odd/off": "its rotation is switched off, and the move would switch it on; switch it on",
    "odd/oracle": "no function of ours rotates what SecretsManagerRDSOracleRotationSingleUser",
    "odd/stack": "it is owned by CloudFormation's stack 'orders' (tag aws:cloudformation:stack-",
    "odd/stuck": f"a rotation by {SINGLE} has not ended; have it attempted again: `rotctl rotate",
    "odd/terraform": "it is owned by Terraform (tag managed-by), which may set its function again",
}
BACK = {
    "odd/admin": "may not",
    "odd/cname": "certificate",
    "odd/engine": "engine",
    "odd/password": "rejected",
    "odd/ssl": "ssl",
}


@dataclass
class AwsFunction:
    """A stand-in: it rotates to the value that is current, and fails in the step `fails_at`."""

    service: SecretsManager
    fails_at: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, event: Mapping[str, str], _context: object) -> None:
        client, arn = self.service.client(), event["SecretId"]
        step, token = event["Step"], event["ClientRequestToken"]
        self.seen.append((arn, step))
        if step == self.fails_at:
            raise ValueError("Unable to log into database")
        if step == "createSecret":
            value = client.get_secret_value(SecretId=arn)["SecretString"]
            given = {"SecretId": arn, "ClientRequestToken": token, "SecretString": value}
            client.put_secret_value(**given, VersionStages=["AWSPENDING"])
        if step == "finishSecret":
            versions = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
            (current,) = [each for each, labels in versions.items() if "AWSCURRENT" in labels]
            moved = {"MoveToVersionId": token, "RemoveFromVersionId": current}
            client.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", **moved)


@dataclass
class Fleet:
    """The sixty, by name; `before` is what DescribeSecret said of each, `adopted` the first run."""

    world: World
    file: Path
    arns: dict[str, str] = field(default_factory=dict)
    functions: dict[str, AwsFunction] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)

    def function(self, name: str, *, made_of: str = "", **network: object) -> str:
        """AWS's function of that name, as its stack has tagged it; its ARN."""
        where = f"arn:aws:serverlessrepo:us-east-1:297356227824:applications/{made_of}"
        tags = {"serverlessrepo:applicationId": where} if made_of else {}
        made = AwsFunction(self.world.service)
        self.functions[name] = made
        handler = "lambda_function.lambda_handler"
        configured = Configuration(handler, 30, 128, "python3.9", network, tags)
        return self.world.service.add_function(name, made, configured)

    def add(
        self,
        name: str,
        function: str = SINGLE,
        target: PostgresTarget | None = None,
        *,
        key: str = "",
        **document: object,
    ) -> None:
        """A secret that has been attached and tested, with one of three schedules."""
        client, service = self.world.service.client(), self.world.service
        target = target or self.user
        value = json.dumps({**target.document, **document})
        encrypted = {"KmsKeyId": key} if key else {}
        arn = client.create_secret(Name=name, SecretString=value, **encrypted)["ARN"]
        self.world.home.targets[arn] = target
        self.arns[name] = arn
        rules = RULES[len(self.arns) % len(RULES)]
        client.rotate_secret(
            SecretId=arn,
            RotationLambdaARN=service.function_arn(function),
            RotationRules=rules,
            RotateImmediately=False,
        )
        service.wait_for_rotation(arn)

    def __post_init__(self) -> None:
        self.user = PostgresTarget(self.world.server, "adopted")

    def describe(self, name: str) -> dict[str, Any]:
        """Without what reading it changes."""
        answer = dict(self.world.service.client().describe_secret(SecretId=name))
        return {k: v for k, v in answer.items() if k not in {"ResponseMetadata", *MOMENTS}}

    def has(self) -> dict[str, str]:
        """The name of each one's function."""
        return {each: self.describe(each)["RotationLambdaARN"].split(":")[-1] for each in self.arns}

    def tag(self, name: str, key: str, value: str) -> None:
        """As AWS's own services may, whose keys nobody else may use."""
        state = self.world.service._regions[self.world.service.region].state
        state.find({"SecretId": name}).tags = {key: value}

    def entries(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in json.loads(self.file.read_text())["secrets"]}


MOMENTS = ("LastAccessedDate", "LastChangedDate")
ROLE = "CREATE ROLE {} LOGIN"


@pytest.fixture(scope="module")
def fleet(running_world: World, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Forty plain ones, and one of each obstacle."""
    service, home = running_world.service, running_world.home
    home.named |= {"PostgresAlternatingUsers": "PostgresAlternatingUsers"}
    service.settings.parameters = {
        f"/secret-rotators/{name}Arn": service.function_arn(name)
        for name in ("PostgresSingleUser", "PostgresAlternatingUsers")
    }
    import time
    t0 = time.time()
    made = Fleet(running_world, tmp_path_factory.mktemp("journal") / "adopt.json")
    for name in (SINGLE, MULTI, "MyRotator", "SecretsManagerRDSOracleRotationSingleUser"):
        made.function(name)
    made.function("SecretsManagerRDSMySQLRotationSingleUser")
    made.function(SINGLE + "-both", made_of="SecretsManagerRDSMySQLRotationSingleUser")
    network = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    made.function("SecretsManagerorders", made_of=SINGLE, **network)
    made.function(SINGLE + "-gone")
    for number in range(44):
        made.add(f"plain/{number}")
    pair = PostgresAlternatingTarget(running_world.server, "adopted_pair")
    made.add("plain/pair", MULTI, pair, masterarn=_admin(made, "able", pair))
    for name in ("odd/off", "odd/stack", "odd/stuck", "odd/terraform"):
        made.add(name)
    made.add("odd/copy", "MyRotator")
    made.add("odd/both", SINGLE + "-both")
    made.add("odd/mysql", "SecretsManagerRDSMySQLRotationSingleUser")
    made.add("odd/oracle", "SecretsManagerRDSOracleRotationSingleUser")
    made.add("odd/key", key="alias/mine")
    made.add("odd/vpc", "SecretsManagerorders")
    made.add("odd/gone", SINGLE + "-gone")
    made.add("odd/ssl", ssl=False)
    made.add("odd/engine", engine="mysql")
    made.add("odd/cname", tls_host="orders.example.org")
    made.add("odd/password", password="another one")
    made.add("odd/admin", MULTI, pair, masterarn=_admin(made, "unable", made.user))
    made.tag("odd/stack", "aws:cloudformation:stack-name", "orders")
    made.tag("odd/terraform", "managed-by", "Terraform")
    service.client().cancel_rotate_secret(SecretId="odd/off")
    made.functions[SINGLE].fails_at = "setSecret"
    assert running_world.service.rotate("odd/stuck", SINGLE).state == "failed"
    made.functions[SINGLE].fails_at = ""
    del service.home._handlers[SINGLE + "-gone"]  # type: ignore[attr-defined]
    del service.home._configured[SINGLE + "-gone"]  # type: ignore[attr-defined]
    assert len(made.arns) == 61
    print("SETUP", time.time() - t0)
    made.before = {name: made.describe(name) for name in made.arns}
    return made


def _admin(fleet: Fleet, name: str, who: PostgresTarget) -> str:
    """The ARN of an admin's secret: the server's own admin, or a user without any right."""
    server = fleet.world.server
    admin = {"username": server.admin, "password": server.password}
    document = {**who.document, **(admin if name == "able" else {})}
    made = fleet.world.service.client().create_secret(
        Name=f"admin-{name}", SecretString=json.dumps(document)
    )
    return made["ARN"]


def test_all(world: World, fleet: Fleet) -> None:
    shown = run("adopt --all", typed="n\n")
    print(shown.out, shown.err)
    import time
    t = time.time()
    shown = run(f"adopt --all --yes --at-once 20 --file {fleet.file}")
    print(sorted((e["time"], n) for n, e in fleet.entries().items()))
    t = time.time()
    shown = run(f"adopt --undo {fleet.file} --yes")
    print(shown.out, shown.err, time.time() - t)
    assert 0
