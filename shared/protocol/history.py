"""The credentials of versions that are neither pending nor current: what came before, or was left.

Any of these may have been written by a person, or be gone: one that cannot be read is passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Generic, NamedTuple

from shared.aws.store import PREVIOUS, Store
from shared.aws.version import Version
from shared.errors import MalformedSecret, TargetMismatch
from shared.protocol.contract import Backend, C
from shared.protocol.stages import Stages


class Stored(NamedTuple, Generic[C]):
    """A credential, when its version was stored, and the version's id."""

    credential: C
    created: datetime
    version_id: str


class History(Generic[C]):
    """One secret's, read when asked for."""

    def __init__(self, backend: Backend[C], store: Store, stages: Stages) -> None:
        self._backend = backend
        self._store = store
        self._stages = stages
        self._previous: list[Stored[C] | None] = []  # one, once it was read

    def previous(self) -> Stored[C] | None:
        """The credential in use before; read once."""
        if not self._previous:
            known = self._stages.has_seen_all_labels
            there = not known or self._stages.holder(PREVIOUS)
            read = partial(self._store.read_label, PREVIOUS)
            self._previous.append(self._readable(read) if there else None)
        return self._previous[0]

    def custom_labelled(self) -> Mapping[str, C | None]:
        """The credential of each version with a custom staging label, by the id of the version."""
        found = {
            version_id: self._readable(partial(self._store.read, version_id))
            for version_id in self._stages.custom_labelled()
        }
        return {each: stored.credential if stored else None for each, stored in found.items()}

    def unlabelled(self) -> Iterator[Stored[C]]:
        """Those of versions without a label, newest first."""
        for version in self._store.unlabelled():
            stored = self._parsed(version)
            if stored is not None:
                yield stored

    def before(self) -> Iterator[tuple[C, datetime]]:
        """The previous one, then those without a label, newest first, each with its date."""
        previous = self.previous()
        if previous is not None:
            yield previous.credential, previous.created
        for stored in self.unlabelled():
            yield stored.credential, stored.created

    def around(self, current: datetime) -> Iterator[tuple[C, bool]]:
        """All but the custom-labelled; see `in_order`, and each is read when its turn comes.

        current: when the current one was stored.
        """
        for stored, is_likely in in_order(self.previous(), self.unlabelled(), current):
            yield stored.credential, is_likely

    def _readable(self, read: Callable[[], Version | None]) -> Stored[C] | None:
        try:
            version = read()
        except MalformedSecret:
            return None
        return self._parsed(version) if version else None

    def _parsed(self, version: Version) -> Stored[C] | None:
        try:
            credential = self._backend.parse(version.document)
        except (MalformedSecret, TargetMismatch):
            return None
        return Stored(credential, version.created, version.version_id)


def in_order(
    previous: Stored[C] | None, unlabelled: Iterable[Stored[C]], current: datetime
) -> Iterator[tuple[Stored[C], bool]]:
    """Each with whether it may be in use beside the current one.

    Those come first: AWSCURRENT was moved back from the previous one, or it was stored after that
    one, by a rotation that was given up. Then the previous one, then the rest, newest first.
    unlabelled: newest first. current: when the current one was stored.
    """
    since = min(current, previous.created) if previous else None
    if previous and previous.created > current:
        yield previous, True
        previous = None
    for stored in unlabelled:
        is_recent = since is None or stored.created > since
        if previous and not is_recent:
            yield previous, False
            previous = None
        yield stored, is_recent
    if previous:
        yield previous, False
