"""The four steps: all that is known about labels is in this file.

A step first looks where the token's version stands, then the table says what it does there.
The pending version is the journal: the new credential is stored before the target changes, so a
retry always rolls forward.
"""

import time
from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any

from shared.aws.store import CURRENT, PENDING, Store
from shared.aws.version import NotStored
from shared.errors import (
    GIVE_UP,
    NEXT_ATTEMPT,
    Busy,
    Rejected,
    RejectedByPolicy,
    WrongStage,
)
from shared.protocol.contract import Backend, C
from shared.protocol.event import RotationRequest, Step
from shared.protocol.ticket import Lent, Overtaken

# A step is done within a second or two; one that was held up longer looks again before it acts.
FRESH_SECONDS = 3.0


class Standing(Enum):
    """Where the token's version stands."""

    NOWHERE = auto()  # it has neither AWSPENDING nor AWSCURRENT
    EMPTY = auto()  # AWSPENDING, without a value as far as is known
    READY = auto()  # AWSPENDING, with a value
    LIVE = auto()  # AWSCURRENT, whether or not AWSPENDING is still on it (rule 11)


class Rotation(Lent[C]):
    """One step of one rotation; also the Ticket that the backend is lent."""

    def __init__(self, backend: Backend[C], store: Store, request: RotationRequest) -> None:
        super().__init__(backend, store, request)
        self._looked = time.monotonic()

    def run(self) -> None:
        """Take the step; raises RotationError. A step that is already taken returns quietly."""
        step = self._request.step
        try:
            ACTIONS[step, LOOKS[step](self)](self)
        except Overtaken:
            self.rest()

    def confirm(self, *, again: bool = False) -> None:
        """Look again, if the look that this step acts on is old: a step may be held up anywhere.

        Raises WrongStage where the version was given up, and Overtaken where it is current by now
        or, in finishSecret, is not any more or another rotation has begun.
        """
        if not again and time.monotonic() - self._looked < FRESH_SECONDS:
            return
        standing = LOOKS[self._request.step](self)
        if self._request.step is Step.FINISH:
            if standing is not Standing.LIVE or not self._newest():
                raise Overtaken
        elif standing is Standing.LIVE:
            raise Overtaken
        elif standing is Standing.NOWHERE:
            self.refuse_stranger()
        self._looked = time.monotonic()

    # --- looking: where does the version stand? ---

    def look_before_value(self) -> Standing:
        """DescribeSecret shows the label, not whether there is a value: the put will tell."""
        labels = self._store.labels(expecting=self.version_id)
        return self._look(labels, if_pending=Standing.EMPTY)

    def look_at_value(self) -> Standing:
        """The value's own read carries its labels."""
        try:
            version = self._store.read(self.version_id)
        except Busy:
            return self.look_before_value()
        standing = _standing(version.labels, if_pending=Standing.READY)
        if standing is Standing.READY:
            self._pending = self._parse_pending(version)
        return standing

    def look_at_labels(self) -> Standing:
        """ListSecretVersionIds lists only versions with a value (rule 1)."""
        standing = self._look(self._store.valued_labels(), if_pending=Standing.READY)
        return self.look_before_value() if standing is Standing.NOWHERE else standing

    def _look(self, labels: Mapping[str, frozenset[str]], *, if_pending: Standing) -> Standing:
        self._labels = labels
        return _standing(labels.get(self.version_id, frozenset()), if_pending=if_pending)

    # --- acting ---

    def create(self) -> None:
        """Store the next credential; where another invocation stored one first, keep that."""
        minted = self._backend.mint(self.current(), self)
        document = self._backend.render(minted)
        try:
            self._store.put(self.version_id, document, self._request.rotation_token)
        except NotStored as lost:
            self._backend.discard(minted, self)
            if lost.refusal is not None:
                raise lost.refusal from None

    def install(self) -> None:
        """Make the target accept the pending credential; give up one that its rules refuse.

        A version never changes, so every attempt would end there and no rotation could begin.
        """
        try:
            self._backend.install(self.pending(), self)
        except RejectedByPolicy as refused:
            self._store.give_up(self.version_id)
            raise refused.of_version(PENDING).then(
                "AWSPENDING has been taken off this version, so rotate again then"
            ) from None

    def verify(self) -> None:
        """Prove that the target accepts the pending credential."""
        try:
            self._backend.verify(self.pending(), self)
        except Rejected as rejected:
            raise rejected.of_version(PENDING).then(GIVE_UP) from None

    def promote(self) -> None:
        """Move AWSCURRENT to this version; where another invocation did it first, be content."""
        holder = self._holder(CURRENT) or self._current_version
        if holder and self._store.promote(self.version_id, instead_of=holder):
            self._move(holder)
            return
        if self.look_at_labels() is not Standing.LIVE:
            raise Busy(
                f"AWSCURRENT of {self.secret_arn} was moved while this version was to get it",
                do=f"{NEXT_ATTEMPT}; do not move labels during a rotation",
            )

    def finish(self) -> None:
        """Promote, and let the backend end what is not to outlive the rotation."""
        self.promote()
        self.settle()

    def settle(self) -> None:
        """Promoted before, maybe by an attempt that ended right after.

        Not once a later rotation has begun: what would be ended may be what that one made.
        """
        if self._newest():
            self._backend.settle(self)

    def _newest(self) -> bool:
        return self._holder(PENDING) in (None, self.version_id)

    def rest(self) -> None:
        """The version is current already: an earlier attempt did all there is to do."""

    def refuse_stranger(self) -> None:
        """The rotation was given up, or never begun."""
        raise WrongStage(
            f"version {self.version_id} of {self.secret_arn} is not labelled AWSPENDING",
            do="start a rotation with RotateSecret; do not invoke the function by hand",
            field="ClientRequestToken",
        )

    def refuse_empty(self) -> None:
        """A step came before createSecret, or its value is not readable yet."""
        raise Busy(
            f"version {self.version_id} of {self.secret_arn} has no value yet",
            do=f"{NEXT_ATTEMPT}, which begins with createSecret",
        )


