"""What the machine lends a backend for one step: each value is read when first asked for."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Generic

from shared.aws.store import CURRENT, PENDING, PREVIOUS, Store
from shared.aws.version import Version
from shared.errors import GIVE_UP, NEXT_ATTEMPT, Busy, MalformedSecret, TargetMismatch
from shared.protocol.contract import Backend, C
from shared.protocol.event import RotationRequest, Step


class Overtaken(Exception):
    """Another copy of this step went on to the rotation's end: there is nothing left to do."""


class Lent(Generic[C]):
    """One rotation's credentials, by what they are for and not by label: the Ticket."""

    def __init__(self, backend: Backend[C], store: Store, request: RotationRequest) -> None:
        self._backend = backend
        self._store = store
        self._request = request
        # Of all labelled versions, once a step has looked at them all.
        self._labels: Mapping[str, frozenset[str]] | None = None
        self._current_version: str | None = None  # once its value was read
        self._pending: C | None = None
        # Each value is read once a step, and only if somebody asks.
        self.current = cache(self._read_current)
        self.previous = cache(self._read_previous)
        self.open = cache(store.read_other)
        self.tags = cache(store.tags_of_other)

    @property
    def secret_arn(self) -> str:
        """The secret being rotated."""
        return self._store.secret_id

    @property
    def version_id(self) -> str:
        """The version being made."""
        return self._request.token

    def pending(self) -> C:
        """The credential being made, or just made."""
        if self._pending is None:
            self._pending = self._parse_pending(self._store.read(self.version_id))
        return self._pending

    def _read_current(self) -> C:
        holder = self._holder(CURRENT)
        version = self._store.read(holder) if holder else self._store.read_label(CURRENT)
        if version is None:
            raise MalformedSecret(
                f"{self.secret_arn} has no current value to rotate from",
                do="store the credential in use with PutSecretValue",
                field="SecretString",
            )
        if CURRENT not in version.labels:
            raise Busy(
                f"AWSCURRENT of {self.secret_arn} moved while it was read",
                do=NEXT_ATTEMPT,
            )
        if version.version_id == self.version_id and self._request.step is not Step.FINISH:
            raise Overtaken
        self._current_version = version.version_id
        return self._backend.parse(version.document)

    def _read_previous(self) -> C | None:
        if self._labels is not None and not self._holder(PREVIOUS):
            return None
        version = self._store.read_label(PREVIOUS)
        return self._parsed(version.document) if version else None

    def stored(self) -> C | None:
        """The pending credential where it is stored already, as far as can be seen now."""
        version = self._store.find(self.version_id)
        if version is not None:
            self._pending = self._parse_pending(version)
        return self._pending

    @property
    def current_version_id(self) -> str:
        """The version that the current credential is of."""
        self.current()
        return str(self._current_version)

    def pinned(self) -> Mapping[str, C | None]:
        """The credential of each version that somebody gave a label of their own, by its id."""
        ids = self._store.pinned(self._labels or {})
        return {each: self._parsed(self._store.read(each).document) for each in ids}

    def strays(self) -> Iterator[C]:
        """Credentials of versions without a label, newest first."""
        for version in self._store.strays():
            stray = self._parsed(version.document)
            if stray is not None:
                yield stray

    def _move(self, holder: str) -> None:
        """What a promotion does to the labels that this step knows (rule 10)."""
        moved = {self.version_id: frozenset({CURRENT}), holder: frozenset({PREVIOUS})}
        if self._labels is not None:
            self._labels = {
                each: (labels - {CURRENT, PREVIOUS}) | moved.get(each, frozenset())
                for each, labels in self._labels.items()
            }

    def _parsed(self, document: Mapping[str, object]) -> C | None:
        try:
            return self._backend.parse(document)
        except (MalformedSecret, TargetMismatch):
            return None  # an old version of another shape: nothing to try

    def _holder(self, label: str) -> str | None:
        for version_id, labels in (self._labels or {}).items():
            if label in labels:
                return version_id
        return None

    def _parse_pending(self, version: Version) -> C:
        try:
            return self._backend.parse(version.document)
        except MalformedSecret as malformed:  # a version never changes: no retry mends it
            raise malformed.of_version(PENDING).then(GIVE_UP) from None
