"""moto's Lambda with RevisionId, which it leaves out (Lambda API reference)."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from moto.awslambda.models import LambdaFunction
from moto.core.exceptions import JsonRESTError

_shown, _changed = LambdaFunction.get_configuration, LambdaFunction.update_configuration


class _PreconditionFailed(JsonRESTError):
    code = 412

    def __init__(self) -> None:
        super().__init__("PreconditionFailedException", "The RevisionId provided does not match")


@contextmanager
def revisions() -> Iterator[None]:
    """Each configuration shows its revision, and an update of another one is refused."""
    with (
        mock.patch.object(LambdaFunction, "get_configuration", _with_revision),
        mock.patch.object(LambdaFunction, "update_configuration", _checked),
    ):
        yield


def _with_revision(function: Any, on_create: bool = False) -> dict[str, Any]:  # noqa: ANN401, FBT002 - moto's own
    shown = dict(_shown(function, on_create))
    content = json.dumps(shown, sort_keys=True, default=str)
    return {**shown, "RevisionId": hashlib.sha256(content.encode()).hexdigest()[:36]}


def _checked(function: Any, updates: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - moto's own
    given = updates.pop("RevisionId", None)
    if given and given != _with_revision(function)["RevisionId"]:
        raise _PreconditionFailed
    return dict(_changed(function, updates))