def _standing(labels: frozenset[str], *, if_pending: Standing) -> Standing:
    if CURRENT in labels:
        return Standing.LIVE
    return if_pending if PENDING in labels else Standing.NOWHERE


LOOKS: Mapping[Step, Callable[[Rotation[Any]], Standing]] = {
    Step.CREATE: Rotation.look_before_value,
    Step.SET: Rotation.look_at_value,
    Step.TEST: Rotation.look_at_value,
    Step.FINISH: Rotation.look_at_labels,
}

ACTIONS: Mapping[tuple[Step, Standing], Callable[[Rotation[Any]], None]] = {
    (Step.CREATE, Standing.NOWHERE): Rotation.refuse_stranger,
    (Step.CREATE, Standing.EMPTY): Rotation.create,
    (Step.CREATE, Standing.READY): Rotation.create,  # the put finds the value there
    (Step.CREATE, Standing.LIVE): Rotation.rest,
    (Step.SET, Standing.NOWHERE): Rotation.refuse_stranger,
    (Step.SET, Standing.EMPTY): Rotation.refuse_empty,
    (Step.SET, Standing.READY): Rotation.install,
    (Step.SET, Standing.LIVE): Rotation.rest,
    (Step.TEST, Standing.NOWHERE): Rotation.refuse_stranger,
    (Step.TEST, Standing.EMPTY): Rotation.refuse_empty,
    (Step.TEST, Standing.READY): Rotation.verify,
    (Step.TEST, Standing.LIVE): Rotation.rest,
    (Step.FINISH, Standing.NOWHERE): Rotation.refuse_stranger,
    (Step.FINISH, Standing.EMPTY): Rotation.refuse_empty,
    (Step.FINISH, Standing.READY): Rotation.finish,
    (Step.FINISH, Standing.LIVE): Rotation.settle,
}
