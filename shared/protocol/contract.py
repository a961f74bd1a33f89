"""The Protocols between the machine and the backends.

The machine knows the labels and nothing of targets; a backend knows its target and nothing of
labels. Between them goes a credential.
"""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.protocol.findings import Findings
from shared.protocol.receipt import Receipt
from shared.protocol.reset import Reset

C = TypeVar("C")  # a credential: Login or ApiKey
C_co = TypeVar("C_co", covariant=True)


@dataclass(frozen=True, slots=True)
class StoredVersion(Generic[C]):
    """A version whose value could be read, as a diagnosis sees it.

    of: what findings call it. is_likely: whether labels and times speak for its being in use.
    """

    of: str
    credential: C
    created: datetime
    is_current: bool = False
    is_pending: bool = False
    is_likely: bool = False


class Ticket(Protocol[C_co]):
    """What the machine lends a backend for one step; each value is read when first asked for."""

    @property
    def secret_arn(self) -> str:
        """The secret being rotated."""
        ...

    @property
    def version_id(self) -> str:
        """The version being made: the rotation's token."""
        ...

    @property
    def leaked_version_id(self) -> str:
        """The version whose credential is to end as leaked; empty in a rotation's own steps."""
        ...

    def pending(self) -> C_co:
        """The credential being made."""
        ...

    def pending_age(self) -> float:
        """The seconds since it was stored; 0 where this step has not read it."""
        ...

    def pending_if_visible(self) -> C_co | None:
        """The pending credential where it is stored already, as far as can be seen now."""
        ...

    def current(self) -> C_co:
        """The credential in use now.

        May raise StepAlreadyDone, which ends the step as a success: let it pass.
        """
        ...

    @property
    def current_version_id(self) -> str:
        """The version that the current credential is of."""
        ...

    @property
    def current_created(self) -> datetime:
        """When that version was stored."""
        ...

    def previous(self) -> C_co | None:
        """The one in use before; None where there was none."""
        ...

    def custom_labelled(self) -> Mapping[str, C_co | None]:
        """The credential of each version with a custom staging label, by the id of the version.

        None for one that cannot be read as a credential.
        """
        ...

    def unlabelled(self) -> Iterator[C_co]:
        """Credentials of versions without a label, newest first, a bounded number of them."""
        ...

    def before(self) -> Iterator[tuple[C_co, datetime]]:
        """The previous credential, then those without a label, each with when it was stored."""
        ...

    def others(self) -> Iterator[tuple[C_co, bool]]:
        """Credentials neither pending nor current, each with whether it may be in use all the same.

        Those come first: stored after the previous one, by rotations that were given up, or the
        previous one itself, where AWSCURRENT was moved back from it. All others were replaced in
        rotations that ended well: the previous one, then those without a label, newest first.
        The way out of a lockout: for when pending and current one do not tell.
        """
        ...

    def only_tests(self) -> bool:
        """Whether the pending credential is a copy of the current one (RotateImmediately=false)."""
        ...

    def read_secret(self, arn: str, *, again: bool = False) -> Mapping[str, object]:
        """The JSON object in another secret, such as the admin's.

        As an earlier step of this rotation may have read it, unless `again`.
        """
        ...

    @property
    def notes(self) -> MutableMapping[str, object]:
        """What earlier steps of this rotation have noted in this process.

        Only to save calls: a crash loses it, and another process never had it.
        """
        ...

    @property
    def next_rotation(self) -> datetime | None:
        """When the secret is to be rotated next; known in createSecret only, and not of all."""
        ...

    @property
    def due(self) -> datetime:
        """The end of the day, in UTC, on which it is due by the schedule; for createSecret only."""
        ...

    @property
    def last_rotation(self) -> datetime | None:
        """When the rotation before ended; known in createSecret only, and not of all."""
        ...

    def is_rotating(self, arn: str) -> bool:
        """Whether another secret is in the middle of a rotation of its own."""
        ...

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """Another secret's tags."""
        ...

    def may_reset(self, reset: Reset) -> bool:
        """Whether the admin's keeper has allowed it, for this rotation; raises as `tags_of`."""
        ...

    def ensure_still_this_rotation(self, *, again: bool = False) -> None:
        """Asked right before the target changes: the rotation is still this one.

        Reads only where that was long ago, or `again`. Raises WrongStage where it is not; and may
        raise StepAlreadyDone, which ends the step as a success: let it pass.
        """
        ...

    def promote(self) -> None:
        """Let the pending credential be the current one, before finishSecret does it."""
        ...

    def replace_current(self, document: Mapping[str, object], /) -> None:
        """Store a further current version, of the value that `render` gave, beside any rotation.

        For `end_leaked` where the secret itself is what clients go by: a version never changes.
        Raises as `ensure_still_this_rotation`.
        """
        ...


