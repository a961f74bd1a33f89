"""What one rotation looks like from outside: labels, calls, and what the target accepts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.secrets_manager import Call, Occurrence, RotationOutcome, Step
from local.targets import Target

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT = "AWSCURRENT"


@dataclass(frozen=True, slots=True)
class Moment:
    """Labels by version id, and the versions whose credential the target accepts."""

    labels: Mapping[str, tuple[str, ...]]
    accepted: Mapping[str, bool]

    @property
    def locked_out(self) -> bool:
        """Whether no stored version gets in: what must never be."""
        return not any(self.accepted.values())


@dataclass(frozen=True, slots=True)
class Scene:
    """One step: how it ended, how many API calls it made, and the moments around it."""

    step: Step
    calls: int
    before: Moment
    after: Moment


@dataclass(slots=True)
class Witness:
    """Sees every step of one rotation; `changed` is called whenever there is more to show.

    Subscribed to the service, whose steps wait while it looks.
    """

    client: "SecretsManagerClient"
    target: Target
    secret_arn: str
    version_id: str
    changed: Callable[["Witness"], None]
    scenes: list[Scene] = field(default_factory=list)
    running: Step | None = None
    outcome: RotationOutcome | None = None
    old: str = ""
    _before: Moment | None = None
    _calls: int = 0
    _looking: bool = False

    def __post_init__(self) -> None:
        labels = self._labels()
        self.old = next(version for version, on in labels.items() if CURRENT in on)

    def see(self, occurrence: Occurrence) -> None:
        """Take in something that occurred in the service."""
        if isinstance(occurrence, Call):
            # The function's calls only: neither ours nor another secret's rotation.
            self._calls += self.running is not None and not self._looking
        elif isinstance(occurrence, Step) and occurrence.version_id == self.version_id:
            self._see_step(occurrence)

    def _see_step(self, step: Step) -> None:
        if step.outcome == "running":
            self._before = self.look()
            self._calls, self.running = 0, step
        else:
            calls, self.running = self._calls, None
            after = self.look()
            self.scenes.append(Scene(step, calls, self._before or after, after))
            self._before = after
        self.changed(self)

    def look(self) -> Moment:
        """Ask the service for every version with a value, and the target for each of them."""
        self._looking = True
        try:
            listed = self.client.list_secret_version_ids(
                SecretId=self.secret_arn, IncludeDeprecated=True
            )["Versions"]
            accepted = {
                version["VersionId"]: self.target.accepts(self._document(version["VersionId"]))
                for version in listed
            }
            return Moment(self._labels(), accepted)
        finally:
            self._looking = False

    def _labels(self) -> dict[str, tuple[str, ...]]:
        stages = self.client.describe_secret(SecretId=self.secret_arn)["VersionIdsToStages"]
        return {version: tuple(sorted(labels)) for version, labels in stages.items()}

    def _document(self, version_id: str) -> dict[str, object]:
        answer = self.client.get_secret_value(SecretId=self.secret_arn, VersionId=version_id)
        document: dict[str, object] = json.loads(answer["SecretString"])
        return document
