"""Secrets Manager itself, by botocore."""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any, cast

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)

from rotating.errors import Absent, Denied, Misconfigured, RotatingError, Unavailable
from rotating.version import Version

# An application waits for this: what does not answer soon is asked again later, and meanwhile the
# stored value serves.
_CONFIG = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}
)
_KINDS: Mapping[str, type[RotatingError]] = {
    "ResourceNotFoundException": Absent,
    "InvalidRequestException": Absent,  # it is scheduled for deletion
    "AccessDeniedException": Denied,
    "UnrecognizedClientException": Denied,
    "InvalidSignatureException": Denied,
    "ExpiredTokenException": Denied,
    "ValidationException": Misconfigured,
}
_INCOMPLETE = (NoRegionError, NoCredentialsError, PartialCredentialsError, ProfileNotFound)
# arn:partition:secretsmanager:region:account:secret:name
_ARN_PARTS = 7
_ASKING = threading.local()


class _Unsaid(logging.Filter):
    """At DEBUG botocore writes each answer down, with the value in it."""

    def filter(self, _: logging.LogRecord) -> bool:
        return not getattr(_ASKING, "value", False)


logging.getLogger("botocore.parsers").addFilter(_Unsaid())


class Sdk:
    """A secret by its name or ARN; the client is made at the first call, where none is given."""

    def __init__(self, name: str, client: BaseClient | None = None) -> None:
        self.name = name
        self._client = client
        self._is_given = client is not None
        self._making = Lock()

    def read(self, stage: str) -> Version:
        """By GetSecretValue."""
        answer = self._ask("get_secret_value", f"{stage} of ", VersionStage=stage)
        return Version(
            self.name,
            answer["VersionId"],
            text=answer.get("SecretString"),
            binary=answer.get("SecretBinary", b""),
        )

    def after_fork(self) -> None:
        """In the child: the parent's connections are the parent's, and so may its lock be."""
        self._making = Lock()
        if not self._is_given:
            self._client = None

    def next_rotation(self) -> datetime | None:
        """By DescribeSecret."""
        return cast(datetime | None, self._ask("describe_secret").get("NextRotationDate"))

    def _ask(self, operation: str, what: str = "", **parameters: str) -> Mapping[str, Any]:
        place = f"{what}the secret '{self.name}'"
        _ASKING.value = True
        try:
            answer: Mapping[str, Any] = getattr(self._made(), operation)(
                SecretId=self.name, **parameters
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise _KINDS.get(code, Unavailable)(f"{place} cannot be read: {code}") from error
        except _INCOMPLETE as error:
            raise Misconfigured(f"{place} cannot be read: {error}") from error
        except ParamValidationError as error:
            raise Misconfigured(f"{place} cannot be read: that is no name of a secret") from error
        except BotoCoreError as error:
            raise Unavailable(f"{place} cannot be read: {type(error).__name__}") from error
        finally:
            _ASKING.value = False
        return answer

    def _made(self) -> BaseClient:
        with self._making:  # making one is not safe in two threads
            if self._client is None:
                session = botocore.session.get_session()
                self._client = session.create_client(
                    "secretsmanager", region_name=_region_of(self.name), config=_CONFIG
                )
            return self._client


def _region_of(name: str) -> str | None:
    """That of an ARN; None for the environment's."""
    parts = name.split(":")
    return parts[3] if name.startswith("arn:") and len(parts) == _ARN_PARTS else None
