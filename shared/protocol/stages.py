"""Where the staging labels of a secret's versions are, as one step has seen them."""

from collections.abc import Callable, Mapping
from enum import Enum, auto

from shared.aws.store import CURRENT, PENDING, PREVIOUS, Store
from shared.aws.version import Version
from shared.errors import Busy
from shared.protocol.event import RotationRequest, Step


class VersionState(Enum):
    """Which label the version of the rotation's token has."""

    UNLABELLED = auto()  # neither AWSPENDING nor AWSCURRENT
    EMPTY = auto()  # AWSPENDING, without a value as far as is known
    PENDING = auto()  # AWSPENDING, with a value
    CURRENT = auto()  # AWSCURRENT, whether or not AWSPENDING is still on it (fact 11)


class Stages:
    """What one step knows of the labels; `value` is the version's own, once a look has read it."""

    def __init__(self, store: Store, request: RotationRequest) -> None:
        self.value: Version | None = None
        self._store = store
        self._step = request.step
        self._token = request.token
        # Of all labelled versions, once a step has looked at them all.
        self._labels: Mapping[str, frozenset[str]] | None = None

    def look(self) -> VersionState:
        """Ask the service, by the one call that tells what this step has to know."""
        return LOOKS[self._step](self)

    def look_before_value(self) -> VersionState:
        """DescribeSecret shows the label, not whether there is a value: the put will tell."""
        self._labels = self._store.labels(expecting=self._token)
        return self._state(if_pending=VersionState.EMPTY)

    def look_at_value(self) -> VersionState:
        """The value's own read carries its labels."""
        try:
            version = self._store.read(self._token)
        except Busy:
            return self.look_before_value()
        state = _state_of(version.labels, if_pending=VersionState.PENDING)
        if state is VersionState.PENDING:
            self.value = version
        return state

    def look_at_labels(self) -> VersionState:
        """ListSecretVersionIds lists only versions with a value (fact 15)."""
        self._labels = self._store.valued_labels()
        state = self._state(if_pending=VersionState.PENDING)
        return self.look_before_value() if state is VersionState.UNLABELLED else state

    def take(self, labels: Mapping[str, frozenset[str]]) -> None:
        """Go by these labels of all versions, which somebody has just looked at."""
        self._labels = labels

    @property
    def has_seen_all_labels(self) -> bool:
        """Whether this step has looked at the labels of all versions."""
        return self._labels is not None

    @property
    def is_newest(self) -> bool:
        """Whether no later rotation has begun, as far as is known."""
        return self.holder(PENDING) in (None, self._token)

    def holder(self, label: str) -> str | None:
        """The version that has the label; None if none has it, or if not `has_seen_all_labels`."""
        for version_id, labels in (self._labels or {}).items():
            if label in labels:
                return version_id
        return None

    def custom_labelled(self) -> list[str]:
        """The versions with a label that is none of the service's."""
        service = {CURRENT, PENDING, PREVIOUS}
        return [version_id for version_id, each in (self._labels or {}).items() if each - service]

    def note_promotion(self, holder: str) -> None:
        """AWSCURRENT was moved from `holder` to this version, and AWSPREVIOUS with it (fact 10)."""
        moved = {self._token: frozenset({CURRENT}), holder: frozenset({PREVIOUS})}
        if self._labels is not None:
            self._labels = {
                each: (labels - {CURRENT, PREVIOUS}) | moved.get(each, frozenset())
                for each, labels in self._labels.items()
            }

    def _state(self, *, if_pending: VersionState) -> VersionState:
        labels = (self._labels or {}).get(self._token, frozenset())
        return _state_of(labels, if_pending=if_pending)


def _state_of(labels: frozenset[str], *, if_pending: VersionState) -> VersionState:
    if CURRENT in labels:
        return VersionState.CURRENT
    return if_pending if PENDING in labels else VersionState.UNLABELLED


LOOKS: Mapping[Step, Callable[[Stages], VersionState]] = {
    Step.CREATE: Stages.look_before_value,
    Step.SET: Stages.look_at_value,
    Step.TEST: Stages.look_at_value,
    Step.FINISH: Stages.look_at_labels,
}
