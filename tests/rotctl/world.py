"""The local system as an operator meets it, and rotctl as it is run."""

import contextlib
import functools
import io
import json
import shlex
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import botocore.session
from psycopg import sql

from local import template
from local.functions.home import Configuration, FunctionError, name_of
from local.functions.logged import events_in
from local.functions.written import LogEvent
from local.secrets_manager import SecretsManager
from local.servers import Server
from local.targets import Target
from rotators.postgres.testing import PostgresTarget
from rotctl import __main__ as program
from rotctl import clock
from rotctl.aws import session
from tests.faults.sandboxes import CallPoint, Sandboxes

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def new_user() -> str:
    """A name that no other test has."""
    return f"ops_{uuid.uuid4().hex[:8]}"


NO_TAGS: Mapping[str, str] = {}
KILLED_FIRST = CallPoint(0, after=False)


_declared = functools.cache(template.functions)  # reading the template takes as long as a step


class Home:
    """Runs each step in a process of its own; `kill_at` has the steps in which it is killed.

    killed: at which call of the step. named: the functions that are there, each by the template's
    own name of it. timeout: a step's seconds.
    """

    def __init__(self, boxes: Sandboxes, log: Path) -> None:
        self._boxes, self._log = boxes, log
        self.targets: dict[str, Target] = {}
        self.kill_at: set[str] = set()
        self.killed = KILLED_FIRST
        self.timeout = 60.0
        self.named = {
            "PostgresSingleUser": "PostgresSingleUser",
            "PostgresAlternatingUsers": "PostgresAlternatingUsers",
            "HttpApiKey": "HttpApiKey",
            "Removed": "PostgresSingleUser",
        }

    def knows(self, function: str, /) -> bool:
        return name_of(function) in self.named

    def configuration(self, function: str, /) -> Configuration | None:
        logical = self.named.get(name_of(function))
        if logical is None:
            return None
        declared = _declared()[logical]
        return Configuration(
            declared.handler,
            declared.timeout,
            declared.memory,
            environment=declared.environment,
        )

    def log_events(self, _function: str, /) -> Sequence[LogEvent]:
        return events_in(self._log)

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        if not self.knows(function):
            raise FunctionError("ResourceNotFoundException", "no such function")
        at = self.killed if event["Step"] in self.kill_at else None
        target = self.targets[str(event["SecretId"])]
        result = self._boxes.start_step(target, event, at, timeout=self.timeout).result()
        if result.killed:
            raise FunctionError("Runtime.ExitError", "signal: killed")
        if result.error:
            raise FunctionError(result.error["type"], result.error["text"])
        return result.answer


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> list[dict[str, Any]]:
        return list(json.loads(self.out))

    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


@dataclass
class Rotated:
    """A secret with its function attached; of a PostgreSQL user, where nothing else is said."""

    name: str
    arn: str
    target: Any

    def change_password(self, to: str = "changed by hand") -> None:
        """On the server alone, so that no stored one works."""
        with self.target.admin() as admin:
            user = sql.Identifier(str(self.target.document["username"]))
            admin.execute(sql.SQL("ALTER USER {} PASSWORD {}").format(user, sql.Literal(to)))

    def store_by_hand(self, client: "SecretsManagerClient") -> None:
        """The value that is current, as a new one, which abandons a rotation."""
        value = json.loads(client.get_secret_value(SecretId=self.arn)["SecretString"])
        client.put_secret_value(SecretId=self.arn, SecretString=json.dumps({**value, "by": "hand"}))


