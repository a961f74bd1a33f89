"""A secret whose target is behind the faulty proxy, and how a rotation outlives a fault."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from local.targets import DatabaseTarget
from rotators.http_api_key.testing import IssuerTarget
from shared.errors import RotationError
from shared.handler import Handler
from shared.protocol.event import Step
from tests.faults.cases import Case
from tests.faults.state import settled, way_in
from tests.faulty.faults import Fault, Place, Way
from tests.faulty.proxy import Proxy, faulty_proxy
from tests.faulty.records import places
from tests.lab import Lab, LabSecret

ADMINS = ("masterarn", "admin_secret_arn")


class Point(NamedTuple):
    """A place in what a step and the target say to each other."""

    step: Step
    place: Place

    def __str__(self) -> str:
        return f"{self.step.value}: {self.place}"


@dataclass
class Wire:
    """A case's secrets name the proxy; what is asked of the target beside that goes past it."""

    case: Case
    lab: Lab
    proxy: Proxy
    request: pytest.FixtureRequest
    _secret: LabSecret | None = None

    @property
    def secret(self) -> LabSecret:
        assert self._secret is not None
        return self._secret

    def ready(self) -> LabSecret:
        """A secret that can be rotated; each time a new user's where it has to be its first."""
        if self._secret is None or self.case.first:
            self._secret = self.lab.secret(self.case.make(self.request))
            self._name_the_proxy()
            if not self.case.first:
                for _ in range(2):  # what there is to do is the same from then on
                    self.secret.steps(self.secret.begin())
        return self.secret

    def record(self) -> list[Point]:
        """The places in all that a rotation and its target say to each other."""
        secret = self.ready()
        event, points = secret.begin(), []
        for step in Step:
            self.proxy.begin()
            secret.step(event, step, self.cold())
            points += [
                Point(step, Place(number, way, *place))
                for number, lengths in enumerate(self.proxy.seen)
                for way in Way
                for place in places(lengths[way])
            ]
        assert {point.step for point in points} >= {Step.TEST}
        return points

    def cold(self) -> Handler:
        """The handler as a new sandbox has it: no connection is open yet."""
        return replace(self.lab.functions.handler(self.secret.function))

    def outlive(self, step: Step, fault: Fault) -> tuple[bool, RotationError | None]:
        """A rotation with the fault in this step, and then without it, with the same token.

        Whether it came to the fault's place, and how the step failed. Somebody is let in
        meanwhile, and everything is as after any rotation at the end.
        """
        secret = self.ready()
        previous, event = secret.holder("AWSCURRENT"), secret.begin()
        token, error = event["ClientRequestToken"], None
        secret.steps_before(event, step)
        self.proxy.begin(fault)
        try:
            secret.step(event, step, self.cold())
        except RotationError as failed:
            error = failed
        struck = self.proxy.struck
        assert way_in(secret, self.case) == "", fault
        self.proxy.begin()
        secret.steps(event)
        settled(secret, token, previous, [])
        return struck, error

    def _name_the_proxy(self) -> None:
        """In the secret and the admin's, where there is one."""
        current = self.secret.value()
        port = current.get("port") or urlsplit(str(current["issuer_url"])).port
        for arn in [self.secret.arn, *(current[name] for name in ADMINS if name in current)]:
            said = self.lab.client.get_secret_value(SecretId=arn)["SecretString"]
            document = json.loads(said)
            if "port" in document:
                document["port"] = self.proxy.port
            else:
                url = str(document["issuer_url"])
                document["issuer_url"] = url.replace(f":{port}", f":{self.proxy.port}")
            self.lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(document))


@contextmanager
def wire(case: Case, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Wire]:
    """The case's secret behind a proxy that runs while the block does."""
    target = case.make(request)
    assert isinstance(target, DatabaseTarget | IssuerTarget)
    where = target.document
    port = where.get("port") or urlsplit(str(where["issuer_url"])).port
    with faulty_proxy(int(str(port))) as proxy:
        yield Wire(case, lab, proxy, request)
