"""What Secrets Manager asks for: the Lambda event of one step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.document.encoding import encodable
from shared.errors import InvalidEvent
from shared.secret import Secret


class Step(StrEnum):
    """The four steps, by the names in the event."""

    CREATE = "createSecret"
    SET = "setSecret"
    TEST = "testSecret"
    FINISH = "finishSecret"


@dataclass(frozen=True, slots=True)
class RotationRequest:
    """One step of one rotation.

    secret_id: the secret's ARN, at most 2,048 characters.
    token: the ClientRequestToken, which is the id of the version being made; 32-64 characters.
    rotation_token: proves to PutSecretValue that the service asked; 36-256 characters of
        [a-zA-Z0-9-]; absent when a person invokes the function.
    Source: Secrets Manager User Guide, "Lambda rotation functions", and the API's model.
    """

    step: Step
    secret_id: str
    token: str
    rotation_token: Secret | None

    @classmethod
    def from_event(cls, event: object) -> "RotationRequest":
        """Raises InvalidEvent naming the field; a value is never quoted, only a known step's."""
        if not isinstance(event, Mapping):
            raise _invalid("event", "is not a JSON object")
        token = text(event, "ClientRequestToken", r"\S{32,64}", "32 to 64 characters")
        secret_id = text(event, "SecretId", r"\S{1,2048}", "the secret's ARN")
        rotation_token = None
        if event.get("RotationToken") is not None:
            shape = "36 to 256 letters, digits and hyphens"
            rotation_token = Secret(text(event, "RotationToken", r"[a-zA-Z0-9-]{36,256}", shape))
        return cls(_step(event), secret_id, token, rotation_token)


def _step(event: Mapping[object, object]) -> Step:
    name = event.get("Step")
    for step in Step:
        if name == step.value:
            return step
    raise _invalid("Step", f"is not one of {', '.join(Step)}")


def text(event: Mapping[object, object], field: str, shape: str, meaning: str) -> str:
    """The field's value where it has the shape; raises InvalidEvent, which never quotes it."""
    value = event.get(field)
    # Half a surrogate pair could not be logged.
    if isinstance(value, str) and re.fullmatch(shape, value) and encodable(value):
        return value
    raise _invalid(field, "is missing" if value is None else f"must be a string: {meaning}")


def _invalid(field: str, problem: str) -> InvalidEvent:
    what = f"event field '{field}' {problem}" if field != "event" else f"the event {problem}"
    return InvalidEvent(
        what,
        field=field,
        do="invoke the function through RotateSecret, or replay a file from events/",
    )
