"""The only user of the Secrets Manager API: versions in, versions out, errors in our words.

Facts are numbered in docs/secrets-manager-facts.md.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from shared.aws import errors
from shared.aws.schedule import interval, next_rotation
from shared.aws.version import NotStored, Version, document_of
from shared.document.value import dump_document
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    MalformedSecret,
    Misconfigured,
    RotationError,
    Unexpected,
    Unreachable,
)
from shared.patience import tries
from shared.secret import Secret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import SecretVersionsListEntryTypeDef

A = TypeVar("A", bound=Mapping[str, object])
Labels = dict[str, frozenset[str]]  # by version id

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"

# Reads after writes are eventually consistent; AWS's own tests wait up to 5 s (fact 13).
CONSISTENCY_SECONDS = 5.0
# Versions without a label are kept for a day at least (fact 17): enough of them to find the
# password of a rotation that was given up, few enough to read in one step.
MAX_UNLABELLED = 10
# The API's largest page, of which it may fill less; and so many that a list which never ends does.
PAGE, MAX_PAGES = 100, 100


class Store:
    """One secret, for one step."""

    def __init__(self, client: "SecretsManagerClient", secret_id: str) -> None:
        self._client = client
        self.secret_id = secret_id
        # As AWS answers it: the event may name the secret in another way.
        self.arn = secret_id
        # When the service last rotated the secret, and will next, and the days from one rotation to
        # the next; known in a step that describes it, if ever.
        self.last_rotated: datetime | None = None
        self.next_rotation: datetime | None = None
        self.interval: timedelta | None = None

    def labels(self, *, expecting: str) -> Labels:
        """Every labelled version's labels, valueless ones included (fact 15).

        Waits a short while for the version `expecting` to be among them.
        Raises Misconfigured where rotation is off, InvalidEvent where there is no such secret.
        """
        labels: Labels = {}
        for _ in self._tries():
            labels = self._describe()
            if expecting in labels:
                break
        return labels

    def labels_though_off(self) -> Labels:
        """The same at once, and also where rotation is off."""
        return self._describe(though_off=True)

    def _describe(self, *, though_off: bool = False) -> Labels:
        answer = self._call(self._client.describe_secret, SecretId=self.secret_id)
        if "DeletedDate" in answer:
            raise errors.deleted_error(self.secret_id)
        if not though_off and not answer.get("RotationEnabled"):
            raise Misconfigured(
                f"rotation is off for {self.secret_id}",
                do="turn it on with RotateSecret",
                field="RotationEnabled",
            )
        self.last_rotated = answer.get("LastRotatedDate")
        self.next_rotation = next_rotation(answer)
        self.interval = interval(answer)
        stages = answer.get("VersionIdsToStages", {})
        return {version_id: frozenset(labels) for version_id, labels in stages.items()}

    def valued_labels(self) -> Labels:
        """The labels of the labelled versions that have a value (fact 15)."""
        return {
            version["VersionId"]: frozenset(version.get("VersionStages", ()))
            for version in self._versions()
        }

    def read(self, version_id: str) -> Version:
        """The version by its id; waits a short while for one that is not readable yet.

        Raises Busy if it still is not.
        """
        for _ in self._tries():
            version = self._get(VersionId=version_id)
            if version is not None:
                return version
        raise Busy(
            f"version {version_id} of {self.secret_id} has no readable value",
            do=f"{NEXT_ATTEMPT}; createSecret has to run first",
        )

    def find(self, version_id: str) -> Version | None:
        """The version by its id; None where it has no value as far as can be seen now."""
        return self._get(VersionId=version_id)

    def read_label(self, label: str) -> Version | None:
        """The version that has the label; None where none has it."""
        return self._get(VersionStage=label)

    def read_other(self, secret_id: str) -> dict[str, object]:
        """The current JSON object of another secret; raises InvalidEvent, Forbidden."""
        answer = self._call(self._client.get_secret_value, SecretId=secret_id)
        return document_of(answer, of=f"secret {secret_id}")

    def is_rotating(self, secret_id: str) -> bool:
        """Whether another secret has a pending version; raises InvalidEvent, Forbidden."""
        answer = self._call(self._client.describe_secret, SecretId=secret_id)
        stages = answer.get("VersionIdsToStages", {}).values()
        return any(PENDING in labels and CURRENT not in labels for labels in stages)

    def tags_of_other(self, secret_id: str) -> dict[str, str]:
        """The tags of another secret; raises InvalidEvent, Forbidden."""
        answer = self._call(self._client.describe_secret, SecretId=secret_id)
        return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}

    def unlabelled_ids(self) -> list[str]:
        """The versions without a label, newest first, at most MAX_UNLABELLED of them (fact 7)."""
        versions = self._versions(IncludeDeprecated=True)
        unlabelled = [version for version in versions if not version.get("VersionStages")]
        newest_first = sorted(unlabelled, key=lambda version: version["CreatedDate"], reverse=True)
        return [version["VersionId"] for version in newest_first[:MAX_UNLABELLED]]

    def unlabelled(self) -> Iterator[Version]:
        """The same versions, read one by one."""
        for version_id in self.unlabelled_ids():
            # One may have been pruned meanwhile, or written by a person.
            with suppress(MalformedSecret):
                found = self._get(VersionId=version_id)
                if found is not None:
                    yield found

    def put(
        self, version_id: str, document: Mapping[str, object], rotation_token: Secret | None
    ) -> None:
        """Store the value as AWSPENDING; the same value again is a success (fact 8).

        Raises NotStored, and the error itself where it stays open whether the value is stored:
        without an answer, the version is read back before anything is concluded.
        """
        token = {"RotationToken": rotation_token.reveal()} if rotation_token else {}
        try:
            self._put(version_id, document, VersionStages=[PENDING], **token)
        except errors.Exists:  # never ours: the same value again is a success
            raise NotStored from None
        except RotationError as error:
            problem = error
        else:
            return
        # An earlier try of the SDK's may have arrived, whatever the last one was answered.
        stored = self._read_document_or_none(version_id)
        if stored == document:
            return
        if stored is not None:
            raise NotStored
        if isinstance(problem, Unreachable | Unexpected):
            raise problem
        raise NotStored(problem)

    def put_current(self, document: Mapping[str, object]) -> str:
        """Store the value as AWSCURRENT, outside of any rotation; gives the version's id."""
        version_id = str(uuid.uuid4())
        self._put(version_id, document)
        return version_id

    def _put(self, version_id: str, document: Mapping[str, object], **more: object) -> None:
        put, value = self._client.put_secret_value, dump_document(document)
        which = {"SecretId": self.secret_id, "ClientRequestToken": version_id}
        self._call(put, **which, SecretString=value, **more)

    def promote(self, version_id: str, *, instead_of: str) -> bool:
        """Move AWSCURRENT; AWSPREVIOUS follows by itself (fact 10).

        False where AWS answers that `instead_of` does not have the label any more.
        """
        try:
            self._call(
                self._client.update_secret_version_stage,
                SecretId=self.secret_id,
                VersionStage=CURRENT,
                MoveToVersionId=version_id,
                RemoveFromVersionId=instead_of,
            )
        except errors.InvalidParameter:
            return False
        return True

    def give_up(self, version_id: str) -> None:
        """Take AWSPENDING off the version, so that the next rotation may begin (fact 5)."""
        with suppress(errors.InvalidParameter):  # another copy of the step was first
            self._call(
                self._client.update_secret_version_stage,
                SecretId=self.secret_id,
                VersionStage=PENDING,
                RemoveFromVersionId=version_id,
            )

    def _get(self, **which: str) -> Version | None:
        try:
            answer = self._call(self._client.get_secret_value, SecretId=self.secret_id, **which)
        except errors.NotFound:
            return None
        labels = frozenset(answer.get("VersionStages", ()))
        document = document_of(answer, of="the secret")
        return Version(answer["VersionId"], labels, document, answer["CreatedDate"])

    def _tries(self) -> Iterator[None]:
        return tries(CONSISTENCY_SECONDS)

    def _versions(self, **which: bool) -> Iterator["SecretVersionsListEntryTypeDef"]:
        page: dict[str, object] = dict(which)
        for _ in range(MAX_PAGES):
            listed = self._call(
                self._client.list_secret_version_ids,
                SecretId=self.secret_id,
                MaxResults=PAGE,
                **page,
            )
            yield from listed["Versions"]
            if not listed.get("NextToken"):  # absent at AWS; emulators answer an empty one
                return
            page["NextToken"] = listed["NextToken"]

    def _read_document_or_none(self, version_id: str) -> Mapping[str, object] | None:
        try:
            return self.read(version_id).document
        except Busy:
            return None

    def _call(self, operation: Callable[..., A], **arguments: object) -> A:
        about = str(arguments.get("SecretId", self.secret_id))
        with errors.SECRETS_MANAGER.translate_errors(about):
            answer = operation(**arguments)
        if "ARN" in answer:
            if about == self.secret_id:
                self.arn = str(answer["ARN"])
            return answer
        # botocore reads an answer that is cut short as {}; all of these have an ARN.
        raise Unreachable("half an answer of AWS's came", do=NEXT_ATTEMPT)
