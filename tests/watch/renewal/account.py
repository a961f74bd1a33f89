"""An account with readers, moto's ECS and Lambda, and the state machine, run by moto's interpreter.

What moto has not is told apart here: a deployment of its ECS is complete as it begins, and starts
no task. `ends` says how the next ones end.
"""

import contextlib
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from unittest import mock

import boto3
from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.ecs.models import ecs_backends

from local import template
from tests.deploy.stack.deployed import ACCOUNT, REGION, function_arn
from watch.renewal import functions, readers

CLUSTER = "main"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


@cache
def definition() -> str:
    """The template's own, without its waits: a second between two tries of a task is left."""
    found = declared("ReaderRenewal")["Definition"]
    for state in found["States"].values():
        if state["Type"] == "Wait":
            state["Seconds"] = 0
        for retry in state.get("Retry", ()):
            retry |= {"IntervalSeconds": 1, "BackoffRate": 1.0, "MaxAttempts": 2}
    return json.dumps(found)


def declared(name: str) -> dict[str, Any]:
    """A resource's properties; the only functions in these are those for ARNs."""
    properties = json.dumps(_resources()[name]["Properties"])
    arn = json.dumps({"Fn::GetAtt": ["ReaderRenewer", "Arn"]})
    return dict(json.loads(properties.replace(arn, f'"{function_arn("ReaderRenewer")}"')))


@cache
def _resources() -> Any:  # noqa: ANN401 - any part of a template
    return template.document()["Resources"]


class Account:
    """ends: {service: the rolloutState that its next deployments get}; forced: those begun.

    on_force: {service: what happens beside, when one begins}.
    """

    def __init__(self) -> None:
        self.ecs: Any = boto3.client("ecs", REGION)
        self.functions: Any = boto3.client("lambda", REGION)
        self.machines: Any = boto3.client("stepfunctions", REGION)
        self.ends: dict[str, str] = {}
        self.forced: list[str] = []
        self.on_force: dict[str, Callable[[], object]] = {}
        self._backend: Any = ecs_backends[ACCOUNT][REGION]
        self.ecs.create_cluster(clusterName=CLUSTER)
        self.ecs.register_task_definition(
            family="app", containerDefinitions=[{"name": "app", "image": "app", "memory": 1}]
        )
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        boto3.client("iam", REGION).create_role(RoleName="any", AssumeRolePolicyDocument=trust)

    def service(self, name: str, of: str = "", *, wave: str = "", **given: Any) -> str:  # noqa: ANN401 the API's own
        """A service whose tasks have run since yesterday; its ARN."""
        tags = [{"key": key, "value": value} for key, value in _tags(of, wave).items()]
        request = {"desiredCount": 1, **given}
        self.ecs.create_service(
            cluster=CLUSTER, serviceName=name, taskDefinition="app", tags=tags, **request
        )
        service = self.of(name)
        self.deployed(name, days=1)
        return str(service.arn)

    def deployed(self, name: str, **ago: float) -> None:
        """Have the service's deployment begun so long before now."""
        for deployment in self.of(name).deployments:
            deployment["createdAt"] = utcnow() - timedelta(**ago)

    def of(self, name: str) -> Any:  # noqa: ANN401 - moto has no types
        """moto's own of a service."""
        return self._backend.services[f"{CLUSTER}:{name}"]

    def deploy(self, request: dict[str, Any], update: Any) -> Any:  # noqa: ANN401 as above
        """What stands in the place of moto's update_service, and has its deployments end so."""
        name = request["service"].split("/")[-1]
        self.forced.append(name)
        service = update(request)
        service.deployments[0]["rolloutState"] = self.ends.get(name, "COMPLETED")
        self.on_force.get(name, bool)()
        return service

    def function(self, name: str, of: str = "", *, wave: str = "", **variables: str) -> str:
        """A function that has been as it is since yesterday; its ARN."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "")
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": variables},
            Tags=_tags(of, wave),
        )
        return str(made["FunctionArn"])

    def variables(self, name: str) -> dict[str, str]:
        """The function's."""
        found = self.functions.get_function_configuration(FunctionName=name)
        return dict(found.get("Environment", {}).get("Variables", {}))

    def renewed(self) -> set[str]:
        """What was started anew, by its name."""
        named = self.functions.list_functions()["Functions"]
        return {*self.forced} | {
            each["FunctionName"]
            for each in named
            if functions.VARIABLE in each.get("Environment", {}).get("Variables", {})
        }

    @cached_property
    def machine(self) -> str:
        """The template's state machine; its ARN. The interpreter takes seconds to read it."""
        made = self.machines.create_state_machine(
            name="ReaderRenewal", definition=definition(), roleArn=ROLE
        )
        return str(made["stateMachineArn"])

    def start(self, given: Mapping[str, str]) -> str:
        """An execution's ARN."""
        started = self.machines.start_execution(
            stateMachineArn=self.machine,
            name=str(uuid.uuid4()),  # moto gives none of its own
            input=json.dumps(given),
        )
        return str(started["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """How it ended: its status, and its output where it has one."""
        while True:
            found = self.machines.describe_execution(executionArn=execution)
            if found["status"] != "RUNNING":
                return {**json.loads(found.get("output") or "{}"), "status": found["status"]}
            time.sleep(0.02)

    def entered(self, execution: str, state: str) -> datetime:
        """When it came to a state."""
        events = self.machines.get_execution_history(executionArn=execution)["events"]
        named = {
            each.get("stateEnteredEventDetails", {}).get("name"): each["timestamp"]
            for each in events
        }
        found: datetime = named[state]
        return found

    def run(self, given: Mapping[str, str]) -> dict[str, Any]:
        """One renewal from its beginning to its end."""
        return self.ended(self.start(given))


def ago(**time: float) -> str:
    """So much before now, as an event has it."""
    return f"{datetime.now(UTC) - timedelta(**time):%Y-%m-%dT%H:%M:%SZ}"


@contextlib.contextmanager
def refused(backend: type, operation: str, code: str, times: int = 99) -> Iterator[None]:
    """Have moto refuse the operation so many times, as AWS refuses it."""
    answer, left = getattr(backend, operation), [times]

    def refusing(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - moto's own
        if left[0] > 0:
            left[0] -= 1
            raise JsonRESTError(code, "as it was asked for")
        return answer(*given, **named)

    with mock.patch.object(backend, operation, refusing):
        yield


def _tags(of: str, wave: str) -> dict[str, str]:
    given = {readers.TAG: of, readers.WAVE: wave}
    return {key: value for key, value in given.items() if value}
