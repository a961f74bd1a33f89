"""A local Secrets Manager whose rotations a test runs step by step, in this process."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
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

# The fields of secrets whose values must not be in any log.
CONFIDENTIAL = sorted({name for kind in kinds().values() for name in kind.confidential})

Event = dict[str, str]
Document = dict[str, Any]


class Gate:
    """A home that runs functions while `open`; otherwise every invocation fails at once.

    refused_event: the event of the last invocation that was refused.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.open = True
        self.refused_event: Event = {}

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        if not self.open:
            self.refused_event = {key: str(value) for key, value in event.items()}
            raise FunctionError("Gate", "the test runs the steps itself")
        self.home.invoke(function, event)


def _short(value: str) -> str:
    """A setting's value in a form that can be part of a function's name."""
    return (
        value if re.fullmatch(r"[\w-]{1,40}", value) else hashlib.sha256(value.encode()).hexdigest()
    )


class Functions:
    """The template's functions in this process, one for each combination of settings in use."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    def add(self, target: Target) -> str:
        """Make the target's function with the target's settings, and return its name."""
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


@dataclass(frozen=True)
class Diagnosed:
    """The answer of a function to `diagnose`."""

    answer: Document

    @property
    def findings(self) -> list[Document]:
        return list(self.answer["findings"])

    @property
    def bad(self) -> list[tuple[str, str, str, str]]:
        """What is broken or warned of: link, state, version and code."""
        return [
            (each["link"], each["state"], each["of"], each["code"])
            for each in self.findings
            if each["state"] in ("broken", "warning")
        ]

    def of(self, link: str, version: str = "") -> Document:
        """The finding about this link, of this version."""
        (found,) = (e for e in self.findings if (e["link"], e["of"]) == (link, version))
        return found

    def state_of_login(self, version: str) -> str:
        """Of a version that may not be there: it is unknown then."""
        found = (e for e in self.findings if (e["link"], e["of"]) == ("login", version))
        return str(next(found, {"state": "unknown"})["state"])


@dataclass
class LabSecret:
    """A target's secret, with the function that rotates it attached."""

    lab: "Lab"
    target: Target
    arn: str
    function: str

    def begin(self, **more: Any) -> Event:  # noqa: ANN401 - RotateSecret's own
        """Begin a rotation without running a step; returns the event without its Step."""
        self.lab.gate.open = False
        try:
            known = len(self.lab.service.outcomes(self.arn))
            self._rotate(str(uuid.uuid4()), **more)
            self.lab.service.wait_for_rotation(self.arn, beyond=known)
        finally:
            self.lab.gate.open = True
        return {key: value for key, value in self.lab.gate.refused_event.items() if key != "Step"}

    def rotate(self, **more: Any) -> RotationOutcome:  # noqa: ANN401 - RotateSecret's own
        """Have the service run a whole rotation, and wait for its outcome."""
        known = len(self.lab.service.outcomes(self.arn))
        self._rotate(str(uuid.uuid4()), **more)
        return self.lab.service.wait_for_rotation(self.arn, beyond=known)

    def start_rotation(self) -> None:
        """Have the service begin a rotation, and return at once."""
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
        """Run one step in this process; raises what the handler raises."""
        context = self.context(timeout)
        (handler or self.lab.functions.handler(self.function))(
            {**event, "Step": step.value}, context
        )

    def context(self, timeout: float = 60) -> LambdaContext:
        return LambdaContext(function_name=self.function, timeout=timeout, memory_limit_in_mb="256")

    def diagnose(self, handler: Handler | None = None, *, timeout: float = 60) -> Diagnosed:
        """What the function answers an operator: no value of any version is in it."""
        told = self.diagnose_alone(handler, timeout=timeout)
        shown = " ".join(str(each) for finding in told.findings for each in finding.values())
        assert not [value for value in self.values() if value in shown]
        return told

    def diagnose_alone(self, handler: Handler | None = None, *, timeout: float = 60) -> Diagnosed:
        """The same where the service does not let a test read the values."""
        made = handler or self.lab.functions.handler(self.function)
        answer = made({"Step": "diagnose", "SecretId": self.arn}, self.context(timeout))
        return Diagnosed(json.loads(json.dumps(answer)))

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
        """Abandon a stuck rotation as documented: cancel it, and remove AWSPENDING (fact 7)."""
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
        """Store a new current version, as a person would by hand."""
        self.lab.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(document))

    def move_issuer(self, url: str) -> None:
        """Change the issuer's URL in the secret and in the admin's secret."""
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
        """Move the label by hand, from the version that has it, if any."""
        holder = self.holder(label)
        self.lab.client.update_secret_version_stage(
            SecretId=self.arn,
            VersionStage=label,
            MoveToVersionId=to,
            **({"RemoveFromVersionId": holder} if holder else {}),
        )

    def date_back(self, by: timedelta) -> None:
        """Have AWSCURRENT stored, and the last rotation, so much earlier, as only AWS could."""
        service = self.lab.service
        secret = service._regions[service.region].state.find({"SecretId": self.arn})
        version = secret.versions.get(self.holder("AWSCURRENT") or "")
        assert version is not None
        version.created -= by.total_seconds()
        if secret.rotation.last is not None:
            secret.rotation.last -= by.total_seconds()

    def accepted_versions(self) -> set[str]:
        """The ids of the versions, unlabelled ones too, that the target accepts now."""
        listed = self.lab.client.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)[
            "Versions"
        ]
        ids = [version["VersionId"] for version in listed]
        return {each for each in ids if self.target.accepts(self.version(each))}

    def values(self) -> set[str]:
        """The confidential values of every version, which must not be in any log."""
        listed = self.lab.client.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)[
            "Versions"
        ]
        documents = [self.version(version["VersionId"]) for version in listed]
        return {str(d[key]) for d in documents for key in CONFIDENTIAL if key in d}


@dataclass
class Lab:
    """A local Secrets Manager, its functions, and a client to make secrets with."""

    service: SecretsManager
    gate: Gate
    functions: Functions
    client: "SecretsManagerClient"

    def secret(self, target: Target, **extra: Any) -> LabSecret:  # noqa: ANN401 - any JSON
        """Make a secret for the target; `extra` are further fields in it."""
        arn = target.seed(self.client, f"test/{uuid.uuid4()}")
        secret = LabSecret(self, target, arn, self.functions.add(target))
        if extra:
            secret.store({**secret.value(), **extra})
        return secret
