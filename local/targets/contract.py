"""What every target says of itself, and how a secret is made for it.

`accepts` asks the target itself, with a client of its own and not with the rotator's code.
"""

import json
from collections.abc import Mapping
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


def create(client: "SecretsManagerClient", name: str, document: Document) -> str:
    """A secret of this value; its ARN."""
    return client.create_secret(Name=name, SecretString=json.dumps(document))["ARN"]
