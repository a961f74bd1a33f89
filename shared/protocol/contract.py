"""The Protocols between the machine, the backends and the targets.

The machine knows the labels and nothing of targets; a backend knows its target and nothing of
labels. Between them goes a credential.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import ClassVar, Protocol, Self, TypeVar

from shared.credentials import Login
from shared.secret import Secret

C = TypeVar("C")  # a credential: Login or ApiKey
C_co = TypeVar("C_co", covariant=True)


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

    def pending(self) -> C_co:
        """The credential being made."""
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

    def previous(self) -> C_co | None:
        """The one in use before; None where there was none."""
        ...

    def custom_labelled(self) -> Mapping[str, C_co | None]:
        """The credential of each version with a custom staging label, by the id of the version.

        None for one that cannot be read as a credential.
        """
        ...

    def unlabelled(self) -> Iterator[C_co]:
        """Credentials of versions without a label, newest first, a bounded number of them.

        The way out of a lockout: for when the labelled ones do not tell.
        """
        ...

    def read_secret(self, arn: str) -> Mapping[str, object]:
        """The JSON object in another secret, such as the admin's."""
        ...

    def tags_of(self, arn: str) -> Mapping[str, str]:
        """Another secret's tags."""
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
        """The credential in a secret's JSON. Raises MalformedSecret, TargetMismatch."""
        ...

    def render(self, credential: C, /) -> dict[str, object]:
        """The inverse of parse; keys it does not know come back as they were."""
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

    def end_old_credential(self, ticket: Ticket[C], /) -> None:
        """The rotation is over, `pending` is in use: end what is not to outlive it."""
        ...


class Session(Protocol):
    """A logged-in database connection; every wait in it is bounded.

    by: an administrator's session, where that one makes the change for this one's user.
    """

    def ping(self) -> None:
        """Run a trivial query."""
        ...

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Give the user this password, and no other; the server never logs it.

        Where the engine is not `atomic` and this session logged in with that very password, an
        earlier attempt may have ended half way: what a change takes beside its first statement
        (to save it, to tell other nodes) is done now. Raises Forbidden where a right is missing,
        and RejectedByPolicy.
        """
        ...


class OverlapSession(Session, Protocol):
    """A Session whose server can accept two passwords of one user."""

    def add_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let this password and the one that the session logged in with be accepted, and no third.

        At once or not at all. Raises as `set_password`, Forbidden maybe for one right more.
        """
        ...

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let only `password`, which this session logged in with, be accepted from now on."""
        ...


class PairSession(Session, Protocol):
    """A Session whose user may have a twin, with which it takes turns."""

    def provision_twin(
        self, twin: str, password: Secret, /, *, by: Self, proves_ownership: Callable[[], bool]
    ) -> None:
        """Let the user `twin` log in with this password and do all that this user can.

        One of the two is the clone of the other, its original, whose rights it follows. A `twin`
        that exists is touched only where the server shows the two to be such a pair, or
        `proves_ownership` says so; otherwise raises TargetMismatch.
        """
        ...

    def verify_same_rights(self, twin: str, /) -> None:
        """Prove, changing nothing, that this user can do all that `twin` can.

        Raises TargetMismatch, also where `provision_twin` was not done.
        """
        ...


S = TypeVar("S", bound=Session)
S_co = TypeVar("S_co", bound=Session, covariant=True)


class Engine(Protocol[S_co]):
    """A kind of database server."""

    name: ClassVar[str]
    secret_engines: ClassVar[frozenset[str]]  # what a secret's `engine` may say
    default_port: ClassVar[int]
    changes_itself: ClassVar[bool]  # whether a user may set its own password, or only an admin
    atomic: ClassVar[bool]  # whether `set_password` is done at once or not at all

    def check(self, login: Login, /) -> None:
        """Raises MalformedSecret where the server could not have such a user.

        Also for further fields of `login.document` that this engine reads, such as more nodes.
        """
        ...

    def connect(self, login: Login, /) -> AbstractContextManager[S_co]:
        """Log in over verified TLS. Raises Rejected or Unreachable, and never confuses them."""
        ...


class Directory(Protocol):
    """Where a provider says its databases are, for admin secrets that name none themselves."""

    def address(self, tags: Mapping[str, str]) -> tuple[str, int]:
        """Host and port of the database whose admin's secret has these tags.

        Raises TargetMismatch where they name none.
        """
        ...

    def same_data(self, host: str, writer: str) -> bool:
        """Whether `host` is a replica, or a reader, of the database at `writer`."""
        ...
