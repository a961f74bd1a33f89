"""What every target says of itself, and how a secret is made for it.

`accepts` asks the target itself, with a client of its own and not with the rotator's code.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Document = dict[str, object]


class Target(Protocol):
    """One credential on one target."""

    @property
    def function(self) -> str:
        """The logical id of what rotates it."""
        ...

    @property
    def settings(self) -> Mapping[str, str]:
        """What the function's environment has for this one."""
        ...

    @property
    def title(self) -> str:
        """The target's name and version, for a person."""
        ...

    @property
    def installs(self) -> bool:
        """Whether it is setSecret that has the target accept AWSPENDING, and not createSecret."""
        ...

    @property
    def overlaps(self) -> bool:
        """Whether AWSPREVIOUS still gets in after a rotation."""
        ...

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret for the credential as it is now; its ARN."""
        ...

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Whether the target lets this version of the secret in at this moment."""
        ...


class RemoteTarget(Target, Protocol):
    """A target at the other end of a connection, where others live beside the credential."""

    def stranger(self) -> Document:
        """Make another user, or key, which no rotation may touch; as `accepts` takes it."""
        ...

    def overhearing(self) -> AbstractContextManager[Callable[[], str]]:
        """What gives all that the target has logged since the block began, at its most talkative.

        Raises UnheardError where that is not ours to read.
        """
        ...


class UnheardError(Exception):
    """The target is a caller's own, whose log is elsewhere."""


@contextmanager
def beyond(log: Path | None) -> Iterator[Callable[[], str]]:
    """What gives the text that is written to the log from now on; raises UnheardError for None."""
    if log is None:
        raise UnheardError
    written = log.stat().st_size

    def text() -> str:
        with log.open("rb") as file:
            file.seek(written)
            return file.read().decode(errors="replace")

    yield text


def create(client: "SecretsManagerClient", name: str, document: Document) -> str:
    """A secret of this value; its ARN."""
    return client.create_secret(Name=name, SecretString=json.dumps(document))["ARN"]