@dataclass
class World:
    """opened: what a test has opened, until it ends; strict: a server with rules for passwords."""

    service: SecretsManager
    home: Home
    server: Server
    variables: Mapping[str, str]
    opened: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    strict: Server = field(init=False, repr=False)

    def secret(
        self,
        name: str,
        function: str = "PostgresSingleUser",
        *,
        server: Server | None = None,
        tags: Mapping[str, str] = NO_TAGS,
        target: Target | None = None,
    ) -> Rotated:
        """A user's, attached by a test of it, which is all that has run."""
        made = self.seed(name, server=server, tags=tags, target=target)
        self._attach(made.arn, function or made.target.function)
        return made

    def seed(
        self,
        name: str,
        *,
        server: Server | None = None,
        tags: Mapping[str, str] = NO_TAGS,
        target: Target | None = None,
    ) -> Rotated:
        """A user's, without a function."""
        target = target or PostgresTarget(server or self.server, new_user())
        return Rotated(name, self._seed(name, target, tags), target)

    def attach(
        self, name: str, target: Target, function: str, tags: Mapping[str, str] = NO_TAGS
    ) -> str:
        """The target's secret, its function attached by a test; its ARN."""
        arn = self._seed(name, target, tags)
        self._attach(arn, function)
        return arn

    def _seed(self, name: str, target: Target, tags: Mapping[str, str]) -> str:
        client = self.service.client()
        arn = target.seed(client, name)
        if tags:
            client.tag_resource(
                SecretId=arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
            )
        self.home.targets[arn] = target
        return arn

    def _attach(self, arn: str, function: str) -> None:
        self.service.client().rotate_secret(
            SecretId=arn,
            RotationLambdaARN=self.service.function_arn(function),
            RotationRules={"AutomaticallyAfterDays": 30},
            RotateImmediately=False,
        )
        self.service.wait_for_rotation(arn)

    def rotate(self, secret: Rotated) -> str:
        """A whole rotation by the service; how it ended."""
        known = len(self.service.outcomes(secret.arn))
        self.service.client().rotate_secret(SecretId=secret.arn)
        return self.service.wait_for_rotation(secret.arn, beyond=known).state

    def describe(self, secret: Rotated) -> dict[str, Any]:
        """DescribeSecret, without what belongs to the answer."""
        answer = dict(self.service.client().describe_secret(SecretId=secret.arn))
        return {key: value for key, value in answer.items() if key != "ResponseMetadata"}

    def value(self, secret: Rotated, label: str = "AWSCURRENT") -> dict[str, Any]:
        client = self.service.client()
        answer = client.get_secret_value(SecretId=secret.arn, VersionStage=label)
        return dict(json.loads(answer["SecretString"]))

    def pending(self, secret: Rotated) -> str:
        """The version that has AWSPENDING."""
        labels = self.describe(secret)["VersionIdsToStages"].items()
        return str(next(version for version, each in labels if "AWSPENDING" in each))

    def has(self, name: str) -> bool:
        return any(arn[:-7].endswith(f":secret:{name}") for arn in self.home.targets)

    def values(self) -> set[str]:
        """Every password that any version has."""
        client = self.service.client()
        found = set()
        for arn in self.home.targets:
            listed = client.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True)
            for version in listed["Versions"]:
                answer = client.get_secret_value(SecretId=arn, VersionId=version["VersionId"])
                document = json.loads(answer["SecretString"])
                found.add(str(document.get("password") or document.get("api_key")))
        return found

    def words(self) -> dict[str, str]:
        """Every secret's state, in words."""
        return {row["name"]: row["words"] for row in run("status --output json").json()}


@contextlib.contextmanager
def later(**ahead: float) -> Iterator[None]:
    """Let rotctl look at the world so much later."""
    now, moved = clock.now, timedelta(**ahead)
    with mock.patch.object(clock, "now", side_effect=lambda: now() + moved):
        yield


@contextlib.contextmanager
def noted_calls() -> Iterator[set[str]]:
    """What rotctl asks AWS for, as IAM calls it."""
    made: set[str] = set()
    call = session.Aws.call

    def noted(aws: session.Aws, service: str, operation: str, /, **request: Any) -> Any:  # noqa: ANN401
        made.add(f"{service}:{''.join(map(str.capitalize, operation.split('_')))}")
        return call(aws, service, operation, **request)

    with mock.patch.object(session.Aws, "call", noted):
        yield made


_MODELS = botocore.session.Session().get_component("data_loader")


def _session(**given: Any) -> botocore.session.Session:  # noqa: ANN401 the SDK's own parameters
    """The SDK's, but for the models of services, which it would read anew for each command."""
    made = botocore.session.Session(**given)
    made.register_component("data_loader", _MODELS)
    return made


def run(words: str, typed: str = "") -> Ran:
    """rotctl in this process, as its entry point runs it."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch("sys.argv", ["rotctl", *shlex.split(words)]),
        mock.patch("sys.stdin", io.StringIO(typed)),
        mock.patch.dict("os.environ", {"COLUMNS": "250", "AWS_MAX_ATTEMPTS": "1"}),
        mock.patch.object(session, "Session", _session),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            program.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ran(code, out.getvalue(), err.getvalue())
