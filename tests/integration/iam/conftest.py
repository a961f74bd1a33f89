"""A user of moto's with a key and its secret; what is to go wrong does not stay for the next."""

from collections.abc import Iterator

import pytest

from local.targets import Place
from rotators.iam.testing import Iam, IamTarget, moto_iam
from tests.lab import Lab, LabSecret


@pytest.fixture
def iam(place: Place) -> Iterator[Iam]:
    running = place.running(moto_iam)
    running.faults.clear()
    yield running
    running.faults.clear()


@pytest.fixture
def target(iam: Iam) -> IamTarget:
    return IamTarget(iam)


@pytest.fixture
def secret(lab: Lab, target: IamTarget) -> LabSecret:
    return lab.secret(target)
