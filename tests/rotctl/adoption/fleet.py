"""Secrets on stand-ins for AWS's rotation functions, beside our real ones."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.functions.home import Configuration
from local.secrets_manager import SecretsManager
from rotators.postgres.testing import PostgresTarget
from tests.rotctl.world import World, run

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
# As at AWS, where our function may use no secret before it is attached.
UNASKED = {"Invoke": DENIED}
MOMENTS = ("LastAccessedDate", "LastChangedDate")


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
    """Secrets on AWS's functions, by name, and the file of their run.

    before: what DescribeSecret said of each.
    """

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
        arn = client.create_secret(Name=name, SecretString=value)["ARN"]
        if key:
            client.update_secret(SecretId=arn, KmsKeyId=key)
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

    def has(self, name: str) -> str:
        """The name of its function."""
        return str(self.describe(name)["RotationLambdaARN"]).rpartition(":")[2]

    def tag(self, name: str, key: str, value: str) -> None:
        """As AWS's own services may, whose keys nobody else may use."""
        state = self.world.service._regions[self.world.service.region].state
        state.find({"SecretId": name}).tags = {key: value}

    def entries(self) -> dict[str, dict[str, Any]]:
        """Of the file, by name."""
        return {each["name"]: each for each in json.loads(self.file.read_text())["secrets"]}

    def few(self, number: int, function: str = SINGLE, **document: Any) -> list[str]:  # noqa: ANN401 as `add` takes it
        """Some more, of new names."""
        names = [f"few/{uuid.uuid4().hex[:6]}" for _ in range(number)]
        for name in names:
            self.add(name, function, **document)
        return names

    def admin(self, name: str, who: PostgresTarget) -> str:
        """The ARN of an admin's secret: the server's own one, if it is "able", or the user."""
        server = self.world.server
        able = {"username": server.admin, "password": server.password}
        value = json.dumps({**who.document, **(able if name == "able" else {})})
        client = self.world.service.client()
        return client.create_secret(Name=f"admin-{name}", SecretString=value)["ARN"]


def told(words: str) -> list[dict[str, Any]]:
    """What became of each, with `--yes`."""
    shown = run(f"adopt {words} --yes --output json")
    assert shown.code in {0, 1}, shown.err
    return shown.json()


def results(words: str) -> dict[str, str]:
    return {each["name"]: each["result"] for each in told(words)}


def given(rules: Mapping[str, object]) -> dict[str, object]:
    """Without the days that a rotation leaves beside an expression."""
    days = "AutomaticallyAfterDays" if "ScheduleExpression" in rules else ""
    return {key: value for key, value in rules.items() if key != days}
