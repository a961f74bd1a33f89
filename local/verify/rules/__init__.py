"""The checks of each kind; each file keeps its own as it is imported."""

from local.verify.registry import Check, kept
from local.verify.rules import (
    batches,
    dates,
    deletion,
    finishing,
    labels,
    lists,
    passwords,
    policies,
    reads,
    replicas,
    requests,
    rotations,
    schedules,
    tags,
    unfinished,
    versions,
)

FILES = (
    rotations, unfinished, finishing, versions, labels, reads, dates, deletion, schedules,
    passwords, lists, batches, tags, policies, replicas, requests,
)  # fmt: skip


def checks() -> list[Check]:
    """Every check, by its fact's number."""
    return kept()
