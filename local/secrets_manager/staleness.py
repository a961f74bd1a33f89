"""Eventual consistency on demand: the first reads after a write answer the old state (fact 13)."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.secrets_manager.versions import Versions


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Which versions had a value, and which version had each label."""

    valued: frozenset[str]
    holders: Mapping[str, str]

    @classmethod
    def of(cls, versions: Versions) -> "Snapshot":
        """The state of the versions now."""
        return cls(frozenset(v.id for v in versions.valued()), versions.holders())

    def labels(self, version_id: str) -> list[str]:
        """The labels the version had, in alphabetical order."""
        return sorted(label for label, held in self.holders.items() if held == version_id)


class Staleness:
    """Counts the stale reads left for each version and label that a write changed."""

    def __init__(self) -> None:
        self._versions: dict[str, int] = {}
        self._labels: dict[str, tuple[int, Snapshot]] = {}

    def note(self, before: Snapshot, after: Snapshot, reads: int) -> None:
        """A write took the secret from `before` to `after`; its next `reads` reads miss it."""
        if reads <= 0:
            return
        for version_id in after.valued - before.valued:
            self._versions[version_id] = reads
        for label in before.holders.keys() | after.holders.keys():
            if before.holders.get(label) != after.holders.get(label):
                self._labels[label] = (reads, before)

    def hides(self, version_id: str) -> bool:
        """Whether this read by VersionId comes before the version's value does."""
        left = self._versions.pop(version_id, 0)
        if left > 1:
            self._versions[version_id] = left - 1
        return left > 0

    def past(self, label: str) -> Snapshot | None:
        """The state this read by label answers from; None for the present one."""
        left, snapshot = self._labels.pop(label, (0, None))
        if left > 1 and snapshot is not None:
            self._labels[label] = (left - 1, snapshot)
        return snapshot
