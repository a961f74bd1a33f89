"""A version of a secret, as the service answers it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shared.document.value import load_value
from shared.errors import MalformedSecret, RotationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import GetSecretValueResponseTypeDef


@dataclass(frozen=True, slots=True)
class Version:
    """A version with a value: its id, its labels, the document in it, when it was stored."""

    version_id: str
    labels: frozenset[str]
    document: Mapping[str, object]
    created: datetime


class NotStored(Exception):
    """The value is not stored and never will be.

    refusal: why, where AWS refused it; None where the version has another value already.
    """

    def __init__(self, refusal: RotationError | None = None) -> None:
        super().__init__()
        self.refusal = refusal


def document_of(answer: "GetSecretValueResponseTypeDef", *, of: str) -> dict[str, object]:
    """The JSON object or the plain string in an answer; raises MalformedSecret."""
    text = answer.get("SecretString")
    if text is None:
        raise MalformedSecret(
            f"the value of {of} is binary",
            do="store a JSON object as SecretString",
            field="SecretBinary",
        )
    return load_value(text, of=of)
