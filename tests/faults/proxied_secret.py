"""A secret whose target is behind the faulty proxy, and rotations with one fault in them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from local.targets import DatabaseTarget
from rotators.http_api_key.testing import IssuerTarget
from rotators.iam.testing import IamTarget
from shared.errors import RotationError
from shared.handler import Handler
from shared.protocol.event import Step
from tests.faults.cases import RotationCase
from tests.faults.state import assert_rotation_finished, lockout_problem
from tests.faulty.faults import Fault, FaultPoint, Way
from tests.faulty.proxy import Proxy, faulty_proxy
from tests.faulty.records import places
from tests.lab import Lab, LabSecret

ADMINS = ("masterarn", "admin_secret_arn")


class RecordPoint(NamedTuple):
    """A place in the data that a step and the target exchange."""

    step: Step
    place: FaultPoint

    def __str__(self) -> str:
        return f"{self.step.value}: {self.place}"


@dataclass
class ProxiedSecret:
    """A case's secrets name the proxy; the tests' own connections to the target do not use it."""

    case: RotationCase
    lab: Lab
    proxy: Proxy
    request: pytest.FixtureRequest
    _secret: LabSecret | None = None

    @property
    def secret(self) -> LabSecret:
        assert self._secret is not None
        return self._secret

    def prepare(self) -> LabSecret:
        """A secret that can be rotated; a new user's each time if the case is `first`."""
        if self._secret is None or self.case.first:
            self._secret = self.lab.secret(self.case.make(self.request))
            self._name_the_proxy()
            if not self.case.first:
                for _ in range(2):  # from then on every rotation does the same
                    self.secret.steps(self.secret.begin())
        return self.secret

    def record(self) -> list[RecordPoint]:
        """The places in all the data that a rotation and its target exchange."""
        secret = self.prepare()
        event, points = secret.begin(), []
        for step in Step:
            self.proxy.begin()
            secret.step(event, step, self.cold_handler())
            points += [
                RecordPoint(step, FaultPoint(number, way, *place))
                for number, lengths in enumerate(self.proxy.seen)
                for way in Way
                for place in places(lengths[way])
            ]
        assert {point.step for point in points} >= {Step.TEST}
        return points

    def cold_handler(self) -> Handler:
        """The handler as in a new Lambda sandbox, without an open connection."""
        return replace(self.lab.functions.handler(self.secret.function))

    def rotate_with_fault(self, step: Step, fault: Fault) -> tuple[bool, RotationError | None]:
        """Rotate with the fault in this step, then retry without it, with the same token.

        Returns whether the fault happened, and the step's error. Asserts that the case's logins
        were accepted after the fault, and that the retry finished the rotation.
        """
        secret = self.prepare()
        previous, event = secret.holder("AWSCURRENT"), secret.begin()
        token, error = event["ClientRequestToken"], None
        secret.steps_before(event, step)
        self.proxy.begin(fault)
        try:
            secret.step(event, step, self.cold_handler())
        except RotationError as failed:
            error = failed
        struck = self.proxy.struck
        assert lockout_problem(secret, self.case) == "", fault
        self.proxy.begin()
        secret.steps(event)
        assert_rotation_finished(secret, token, previous, [])
        return struck, error

    def _name_the_proxy(self) -> None:
        """Store the proxy's port in the secret, and in the admin's if there is one.

        No secret of IAM's names where that is: the function's settings do.
        """
        target = self.secret.target
        if isinstance(target, IamTarget):
            url = target.iam.url.replace(f":{_port_of(target)}", f":{self.proxy.port}")
            own = {name: url for name, value in target.settings.items() if value == target.iam.url}
            target.settings = {**target.settings, **own}
            self.secret.function = self.lab.functions.add(target)
            return
        current = self.secret.value()
        port = current.get("port") or urlsplit(str(current["issuer_url"])).port
        for arn in [self.secret.arn, *(current[name] for name in ADMINS if name in current)]:
            text = self.lab.client.get_secret_value(SecretId=arn)["SecretString"]
            document = json.loads(text)
            if "port" in document:
                document["port"] = self.proxy.port
            else:
                url = str(document["issuer_url"])
                document["issuer_url"] = url.replace(f":{port}", f":{self.proxy.port}")
            self.lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(document))


@contextmanager
def proxied_secret(
    case: RotationCase, lab: Lab, request: pytest.FixtureRequest
) -> Iterator[ProxiedSecret]:
    """The case's secret behind a proxy that runs while the block does."""
    target = case.make(request)
    with faulty_proxy(_port_of(target)) as proxy:
        yield ProxiedSecret(case, lab, proxy, request)


def _port_of(target: object) -> int:
    if isinstance(target, IamTarget):
        return int(urlsplit(target.iam.url).port or 0)
    assert isinstance(target, DatabaseTarget | IssuerTarget)
    document = target.document
    return int(str(document.get("port") or urlsplit(str(document["issuer_url"])).port))
