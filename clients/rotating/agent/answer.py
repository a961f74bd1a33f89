"""What the Agent answers: a version, or why there is none.

Source: aws/aws-secretsmanager-agent, server.rs, cache_manager.rs and get_secret_value_output.rs.
What AWS refused has its code in `__type` and AWS's own status; what the Agent refused is text.
"""

import base64
import contextlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

from rotating.agent.token import Token
from rotating.errors import Absent, Denied, RotatingError, Unavailable
from rotating.version import Version

_KINDS: Mapping[str, type[RotatingError]] = {
    "ResourceNotFoundException": Absent,
    "InvalidRequestException": Absent,  # it is scheduled for deletion
    "AccessDeniedException": Denied,
}
_REFUSING = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_STARTING = b"not ready to serve traffic"  # the extension's words


class Answer:
    """HTTP status and body; status 0 where there was no answer. Its repr has no value."""

    def __init__(self, status: int, body: bytes, problem: str = "") -> None:
        self._status = status
        self._body = body
        self._problem = problem
        self._said = _parsed(body)

    @classmethod
    def none(cls, error: Exception) -> Self:
        """There was none; the error is kept by its kind, as others may quote the token."""
        return cls(0, b"", type(error).__name__)

    @property
    def is_starting(self) -> bool:
        """Whether it may answer in a moment."""
        return self._problem == "ConnectionRefusedError" or self._body.startswith(_STARTING)

    @property
    def is_bad_token(self) -> bool:
        """Whether it is the Agent that refuses, and not AWS."""
        return self._status in _REFUSING and not self._code

    @property
    def is_bad_request(self) -> bool:
        """Whether the Agent did not understand the question."""
        is_text = self._status == HTTPStatus.BAD_REQUEST and not self._code
        return is_text and not self.is_starting

    @property
    def _code(self) -> str:
        """AWS's, or the Agent's own in the same form."""
        code = str(self._said.get("__type", "")).rpartition("#")[2]
        return code if code.isidentifier() else ""

    def version(self, name: str) -> Version | None:
        """None where it has none."""
        names = ("VersionId", "SecretString", "SecretBinary")
        id_, text, binary = (self._said.get(each) for each in names)
        if self._status != HTTPStatus.OK or not isinstance(id_, str):
            return None
        if isinstance(text, str):
            return Version(name, id_, text=text)
        if isinstance(binary, str):
            with contextlib.suppress(ValueError):
                return Version(name, id_, binary=base64.b64decode(binary, validate=True))
        return None

    def error(self, what: str, place: str, token: Token) -> RotatingError:
        """Why it has none."""
        if self._code:
            kind = _KINDS.get(self._code, Unavailable)
            return kind(f"{what} cannot be read: {place} says {self._code}")
        if self.is_bad_token:
            return Denied(f"{what} cannot be read: {place} refuses the token of {token}")
        if self._problem:
            return Unavailable(f"{what} cannot be read: {place} gave {self._problem}")
        if self.is_starting:
            return Unavailable(f"{what} cannot be read: {place} is still starting")
        if self._status == HTTPStatus.OK:
            return Unavailable(f"{what} cannot be read: {place} gave no version of a secret")
        return Unavailable(f"{what} cannot be read: {place} answered HTTP {self._status}")

    def __repr__(self) -> str:
        return f"<Answer {self._status}>"


def _parsed(body: bytes) -> Mapping[str, object]:
    with contextlib.suppress(ValueError, RecursionError):
        said = json.loads(body)
        if isinstance(said, dict):
            return said
    return {}
