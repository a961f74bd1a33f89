"""What the tests of this folder share: users of their own, and steps that fail."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from local.servers import Server
from rotators.valkey.testing import ValkeyTarget
from shared.errors import RotationError
from shared.protocol.event import Step
from tests.lab import Event, LabSecret

BY_ADMIN: Mapping[str, str] = MappingProxyType({"ADMIN_SETS_PASSWORD": "true"})
OVERLAP: Mapping[str, str] = MappingProxyType({"PASSWORD_OVERLAP": "true"})


def name() -> str:
    return f"app-{uuid.uuid4().hex[:8]}"


def user(server: Server, settings: Mapping[str, str] = MappingProxyType({})) -> ValkeyTarget:
    return ValkeyTarget(server, name(), settings)


def created(secret: LabSecret) -> Event:
    """A rotation whose pending version is stored."""
    event = secret.begin()
    secret.step(event, Step.CREATE)
    return event


def failure(secret: LabSecret, event: Event, step: Step = Step.SET) -> RotationError:
    """What the step is refused with; the target is as it was."""
    before = secret.accepted_versions()
    with pytest.raises(RotationError) as caught:
        secret.step(event, step)
    assert secret.accepted_versions() == before
    return caught.value
