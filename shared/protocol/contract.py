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

    def stored(self) -> C_co | None:
        """The pending credential where it is stored already, as far as can be seen now."""
        ...

    def current(self) -> C_co:
        """The credential in use now."""
        ...

    @property
    def current_version_id(self) -> str:
        """The version that the current credential is of."""
        ...

    def previous(self) -> C_co | None:
        """The one in use before; None where there was none."""
        ...

    def pinned(self) -> Mapping[str, C_co | None]:
        """The credential of each version that somebody gave a label of their own, by its id.

        None for one that cannot be read as a credential.
        """
        ...

    def strays(self) -> Iterator[C_co]:
        """Credentials of versions without a label, newest first, a bounded number of them.

        The way out of a lockout: for when the labelled ones do not tell.
        """
        ...

    def open(self, arn: str) -> Mapping[str, object]:
        """The JSON object in another secret, such as the admin's."""
        ...

    def tags(self, arn: str) -> Mapping[str, str]:
        """Another secret's tags."""
        ...

    def confirm(self, *, again: bool = False) -> None:
        """Asked right before the target changes: the rotation is still this one.

        Reads only where that was long ago, or `again`; ends the step where it is not.
        """
        ...

    def promote(self) -> None:
        """Let the pending credential be the current one, before finishSecret does it."""
        ...


class Backend(Protocol[C]):
    """One way to rotate one kind of credential; raises RotationError only.

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

    def mint(self, current: C, ticket: Ticket[C], /) -> C:
        """Make the next credential; a crash right after this may lose it.

        A credential that outlives its rotation ends here, as the next rotation begins: the
        previous one, and what a crash lost before it was stored. Never `current`.
        """
        ...

    def discard(self, minted: C, ticket: Ticket[C], /) -> None:
        """It was not stored, and never will be: undo `mint`."""
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

    def settle(self, ticket: Ticket[C], /) -> None:
        """The rotation is over, `pending` is in use: end what is not to outlive it."""
        ...


class Session(Protocol):
    """A logged-in database connection; every wait in it is bounded.

    by: an administrator's session, where that one makes the change for this one's user.
    """

    def ping(self) -> None:
        """Run a trivial query."""
        ...

    def set_password(
        self, password: Secret, /, *, beside: Secret | None = None, by: Self | None = None
    ) -> None:
        """Give the user this password, at once or not at all; the server never logs it.

        beside: the password this session logged in with, to be accepted as well, and no third.
        Raises Forbidden where a right is missing, for `beside` maybe one more, and
        RejectedByPolicy.
        """
        ...

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let only `password`, which this session logged in with, be accepted from now on."""
        ...

    def equip(self, twin: str, password: Secret, /, *, by: Self, ours: Callable[[], bool]) -> None:
        """Let the user `twin` log in with this password and do all that this user can.

        One of the two is the clone of the other, its original, whose rights it follows. A `twin`
        that exists is touched only where the server shows the two to be such a pair, or `ours`
        says so; otherwise raises TargetMismatch.
        """
        ...

    def match(self, twin: str, /) -> None:
        """Prove, changing nothing, that this user can do all that `twin` can.

        Raises TargetMismatch, also where `equip` was not done.
        """
        ...


class Engine(Protocol):
    """A kind of database server."""

    name: ClassVar[str]
    secret_engines: ClassVar[frozenset[str]]  # what a secret's `engine` may say
    default_port: ClassVar[int]
    max_username: ClassVar[int]  # in the unit the server counts in: see `username_length`
    supports_two_passwords: ClassVar[bool]  # whether `set_password` takes `beside`

    def username_length(self, username: str, /) -> int:
        """The user name's length in characters or bytes, as this server limits it."""
        ...

    def connect(self, login: Login, /) -> AbstractContextManager[Session]:
        """Log in over verified TLS. Raises Rejected or Unreachable, and never confuses them."""
        ...
