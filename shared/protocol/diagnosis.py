"""What an operator's `diagnose` does: the backend's own checks, which change nothing."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Generic

from shared.aws.store import CURRENT, PENDING, PREVIOUS, Labels, Store
from shared.deadline import TimeOverError
from shared.document.form import names_of, naming
from shared.errors import RotationError
from shared.protocol.contract import Backend, C, StoredVersion
from shared.protocol.event import RotationRequest, Step
from shared.protocol.findings import Finding, Findings, Link, State
from shared.protocol.history import Stored, in_order
from shared.protocol.memory import Memory
from shared.protocol.stages import Stages
from shared.protocol.ticket import StepTicket
from shared.protocol.warnings import told_as_findings

_READABLE = "this function can rotate what is in it"


class Diagnosis(Generic[C]):
    """One secret's, as its function sees it.

    parts: makes the backend and the secret's store; raises RotationError.
    """

    def __init__(self, parts: Callable[[], tuple[Backend[C], Store]]) -> None:
        self._parts = parts
        self._findings = Findings()
        self._told: dict[str, object] = {}

    def run(self) -> Mapping[str, object]:
        """`findings`, and `complete`: whether the time was enough to look at all."""
        complete = True
        try:
            with told_as_findings(self._findings):
                self._look()
        except TimeOverError:
            self._findings.time_is_over()
            complete = False
        made = [each.as_json() for each in self._findings.made]
        return {"complete": complete, "findings": made, **self._told}

    def _look(self) -> None:
        with self._findings.looking(Link.FUNCTION, "its settings can be used") as look:
            backend, store = self._parts()
        if look.problem is not None:
            return
        labels = self._labels(store)
        if labels is None:
            return
        versions = _Versions(backend, store, labels, self._findings).read()
        if versions:
            ticket = _ticket(backend, store, labels)
            reset = backend.reset_of(versions[0].credential) if versions[0].is_current else None
            if reset is not None:
                with suppress(RotationError):  # no reset where its word could not be read
                    ticket.tags_of(reset.admin)
                    self._told["reset"] = reset.as_json(store.arn)
            backend.diagnose(versions, ticket, self._findings)

    def _labels(self, store: Store) -> Labels | None:
        """By the call that createSecret makes, or else by finishSecret's; None where neither is."""
        for ask in (store.labels_though_off, store.valued_labels):
            with self._findings.looking(Link.VALUE) as look:
                labels = ask()
            if look.problem is None:
                return labels
        return None


class _Versions(Generic[C]):
    """Reads the versions of one secret, and tells of each whether it can be rotated from."""

    def __init__(
        self, backend: Backend[C], store: Store, labels: Labels, findings: Findings
    ) -> None:
        self._backend = backend
        self._store = store
        self._labels = labels
        self._findings = findings

    def read(self) -> list[StoredVersion[C]]:
        """Those that can be read: the current one, the pending one, then as `in_order`."""
        current_id = _holder(self._labels, CURRENT)
        if current_id is None:
            what = "the secret has no current value to rotate from"
            do = "store the credential in use with PutSecretValue"
            self._findings.add(Finding(Link.VALUE, State.BROKEN, what, do, CURRENT))
        current = self._read(current_id, CURRENT)
        pending_id = _pending(self._labels)
        pending = self._read(pending_id, PENDING)
        previous_id = _holder(self._labels, PREVIOUS)
        previous = self._read(previous_id, PREVIOUS, otherwise=State.WARNING)
        found = []
        if current is not None:
            found.append(_version(current, CURRENT, is_current=True))
        if pending is not None:
            found.append(_version(pending, PENDING, is_pending=True))
        if current is not None:
            since = current.created
        else:  # the one in use may be the one before
            since = previous.created - timedelta.resolution if previous else datetime.now(UTC)
        for stored, is_likely in in_order(previous, self._unlabelled(), since):
            of = PREVIOUS if stored.version_id == previous_id else stored.version_id
            found.append(_version(stored, of, is_likely=is_likely))
        return found

    def _unlabelled(self) -> list[Stored[C]]:
        ids: list[str] = []
        with self._findings.looking(Link.VALUE):
            ids = self._store.unlabelled_ids()
        read = (self._read(each, each, otherwise=State.WARNING) for each in ids)
        return [stored for stored in read if stored is not None]

    def _read(
        self, version_id: str | None, of: str, *, otherwise: State = State.BROKEN
    ) -> Stored[C] | None:
        """Otherwise: the state of one that cannot be rotated from, which may be passed over."""
        if version_id is None:
            return None
        stored: Stored[C] | None = None
        with self._findings.looking(Link.VALUE, of=of, otherwise=otherwise) as look:
            version = self._store.find(version_id)
            if version is not None:
                names = names_of(version.document)
                with naming(names):
                    credential = self._backend.parse(version.document)
                self._findings.names = self._findings.names or names
                stored = Stored(credential, version.created, version_id)
        if stored is not None:
            self._findings.add(Finding(Link.VALUE, State.OK, _READABLE, of=of))
        elif look.problem is None:
            what, do = "it has no value yet", "createSecret stores one, with the next attempt"
            self._findings.add(Finding(Link.VALUE, State.WARNING, what, do, of))
        return stored


def _version(
    stored: Stored[C],
    of: str,
    *,
    is_current: bool = False,
    is_pending: bool = False,
    is_likely: bool = True,
) -> StoredVersion[C]:
    return StoredVersion(of, stored.credential, stored.created, is_current, is_pending, is_likely)


def _ticket(backend: Backend[C], store: Store, labels: Labels) -> StepTicket[C]:
    """Of the rotation under way, or of one that is not begun; with nothing of a step's memory."""
    token = _pending(labels) or str(uuid.uuid4())
    # As finishSecret, for which nothing is done too early or already.
    request = RotationRequest(Step.FINISH, store.secret_id, token, None)
    stages = Stages(store, request)
    stages.take(labels)
    return StepTicket(backend, store, request, stages, Memory(token, store.secret_id))


def _holder(labels: Labels, label: str) -> str | None:
    return next((version_id for version_id, each in labels.items() if label in each), None)


def _pending(labels: Labels) -> str | None:
    """The version being made: AWSPENDING is left on one that is current already (fact 11)."""
    pending = _holder(labels, PENDING)
    return None if pending == _holder(labels, CURRENT) else pending
