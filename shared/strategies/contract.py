"""The Protocols of databases; protocol/contract.py has what all backends share."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import ClassVar, Protocol, Self, TypeVar, runtime_checkable

from shared.credentials import Login
from shared.secret import Secret


class Session(Protocol):
    """A logged-in database connection; every wait in it is bounded.

    by: an administrator's session, where that one makes the change for this one's user.
    """

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler or a proxy answers in the server's place, as far as shows."""
        ...

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

    def check_may_set_password(self, /, *, by: Self | None = None) -> None:
        """Prove, changing nothing, that `by`, or else the user itself, may set its password.

        Raises as `set_password` would.
        """
        ...

    def reset_password(
        self, username: str, password: Secret, /, *, twin: str | None = None
    ) -> bool:
        """Of an administrator's session: let this user log in with this password and no other.

        twin: the user that it takes turns with, where it has one.
        False where the server has no such user with a password. Raises Forbidden, LockedOut,
        RejectedByPolicy, and TargetMismatch where it cannot be told which of several accounts is
        meant, or where there is a twin and the server does not show the two to be a pair.
        """
        ...

    def is_worth_trying(self, login: Login, /, *, blindly: bool = True) -> bool:
        """Of an administrator's session: whether this login may be tried, as far as shows.

        False where the server shows that it would refuse it, or that one more refusal may lock the
        user out for its clients; and, unless `blindly`, where it does not show the password to be
        right.
        """
        ...

    def end_other_sessions(self) -> Mapping[str, str]:
        """Ask the server to end this user's other sessions that began before the first such call.

        Gives those that were there, by id, each with the SQL by which an administrator ends it:
        it may take a moment to end. Raises Forbidden where nobody can.
        """
        ...

    def others_accepting(self, password: Secret, /, *, by: Self | None = None) -> Mapping[str, str]:
        """What else of this user's name accepts the password, each with the SQL that ends that.

        Raises Forbidden where whoever looks has no right to see it.
        """
        ...


@runtime_checkable
class LastingSession(Protocol):
    """A Session whose server tells until when the user is let in; only a diagnosis asks."""

    def check_lasts(self, until: datetime | None, /) -> None:
        """Raise Misconfigured where that is before `until`, or at all where it is None."""
        ...


@runtime_checkable
class SeeingSession(Protocol):
    """A Session whose server shows who else is logged in; asked before an older password ends."""

    def sessions_of(self, username: str, /, *, lasting: float = 0.0) -> Sequence[str]:
        """Those of this user but for rotations' own, each as messages call it.

        lasting: only those that have lasted for more than so many seconds, as far as that shows.
        Raises Forbidden where the server does not show them all to whoever is logged in here, and
        Misconfigured where it keeps none for so long.
        """
        ...


class OverlapSession(Session, Protocol):
    """A Session whose server can accept two passwords of one user."""

    def add_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let this password and the one that the session logged in with be accepted, and no third.

        At once or not at all. Raises as `set_password`, Forbidden maybe for one right more.
        """
        ...

    def check_may_add_password(self, /, *, by: Self | None = None) -> None:
        """Prove, changing nothing and as far as shows, that `add_password` would be done.

        Raises Forbidden, as that would.
        """
        ...

    def may_have_two(self) -> bool:
        """Whether the user may have a second password now: False where it shows that it has not."""
        ...

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let only `password`, which this session logged in with, be accepted from now on."""
        ...


class PairSession(Session, Protocol):
    """A Session whose user may have a twin, with which it takes turns."""

    def provision_twin(
        self,
        twin: str,
        password: Secret,
        /,
        *,
        by: Self,
        proves_ownership: Callable[[], bool],
        in_turn: Callable[[], None] = lambda: None,
    ) -> None:
        """Let the user `twin` log in with this password and do all that this user can.

        One of the two is the clone of the other, its original, whose rights it follows. A `twin`
        that exists is touched only where the server shows the two to be such a pair, or
        `proves_ownership` says so; otherwise raises TargetMismatch.
        in_turn: called before anything changes, while another copy has to wait, where it can be
        made to; what it raises ends this.
        """
        ...

    def check_twin(
        self, twin: str, /, *, by: Self, proves_ownership: Callable[[], bool] = lambda: True
    ) -> None:
        """Prove, changing nothing, that `by` has the rights that `provision_twin` needs.

        Raises Forbidden and TargetMismatch, as that would; asks `proves_ownership` as that does.
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

        Also for further fields of `login.document` that this engine reads, such as more nodes; no
        secret can map these to others.
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
