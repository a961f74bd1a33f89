"""One target with its secret, its clients, and a function whose steps can be disturbed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.bench.clients.crowd import Crowd
from local.bench.clients.front import Front, Trouble
from local.bench.clients.worker import OURS
from local.functions.home import FunctionError, Home
from local.secrets_manager import RotationOutcome, SecretsManager
from local.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

WAIT_SECONDS = 90.0


class Disturbed:
    """A Home in which something happens, once, at the end of a step."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.after: dict[str, Callable[[], None]] = {}

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        """Run it to its end, and then what is to happen."""
        answer = self._home.invoke(function, event)
        happens = self.after.pop(str(event["Step"]), None)
        if happens is not None:
            happens()
        return answer


def die() -> None:
    """As a function ends that is killed."""
    raise FunctionError("Runtime.ExitError", "signal: killed")


@dataclass(frozen=True, slots=True)
class Stage:
    """rounds: rotations of a situation; kills: steps at whose end the function dies, by turns."""

    service: SecretsManager
    home: Disturbed
    front: Front
    client: "SecretsManagerClient"
    target: Target
    arn: str
    crowd: Crowd
    kills: tuple[str, ...]
    rounds: int = 1
    situation: str = ""

    def rotate(self) -> None:
        """A whole rotation, and then a good call by each face, as rotations are not that frequent.

        Raises RuntimeError where it has not succeeded.
        """
        outcome = self.try_to_rotate()
        if outcome.state != "succeeded":
            raise RuntimeError(f"a rotation has {outcome.state}: {outcome.error}")
        if self.front.trouble is not Trouble.REFUSED and self.front.trouble is not Trouble.HANGING:
            self.crowd.wait(self.situation, (OURS,))

    def try_to_rotate(self) -> RotationOutcome:
        """One, however it ends."""
        return self.service.rotate(self.arn, self.target.function, WAIT_SECONDS)

    def holder(self, label: str) -> str:
        """The version that has the label; empty for none."""
        stages = self.client.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        return next((version for version, labels in stages.items() if label in labels), "")

    def move(self, label: str, to: str = "") -> None:
        """Move it by hand, or take it off."""
        from_whom = self.holder(label)
        self.client.update_secret_version_stage(
            SecretId=self.arn,
            VersionStage=label,
            **({"MoveToVersionId": to} if to else {}),
            **({"RemoveFromVersionId": from_whom} if from_whom else {}),
        )
