"""A login to PostgreSQL that changes what a strategy asks for."""

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Self, TypeVar

from rotators.postgres.catalog import read_pair
from rotators.postgres.comparison import verify_pair
from rotators.postgres.connection import BoundedConnection, Connection
from rotators.postgres.errors import translate_postgres_errors
from rotators.postgres.guessing import is_worth_trying
from rotators.postgres.passwords import (
    MD5,
    SCRAM,
    NewPassword,
    itself,
    password_encryption,
    verifier,
)
from rotators.postgres.provisioning import (
    change_password,
    ensure_clone,
    is_there_to_reset,
    owns_objects_to_reassign,
    reassign_owned,
    rehearse_pair,
)
from rotators.postgres.roles import RolePair
from rotators.postgres.sessions import OtherSessions, sessions_of
from rotators.postgres.validity import check_validity
from shared.credentials import Login
from shared.errors import RejectedByPolicy, TargetMismatch
from shared.secret import Secret

T = TypeVar("T")
LOG = logging.getLogger(f"rotation.{__name__}")


class PostgresSession:
    """A PairSession; each of its methods raises psycopg's errors as RotationErrors of its login.

    sends_itself: the server is sent a new password, not a verifier of it.
    """

    def __init__(
        self, connection: BoundedConnection, login: Login, *, sends_itself: bool = False
    ) -> None:
        self._connection = connection
        self._login = login
        self._sends_itself = sends_itself
        self._sessions = OtherSessions(connection)

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler or a proxy answers in the server's place, as far as shows."""
        # It gives its clients the id of a session of its own, for cancelling.
        with translate_postgres_errors(self._login):
            ((backend,),) = self._connection.execute("SELECT pg_backend_pid()").fetchall()
        return backend != self._connection.info.backend_pid

    def ping(self) -> None:
        """Run a trivial query."""
        with translate_postgres_errors(self._login):
            self._connection.execute("SELECT 1")

    def is_worth_trying(self, login: Login, /, *, blindly: bool = True) -> bool:
        """Whether, as far as this admin sees, the login would not be refused, nor lock the user."""
        with self.reading() as connection:
            return is_worth_trying(connection, login, blindly=blindly)

    def check_lasts(self, until: datetime | None, /) -> None:
        """Raise Misconfigured where the role is VALID UNTIL a moment before that."""
        with self.reading() as connection:
            check_validity(connection, self._login, until)

    def sessions_of(self, username: str, /, *, lasting: float = 0.0) -> Sequence[str]:
        """Those of this role but for rotations' own; whoever is logged in here is shown them."""
        with translate_postgres_errors(self._login):
            return sessions_of(self._connection, username, lasting)

    def end_other_sessions(self) -> Mapping[str, str]:
        """End this role's sessions that began before the first such call, but for this one."""
        with translate_postgres_errors(self._login):
            return self._sessions.end()

    def others_accepting(
        self, _password: Secret, /, *, by: Self | None = None
    ) -> Mapping[str, str]:
        """Nothing: a name is one role."""
        del by
        return {}

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Give the user this password, in one transaction: by `by` where given, else by itself.

        Raises Forbidden and RejectedByPolicy.
        """
        (by or self).give(self._new_password(password, by or self))

    def reset_password(
        self, username: str, password: Secret, /, *, twin: str | None = None
    ) -> bool:
        """Of an administrator's session: give a user this password; False where there is none."""
        with self.reading() as connection:
            is_there = is_there_to_reset(connection, username, twin)
        if is_there:
            self.give(self.encrypt(username, password, self.password_encryption()))
        return is_there

    def check_may_set_password(self, /, *, by: Self | None = None) -> None:
        """Set a password in a transaction that is rolled back; raises Forbidden."""
        session = by or self
        with suppress(RejectedByPolicy):  # the rules are for the real one
            session.give(self._some_password(session, self._login.username), undone=True)

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
        """Let the clone of the two follow its original, and `twin` log in with this password.

        Both in one transaction of `by`; a twin that is not there is created as the clone. Then, if
        it is the clone that is logged in here, the objects it owns are given to its original.
        Raises TargetMismatch, Forbidden, Misconfigured, RejectedByPolicy.
        """
        logged_in = self._login.username
        new = self._new_password(password, by, role=twin)

        def provision(connection: Connection, *, proven: bool) -> RolePair | TargetMismatch:
            in_turn()
            found = ensure_clone(connection, logged_in, twin, proven=proven)
            if isinstance(found, RolePair):
                change_password(connection, new, logged_in, twin)
            return found

        found = by.change(twin, partial(provision, proven=False), password=new)
        if isinstance(found, TargetMismatch):
            # Even without a proof: another copy of this step may have adopted the twin meanwhile.
            # That ends the password that would prove it, and the server itself shows the pair.
            again = partial(provision, proven=proves_ownership())
            found = by.change(twin, again, password=new)
        if isinstance(found, TargetMismatch):
            raise found
        if found.clone.name == logged_in and found.clone.owns_objects_in:
            self._reassign_owned(twin)

    def check_twin(
        self, twin: str, /, *, by: Self, proves_ownership: Callable[[], bool] = lambda: True
    ) -> None:
        """Do what both of the next rotations do, in a transaction of `by` that is rolled back.

        Raises Forbidden, Misconfigured, and TargetMismatch where it is not certain which of the two
        is the clone, or whose the twin is.
        """
        logged_in = self._login.username
        new = [self._some_password(by, role) for role in (twin, logged_in)]

        def rehearse(connection: Connection, *, proven: bool) -> TargetMismatch | None:
            refusal = rehearse_pair(connection, logged_in, twin, proven=proven)
            if refusal is None:
                for password in new:
                    change_password(connection, password, logged_in, twin)
            return refusal

        def rehearsed(*, proven: bool) -> TargetMismatch | None:
            with suppress(RejectedByPolicy):
                work = partial(rehearse, proven=proven)
                return by.change(twin, work, password=new[-1], undone=True)
            return None

        refusal = rehearsed(proven=False)
        if refusal is not None:
            refusal = rehearsed(proven=proves_ownership())
        if refusal is not None:
            raise refusal

    def verify_same_rights(self, twin: str, /) -> None:
        """Verify, by catalogs that everybody may read; raises TargetMismatch, also for no pair."""
        logged_in = self._login.username
        with self.reading() as connection:
            verify_pair(connection, read_pair(connection, logged_in, twin), logged_in)

    def _new_password(self, password: Secret, by: Self, *, role: str = "") -> NewPassword:
        """Return what `by` gives to the role, this user where none is named."""
        encryption = self._encryption(password, by)
        if self._connection.is_by_md5:
            user = self._login.username
            LOG.warning("%r logs in by md5: the new password is kept as %s", user, encryption)
        return by.encrypt(role or self._login.username, password, encryption)

    def _encryption(self, password: Secret, by: Self) -> str:
        """Return what the server is to keep of a password.

        A user that logs in by SCRAM keeps that. For one that logs in by md5 the server's setting
        decides, except for the very password that it has.
        """
        if not self._connection.is_by_md5:
            return SCRAM
        return MD5 if password == self._login.password else by.password_encryption()

    def _some_password(self, by: Self, role: str) -> NewPassword:
        password = Secret(secrets.token_urlsafe(24))
        return by.encrypt(role, password, self._encryption(password, by))

    def password_encryption(self) -> str:
        """What the server keeps of a password that this session's user sets."""
        with translate_postgres_errors(self._login):
            return password_encryption(self._connection)

    def encrypt(self, role: str, password: Secret, encryption: str) -> NewPassword:
        """Return the password for a role, as a verifier unless this session sends it itself."""
        make = itself if self._sends_itself else verifier
        with translate_postgres_errors(self._login):
            return make(self._connection, role, password, encryption)

    def give(self, new: NewPassword, *, undone: bool = False) -> None:
        """Give a role this password, in one transaction; undone: which is rolled back."""
        work = partial(change_password, password=new)
        self.change(new.role, work, password=new, undone=undone)

    def _reassign_owned(self, twin: str) -> None:
        logged_in = self._login.username
        with self.reading() as connection:
            due = owns_objects_to_reassign(connection, logged_in, twin)
        if due:
            self.change(twin, lambda connection: reassign_owned(connection, logged_in, twin))
            LOG.warning("what %r owned in this database belongs to %r from now on", logged_in, twin)

    @contextmanager
    def reading(self) -> Iterator[BoundedConnection]:
        """Yield the connection in a transaction for reading, as the session's default role."""
        with translate_postgres_errors(self._login), self._connection.reading():
            yield self._connection

    def change(
        self,
        username: str,
        work: Callable[[Connection], T],
        *,
        password: NewPassword | None = None,
        undone: bool = False,
    ) -> T:
        """Run `work` in a transaction that changes that user; returns what it does.

        password: what it may send. undone: the transaction is rolled back.
        """
        with translate_postgres_errors(self._login, password):
            return self._connection.change(username, work, undone=undone)
