"""A local Secrets Manager whose rotations run step by step, in this process, as a test asks."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local import template
from local.functions.home import (
    ARN_PREFIX,
    FunctionError,
    Home,
    InProcess,
    LambdaContext,
    name_of,
)
from local.kinds import kinds
from local.secrets_manager import RotationOutcome, SecretsManager
from local.targets import Target
from shared.handler import Handler
from shared.protocol.event import Step

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# The fields of secrets that hold a value which must be in no log.
CONFIDENTIAL = sorted({name for kind in kinds().values() for name in kind.confidential})

Event = dict[str, str]
Document = dict[str, Any]


class Gate:
    """A home that runs functions while open; shut, every invocation fails before it begins.

    asked: the event of the last invocation that failed so.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.open = True
        self.asked: Event = {}

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        if not self.open:
            self.asked = {key: str(value) for key, value in event.items()}
            raise FunctionError("Gate", "the test runs the steps itself")
        self.home.invoke(function, event)


def _short(value: str) -> str:
    """A setting's value as it can be part of a function's name."""
    return (
        value if re.fullmatch(r"[\w-]{1,40}", value) else hashlib.sha256(value.encode()).hexdigest()
    )


class Functions:
    """The template's functions in this process, each as often as there are settings for it."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def add(self, target: Target) -> str:
        """The name of the target's function with the target's settings."""
        words = (f"{name}-{_short(value)}" for name, value in sorted(target.settings.items()))
        name = "-".join((target.function, *words))
        if name not in self._handlers:
            self._handlers[name] = template.handler(target.function, target.settings)
        return name

    def handler(self, function: str) -> Handler:
        return self._handlers[name_of(function)]

    def knows(self, function: str, /) -> bool:
        return name_of(function) in self._handlers

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        InProcess({name_of(function): self.handler(function)}, timeout=60).invoke(function, event)


@dataclass
class Secret:
    """A target's secret, with the function that rotates it attached."""

    lab: "Lab"
    target: Target
    arn: str
    function: str

    def begin(self, **more: Any) -> Event:  # noqa: ANN401 - RotateSecret's own
        """Make a valueless AWSPENDING version and run nothing; the event but for its Step."""
        self.lab.gate.open = False
        try:
            known = len(self.lab.service.outcomes(self.arn))
            self._rotate(str(uuid.uuid4()), **more)
            self.lab.service.wait_for_rotation(self.arn, beyond=known)
        finally:
            self.lab.gate.open = True
        return {key: value for key, value in self.lab.gate.asked.items() if key != "Step"}

    def rotate(self, **more: Any) -> RotationOutcome:  # noqa: ANN401 - RotateSecret's own
        """A whole rotation, driven by the service."""
        known = len(self.lab.service.outcomes(self.arn))
        self._rotate(str(uuid.uuid4()), **more)
        return self.lab.service.wait_for_rotation(self.arn, beyond=known)

    def start_rotation(self) -> None:
        """Let the service begin one, and do not wait for it."""
        self._rotate(str(uuid.uuid4()))

    def _rotate(self, token: str, **more: Any) -> None:  # noqa: ANN401 - RotateSecret's own
        self.lab.client.rotate_secret(
            SecretId=self.arn,
            ClientRequestToken=token,
            RotationLambdaARN=ARN_PREFIX + self.function,
            RotationRules={"AutomaticallyAfterDays": 30},
            **more,
        )

    def step(
        self, event: Event, step: Step, handler: Handler | None = None, *, timeout: float = 60
    ) -> None:
        """Run one step here; what the handler raises comes out as it is."""
        context = LambdaContext(
            function_name=self.function, timeout=timeout, memory_limit_in_mb="256"
        )
        (handler or self.lab.functions.handler(self.function))(
            {**event, "Step": step.value}, context
        )

    def steps(self, event: Event, *steps: Step) -> None:
        for step in steps or tuple(Step):
            self.step(event, step)

    def steps_before(self, event: Event, last: Step) -> None:
        for step in list(Step)[: list(Step).index(last)]:
            self.step(event, step)

    def twice_at_once(self, event: Event, step: Step) -> None:
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(self.step, event, step) for _ in range(2)]:
                done.result()

    def abandon(self, event: Event) -> None:
        """As documented for a stuck rotation: cancel, and take AWSPENDING off (fact 7)."""
        self.lab.client.cancel_rotate_secret(SecretId=self.arn)
        if self.holder("AWSPENDING") == event["ClientRequestToken"]:
            self.lab.client.update_secret_version_stage(
                SecretId=self.arn,
                VersionStage="AWSPENDING",
                RemoveFromVersionId=event["ClientRequestToken"],
            )

    def value(self, label: str = "AWSCURRENT") -> Document:
        answer = self.lab.client.get_secret_value(SecretId=self.arn, VersionStage=label)
        return dict(json.loads(answer["SecretString"]))

    def version(self, version_id: str) -> Document:
        answer = self.lab.client.get_secret_value(SecretId=self.arn, VersionId=version_id)
        return dict(json.loads(answer["SecretString"]))

    def store(self, document: Document) -> None:
        """A new current version made by hand."""
        self.lab.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(document))

    def move_issuer(self, url: str) -> None:
        """Let the secret and the admin's secret name another issuer."""
        arn = str(self.value()["admin_secret_arn"])
        admin = json.loads(self.lab.client.get_secret_value(SecretId=arn)["SecretString"])
        moved = json.dumps({**admin, "issuer_url": url})
        self.lab.client.put_secret_value(SecretId=arn, SecretString=moved)
        self.store({**self.value(), "issuer_url": url})

    def labels(self) -> dict[str, set[str]]:
        stages = self.lab.client.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        return {version: set(labels) for version, labels in stages.items()}

    def holder(self, label: str) -> str | None:
        return next((v for v, labels in self.labels().items() if label in labels), None)

    def move_label(self, label: str, to: str) -> None:
        """By hand, from whichever version has it."""
        holder = self.holder(label)
        self.lab.client.update_secret_version_stage(
            SecretId=self.arn,
            VersionStage=label,
            MoveToVersionId=to,
            **({"RemoveFromVersionId": holder} if holder else {}),
        )

    def accepted(self) -> set[str]:
        """The ids of the versions, unlabelled ones too, that the target lets in now."""
        listed = self.lab.client.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)[
            "Versions"
        ]
        ids = [version["VersionId"] for version in listed]
        return {each for each in ids if self.target.accepts(self.version(each))}

    def values(self) -> set[str]:
        """Every secret value of every version: what must be in no log."""
        listed = self.lab.client.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)[
            "Versions"
        ]
        documents = [self.version(version["VersionId"]) for version in listed]
        return {str(d[key]) for d in documents for key in CONFIDENTIAL if key in d}


@dataclass
class Lab:
    """The service, and secrets in it."""

    service: SecretsManager
    gate: Gate
    functions: Functions
    client: "SecretsManagerClient"

    def secret(self, target: Target, **extra: Any) -> Secret:  # noqa: ANN401 - any JSON
        """A secret for the target as it is now, with unknown keys beside the known ones."""
        arn = target.seed(self.client, f"test/{uuid.uuid4()}")
        secret = Secret(self, target, arn, self.functions.add(target))
        if extra:
            secret.store({**secret.value(), **extra})
        return secret
