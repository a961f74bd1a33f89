"""The four steps: what each does for each place where the version's label can be.

A step first looks where the label is, then the table says what it does there. Reading labels and
values is stages.py's and ticket.py's.
The pending version is the journal: the new credential is stored before the target changes, so a
retry always rolls forward.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic

from shared.aws.store import PENDING, Store
from shared.aws.version import NotStored
from shared.errors import GIVE_UP, NEXT_ATTEMPT, Busy, PendingUnusable, Rejected, RotationError
from shared.protocol.contract import Backend, C
from shared.protocol.event import RotationRequest, Step
from shared.protocol.stages import Stages, VersionState
from shared.protocol.ticket import StepAlreadyDone, StepTicket


class Rotation(Generic[C]):
    """One step of one rotation."""

    def __init__(self, backend: Backend[C], store: Store, request: RotationRequest) -> None:
        self._backend = backend
        self._store = store
        self._request = request
        self._stages = Stages(store, request)
        self._ticket = StepTicket(backend, store, request, self._stages)
        # When the credential before this one ends, once finishSecret has seen to it; see expiry.py.
        self.old_ends: str | None = None

    def run(self) -> None:
        """Take the step; raises RotationError. A step that is already taken returns quietly."""
        try:
            ACTIONS[self._request.step, self._stages.look()](self)
        except StepAlreadyDone:
            self.nothing_to_do()
        except RotationError as error:
            error.rename_fields(self._ticket.names)
            raise

    def create(self) -> None:
        """Store the next credential; where another invocation stored one first, keep that."""
        created = self._backend.create(self._ticket.current(), self._ticket)
        document = self._backend.render(created)
        try:
            self._store.put(self._request.token, document, self._request.rotation_token)
        except NotStored as lost:
            self._backend.discard(created, self._ticket)
            if lost.refusal is not None:
                raise lost.refusal from None

    def install(self) -> None:
        """Make the target accept the pending credential; give up one that it never will.

        A version never changes, so every attempt would end there and no rotation could begin.
        """
        try:
            self._backend.install(self._ticket.pending(), self._ticket)
        except PendingUnusable as unusable:
            self._store.give_up(self._request.token)
            raise unusable.of_version(PENDING).then(
                "then rotate again: AWSPENDING has been taken off this version"
            ) from None

    def verify(self) -> None:
        """Prove that the target accepts the pending credential."""
        try:
            self._backend.verify(self._ticket.pending(), self._ticket)
        except Rejected as rejected:
            raise rejected.of_version(PENDING).then(GIVE_UP) from None

    def finish(self) -> None:
        """Promote, and let the backend end what is not to outlive the rotation."""
        self._ticket.promote()
        self.end_old_credential()

    def end_old_credential(self) -> None:
        """Let the backend end what is not to outlive the rotation, which is promoted.

        An earlier attempt may have promoted it, and ended right after. Does nothing once a later
        rotation has begun: what would be ended may be what that one made.
        """
        if self._stages.is_newest:
            self.old_ends = self._backend.end_old_credential(self._ticket)

    def nothing_to_do(self) -> None:
        """The version is current already: an earlier attempt did all there is to do."""

    def refuse_stranger(self) -> None:
        """The rotation was given up, or never begun."""
        raise self._ticket.not_pending()

    def refuse_empty(self) -> None:
        """A step came before createSecret, or its value is not readable yet."""
        raise Busy(
            f"version {self._request.token} of {self._store.secret_id} has no value yet",
            do=f"{NEXT_ATTEMPT}, which begins with createSecret",
        )


ACTIONS: Mapping[tuple[Step, VersionState], Callable[[Rotation[Any]], None]] = {
    (Step.CREATE, VersionState.UNLABELLED): Rotation.refuse_stranger,
    (Step.CREATE, VersionState.EMPTY): Rotation.create,
    (
        Step.CREATE,
        VersionState.PENDING,
    ): Rotation.create,  # for completeness: its look never reads the value
    (Step.CREATE, VersionState.CURRENT): Rotation.nothing_to_do,
    (Step.SET, VersionState.UNLABELLED): Rotation.refuse_stranger,
    (Step.SET, VersionState.EMPTY): Rotation.refuse_empty,
    (Step.SET, VersionState.PENDING): Rotation.install,
    (Step.SET, VersionState.CURRENT): Rotation.nothing_to_do,
    (Step.TEST, VersionState.UNLABELLED): Rotation.refuse_stranger,
    (Step.TEST, VersionState.EMPTY): Rotation.refuse_empty,
    (Step.TEST, VersionState.PENDING): Rotation.verify,
    (Step.TEST, VersionState.CURRENT): Rotation.nothing_to_do,
    (Step.FINISH, VersionState.UNLABELLED): Rotation.refuse_stranger,
    (Step.FINISH, VersionState.EMPTY): Rotation.refuse_empty,
    (Step.FINISH, VersionState.PENDING): Rotation.finish,
    (Step.FINISH, VersionState.CURRENT): Rotation.end_old_credential,
}
