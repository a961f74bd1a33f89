"""What a check works with: a client, and secrets of its own that are gone when it ends."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from local.verify.expect import Broken, CannotBeAsked
from local.verify.notes import PLAIN, Note, Script, notes_in, script_text
from local.verify.place import Place
from local.verify.transcript import Transcript

# Between two readings, twice as long each time.
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 2.0
FIRST = "first-value"
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"

T = TypeVar("T")


def new_id() -> str:
    """A version id."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of the check; version: its first, if it has a value."""

    name: str
    arn: str
    version: str


@dataclass
class Probe:
    """One check's hands. `client` sends a request as it is given, right or wrong."""

    place: Place
    transcript: Transcript = field(default_factory=Transcript)
    _made: list[str] = field(default_factory=list)
    _replicated: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Not typed: what a check sends is wrong on purpose as often as not.
        self.client: Any = self.listening(self.place.region)
        self._quiet: Any = self.place.client()

    def listening(self, region: str) -> Any:  # noqa: ANN401 the SDK makes its clients' types at run time
        """A client for a region, whose calls are in the transcript."""
        client = self.place.client("secretsmanager", region, "transcript")
        self.transcript.listen(client)
        return client

    # --- secrets ---

    def name(self) -> str:
        """A name that no secret has, under the prefix of this run."""
        name = f"{self.place.prefix}/{len(self._made)}-{uuid.uuid4().hex[:8]}"
        self._made.append(name)
        return name

    def secret(self, value: str | None = FIRST, **request: Any) -> Secret:  # noqa: ANN401 the API's own parameters
        """A new secret; `value` of None: without a version."""
        given = {} if value is None else {"SecretString": value}
        answer = self.client.create_secret(Name=self.name(), **given, **request)
        return Secret(answer["Name"], answer["ARN"], answer.get("VersionId", ""))

    def put(self, secret: Secret, value: str, *labels: str, version: str = "") -> str:
        """PutSecretValue, with AWSCURRENT if no label is given; the version's id."""
        version = version or new_id()
        stages = {"VersionStages": list(labels)} if labels else {}
        self.client.put_secret_value(
            SecretId=secret.arn, ClientRequestToken=version, SecretString=value, **stages
        )
        return version

    def move(self, secret: Secret, label: str, **versions: str) -> dict[str, Any]:
        """UpdateSecretVersionStage with these ids; its answer."""
        answer: dict[str, Any] = self.client.update_secret_version_stage(
            SecretId=secret.arn, VersionStage=label, **versions
        )
        return answer

    def labels(self, secret: Secret) -> dict[str, list[str]]:
        """Each version's labels, sorted, as DescribeSecret has them."""
        answer = self.client.describe_secret(SecretId=secret.arn)
        stages = answer.get("VersionIdsToStages", {})
        return {version: sorted(labels) for version, labels in stages.items()}

    def described(self, secret: Secret, *fields: str) -> dict[str, Any]:
        """These fields of DescribeSecret, where others depend on how far a rotation is."""
        answer = self._quiet.describe_secret(SecretId=secret.arn)
        found = {field: answer[field] for field in fields if field in answer}
        self.transcript.add("DescribeSecret", {"SecretId": secret.arn}, found)
        return found

    def see_labels(self, secret: Secret, expected: Mapping[str, Sequence[str]]) -> None:
        """Raise Broken unless the labels come to be these, each version's by its id."""
        wanted = {version: sorted(labels) for version, labels in expected.items()}
        self.see("the labels", lambda: self.labels(secret), wanted)

    # --- waiting ---

    def see(self, what: str, read: Callable[[], T], expected: T) -> T:
        """Raise Broken unless what is read comes to be as expected, by when reads have settled."""
        return self.until(
            what,
            read,
            lambda seen: seen == expected,
            within=self.place.patience.settle,
            wanted=repr(expected),
        )

    def until(
        self,
        what: str,
        read: Callable[[], T],
        right: Callable[[T], bool],
        *,
        within: float,
        wanted: str = "what was waited for",
    ) -> T:
        """Read until it is right, at least once; raises Broken with what was seen last.

        The transcript has the last reading only: how many it takes is nobody's rule.
        """
        mark = len(self.transcript.exchanges)
        deadline, pause = time.monotonic() + within, FIRST_PAUSE
        while True:
            del self.transcript.exchanges[mark:]
            seen = read()
            if right(seen):
                return seen
            if time.monotonic() >= deadline:
                raise Broken(f"{what}: {seen!r} instead of {wanted}")
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    # --- rotations ---

    @property
    def function(self) -> str:
        """The ARN of a function that RotateSecret takes, whether it is run or not."""
        if self.place.function is None:
            raise CannotBeAsked("no function could be deployed there")
        return self.place.function

    def rotating(self, script: Script = PLAIN, value: str | None = FIRST) -> Secret:
        """A secret that the function rotates by this script."""
        if not self.place.runs:
            raise CannotBeAsked("functions are not run there")
        secret = self.secret(value)
        self._made.append(f"{secret.name}-notes")
        self._quiet.create_secret(Name=f"{secret.name}-notes", Description=script_text(script))
        return secret

    def rotating_from_now_on(self, secret: Secret, script: Script = PLAIN) -> None:
        """Another script: how often the one before was followed is a matter of time."""
        self._quiet.update_secret(SecretId=f"{secret.name}-notes", Description=script_text(script))

    def cancel(self, secret: Secret) -> None:
        """CancelRotateSecret, where its answer depends on how far a rotation is."""
        self._quiet.cancel_rotate_secret(SecretId=secret.arn)

    def rotate(self, secret: Secret, **request: Any) -> str:  # noqa: ANN401 the API's own parameters
        """RotateSecret with the function; the new version's id."""
        version = request.setdefault("ClientRequestToken", new_id())
        request.setdefault("RotationRules", {"AutomaticallyAfterDays": 30})
        self.client.rotate_secret(SecretId=secret.arn, RotationLambdaARN=self.function, **request)
        return str(version)

    def see_rotated(self, secret: Secret, version: str, *, attempts: int = 1) -> None:
        """Wait until AWSCURRENT is on the version and the rotation, so often attempted, is over."""
        self.until(
            "the labels after the rotation",
            lambda: self.labels(secret),
            lambda seen: seen.get(version) == [CURRENT],
            within=self._within(attempts),
            wanted=f"AWSCURRENT alone on {version}",
        )

    def notes(self, secret: Secret, count: int, *, attempts: int = 1) -> list[Note]:
        """The function's first `count` notes, when there are so many."""

        def read() -> list[Note]:
            tags = self._quiet.describe_secret(SecretId=f"{secret.name}-notes").get("Tags", [])
            return notes_in(tags)

        within = self._within(attempts)
        # Some AWS runs attempt more often than was waited for: only the first ones are looked at.
        found = self.until(
            "the function's runs",
            read,
            lambda seen: len(seen) >= count,
            within=within,
            wanted=f"{count} of them",
        )[:count]
        told = {
            str(number): f"{note.step} {note.version} {' '.join(note.words)}"
            for number, note in enumerate(found)
        }
        self.transcript.add("notes", {}, told)
        return found

    def _within(self, attempts: int) -> float:
        patience = self.place.patience
        return patience.rotation if attempts == 1 else patience.attempt

    # --- the end ---

    def replicated(self, secret: Secret) -> None:
        """Remember that it has a replica, which has to go first."""
        self._replicated.append(secret.name)

    def close(self) -> None:
        """Delete what the check has made; what cannot be deleted now, the sweep finds."""
        self.transcript.close()
        for name in self._replicated:
            with suppress(ClientError):
                self._quiet.remove_regions_from_replication(
                    SecretId=name, RemoveReplicaRegions=[self.place.other_region]
                )
        for name in self._made:
            with suppress(ClientError):
                self._quiet.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