class Backend(Protocol[C]):
    """One way to rotate one kind of credential; of its own raises RotationError only.

    Each method may be called twice, by two invocations at once, and again after a crash at any
    line of an earlier call.
    """

    @property
    def name(self) -> str:
        """The target's name in messages and metrics, such as `postgres`."""
        ...

    def parse(self, document: Mapping[str, object], /) -> C:
        """The credential in a secret, whose fields have the names that backends read them by.

        Raises MalformedSecret, TargetMismatch.
        """
        ...

    def render(self, credential: C, /) -> dict[str, object]:
        """The inverse of parse, by `with_fields`: what it does not know stays as it is stored."""
        ...

    def create(self, current: C, ticket: Ticket[C], /) -> C:
        """Make the next credential; a crash right after this may lose it.

        A credential that outlives its rotation ends here, as the next rotation begins: the
        previous one, and what a crash lost before it was stored. Never `current`.
        """
        ...

    def discard(self, created: C, ticket: Ticket[C], /) -> None:
        """It was not stored, and never will be: undo `create`."""
        ...

    def install(self, pending: C, ticket: Ticket[C], /) -> None:
        """Make the target accept `pending`, whichever stored credential it accepts now.

        Falls from one stored credential to the next only on Rejected, never on Unreachable.
        """
        ...

    def verify(self, pending: C, ticket: Ticket[C], /) -> None:
        """Prove that the target accepts `pending`, changing nothing; raises Rejected if not.

        The only method called by a rotation with RotateImmediately=false, whose `pending` is a
        copy of the current credential.
        """
        ...

    def end_old_credential(self, ticket: Ticket[C], /) -> str | None:
        """The rotation is over, `pending` is in use: end what is not to outlive it.

        Gives when the credential before ends, in the words of expiry.py; None where this process
        has not seen enough to tell. Only to tell that, nothing is read.
        """
        ...

    def reset_of(self, credential: C, /) -> Reset | None:
        """What a reset of the credential would be of; None where no admin could."""
        ...

    def diagnose(
        self, versions: Sequence[StoredVersion[C]], ticket: Ticket[C], findings: Findings, /
    ) -> None:
        """Look at what a rotation needs of the target, changing nothing; asked by an operator.

        versions: at least one, in the order in which setSecret would try them; the current one may
        be missing. The ticket's version is the pending one, or one that is not stored.
        What is seen goes into `findings` as soon as it is seen: the time may end at any line. No
        credential is tried that setSecret would not try, if its refusal may count towards a lock.
        """
        ...

    def end_leaked(self, leaked: C, ticket: Ticket[C], receipt: Receipt, /) -> None:
        """End now a credential that `pending` has replaced, whatever the settings say.

        The rotation is over, and `pending` is in use. First both are proved, as in a rotation: who
        asks may have written the secret. Then the sessions of its user end, as far as there are
        any; then it is used once more, and has to be refused. Each part goes into `receipt`.
        Raises TargetMismatch where `pending` has not replaced it, and what keeps it from ending.
        """
        ...
