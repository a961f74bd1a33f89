"""Where a secret's labels are, and so whether a rotation has not ended."""

from collections.abc import Mapping

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


def pending(labels: Mapping[str, str]) -> str | None:
    """The version of a rotation that has not ended.

    A label beside AWSCURRENT is left over from one that has.
    """
    version = labels.get(PENDING)
    return None if version == labels.get(CURRENT) else version


def current(labels: Mapping[str, str]) -> str | None:
    """The version in use."""
    return labels.get(CURRENT)


def told(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What has changed, a line each."""
    moved = [
        f"{label} is on {after[label]}"
        for label in (PENDING, CURRENT)
        if label in after and after[label] != before.get(label)
    ]
    return [*moved, f"{PENDING} is off"] if PENDING in before.keys() - after.keys() else moved


def is_current(labels: Mapping[str, str], version: str) -> bool:
    """Whether the version is the one in use."""
    return labels.get(CURRENT) == version
