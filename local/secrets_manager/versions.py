"""A secret's versions and labels: immutable values, and each label on one version (facts 8-12)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from local.secrets_manager import errors

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"

MAX_LABELS = 20
MAX_UNLABELLED = 100
UNLABELLED_KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Value:
    """A secret value as the API has it: the key it comes under, and its text; never printed."""

    key: Literal["SecretString", "SecretBinary"]
    text: str = field(repr=False)


@dataclass(slots=True)
class Version:
    """One version; `value` is None until the first put, and is never replaced after it."""

    id: str
    created: float
    value: Value | None = None


class Versions:
    """A secret's versions by id, and for each label the version that has it.

    Every change is checked whole before any of it is made, so a refused one changes nothing.
    """

    def __init__(self) -> None:
        self._versions: dict[str, Version] = {}
        self._holders: dict[str, str] = {}

    def get(self, version_id: str) -> Version | None:
        """The version, with or without a value."""
        return self._versions.get(version_id)

    def holder(self, label: str) -> str | None:
        """The id of the version that has the label."""
        return self._holders.get(label)

    def holders(self) -> dict[str, str]:
        """A copy of every label's version id."""
        return dict(self._holders)

    def labels(self, version_id: str) -> list[str]:
        """The version's labels, in alphabetical order."""
        return sorted(label for label, held in self._holders.items() if held == version_id)

    def ids(self) -> list[str]:
        """Every version's id."""
        return list(self._versions)

    def valued(self) -> list[Version]:
        """The versions that have a value, oldest first (fact 15)."""
        return [version for version in self._versions.values() if version.value is not None]

    def put(self, version_id: str, value: Value | None, labels: Iterable[str], now: float) -> None:
        """Give a new or valueless version its value and labels, taking them from others (fact 9).

        AWSPREVIOUS follows AWSCURRENT (fact 10).
        """
        holders = dict(self._holders)
        for label in sorted(labels):  # AWSCURRENT before AWSPREVIOUS
            _give(holders, label, version_id)
        _check_count(holders)
        version = self._versions.setdefault(version_id, Version(version_id, now))
        version.value = value
        self._replace(holders, now)

    def move(self, label: str, *, to: str | None, away_from: str | None, now: float) -> None:
        """UpdateSecretVersionStage: move, attach or take off one label (facts 10 and 11)."""
        self._check_move(label, to, away_from)
        holders = dict(self._holders)
        if to is None:
            del holders[label]
        else:
            _give(holders, label, to)
        _check_count(holders)
        self._replace(holders, now)

    def take_off(self, label: str, now: float) -> None:
        """Take the label from whatever version has it."""
        holders = {key: held for key, held in self._holders.items() if key != label}
        self._replace(holders, now)

    def remove(self, version_id: str) -> None:
        """Forget the version and its labels, as after RotateImmediately=false (fact 4)."""
        self._versions.pop(version_id, None)
        self._holders = {key: held for key, held in self._holders.items() if held != version_id}

    def _check_move(self, label: str, to: str | None, away_from: str | None) -> None:
        for version_id in (to, away_from):
            if version_id is not None and version_id not in self._versions:
                raise errors.invalid_parameter(f"Not a valid version: {version_id}")
        holder = self._holders.get(label)
        if away_from is None and holder is not None and holder != to:
            raise errors.invalid_parameter(
                "The parameter RemoveFromVersionId can't be empty. Staging label "
                f"{label} is currently attached to version {holder}, so you must "
                "explicitly reference that version in RemoveFromVersionId."
            )
        if away_from is not None and away_from != holder:
            raise errors.invalid_parameter(
                f"Version stage {label} not found in version {away_from}"
            )
        if to is None:
            _check_removal(label, away_from)
        elif label == CURRENT and self._versions[to].value is None:
            raise errors.invalid_request(
                f"You can't move staging label {CURRENT} to version {to}: it has no value."
            )

    def _replace(self, holders: dict[str, str], now: float) -> None:
        """Take the new labels, and drop versions that nothing can reach or keep (fact 17)."""
        self._holders = holders
        unlabelled = [v for v in self._versions.values() if v.id not in holders.values()]
        expired = [v for v in unlabelled[:-MAX_UNLABELLED] if _is_old(v, now)]
        empty = [v for v in unlabelled if v.value is None]
        for version in {v.id: v for v in (*expired, *empty)}.values():
            del self._versions[version.id]


def _give(holders: dict[str, str], label: str, version_id: str) -> None:
    """Put the label on the version.

    The version that AWSCURRENT leaves gets AWSPREVIOUS (fact 10) and loses AWSPENDING (fact 11).
    """
    before = holders.get(label)
    holders[label] = version_id
    if label == CURRENT and before is not None and before != version_id:
        holders[PREVIOUS] = before
        if holders.get(PENDING) == before:
            del holders[PENDING]


def _check_removal(label: str, away_from: str | None) -> None:
    if label == CURRENT:
        raise errors.invalid_parameter(
            f"You can only move staging label {CURRENT} to a different secret version. "
            "It can't be completely removed."
        )
    if away_from is None:
        raise errors.invalid_parameter(
            "You must provide a value for MoveToVersionId or RemoveFromVersionId."
        )


def _check_count(holders: Collection[str]) -> None:
    if len(holders) > MAX_LABELS:
        raise errors.refusal(
            "LimitExceededException",
            f"You can't have more than {MAX_LABELS} staging labels on the versions of a secret.",
        )


def _is_old(version: Version, now: float) -> bool:
    return now - version.created > UNLABELLED_KEPT_SECONDS
