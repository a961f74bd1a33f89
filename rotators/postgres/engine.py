"""The psycopg driver as an Engine: logs in to PostgreSQL and changes what a strategy asks for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar, Self, TypeVar

from psycopg import sql

from rotators.postgres.catalog import read_pair
from rotators.postgres.comparison import effective_role, verify_pair
from rotators.postgres.connection import BoundedConnection, Connection, log_in
from rotators.postgres.errors import translate_postgres_errors
from rotators.postgres.provisioning import (
    change_password,
    ensure_clone,
    owns_objects_to_reassign,
    reassign_owned,
)
from shared.credentials import Login
from shared.errors import TargetMismatch
from shared.secret import Secret
from shared.tls import database_authorities

T = TypeVar("T")


class PostgresSession:
    """A PairSession; each of its methods raises psycopg's errors as RotationErrors of its login."""

    def __init__(self, connection: BoundedConnection, login: Login) -> None:
        self._connection = connection
        self._login = login

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler answers."""
        return False

    def check_admin(self, /, *, by: Self) -> None:
        """Stub."""

    def check_twin(self, twin: str, /, *, by: Self) -> None:
        """Stub."""

    def is_worth_trying(self, _login: Login, /) -> bool:
        """Stub."""
        return True

    def ping(self) -> None:
        """Run a trivial query."""
        with translate_postgres_errors(self._login):
            self._connection.execute("SELECT 1")

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Give the user this password, in one transaction: by `by` where given, else by itself.

        Raises Forbidden and RejectedByPolicy.
        """
        username = self._login.username
        session = by or self
        statement = session.password_statement(username, password)
        session.change(
            username, lambda connection: change_password(connection, username, statement)
        )

    def provision_twin(
        self, twin: str, password: Secret, /, *, by: Self, proves_ownership: Callable[[], bool]
    ) -> None:
        """Let the clone of the two follow its original, and `twin` log in with this password.

        Both in one transaction of `by`; a twin that is not there is created as the clone. Then, if
        it is the clone that is logged in here, the objects it owns are given to its original.

        Raises TargetMismatch where nothing shows that the twin is this secret's; and Forbidden,
        Misconfigured and RejectedByPolicy.
        """
        logged_in = self._login.username
        statement = by.password_statement(twin, password)

        def provision(connection: Connection, *, proven: bool) -> TargetMismatch | None:
            refusal = ensure_clone(connection, logged_in, twin, proven=proven)
            if refusal is None:
                change_password(connection, twin, statement)
            return refusal

        refusal = by.change(twin, partial(provision, proven=False))
        if refusal is not None:
            # Even without a proof: another copy of this step may have adopted the twin meanwhile.
            # That ends the password that would prove it, and the server itself shows the pair.
            refusal = by.change(twin, partial(provision, proven=proves_ownership()))
        if refusal is not None:
            raise refusal
        self._reassign_owned(twin)

    def verify_same_rights(self, twin: str, /) -> None:
        """Verify that this user can do all that `twin` can, by catalogs that everybody may read.

        Raises TargetMismatch where it cannot, or the two are not an original and its clone.
        """
        logged_in = self._login.username
        with self.reading() as connection:
            effective = effective_role(connection)
            verify_pair(connection, read_pair(connection, logged_in, twin), logged_in, effective)

    def password_statement(self, username: str, password: Secret) -> sql.Composed:
        """Return the statement with a SCRAM verifier made here: the server sees no password."""
        with translate_postgres_errors(self._login):
            verifier = self._connection.pgconn.encrypt_password(
                password.reveal().encode(), username.encode(), b"scram-sha-256"
            )
        return sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(username), sql.Literal(verifier.decode())
        )

    def _reassign_owned(self, twin: str) -> None:
        logged_in = self._login.username
        with self.reading() as connection:
            due = owns_objects_to_reassign(connection, logged_in, twin)
        if due:
            self.change(twin, lambda connection: reassign_owned(connection, logged_in, twin))

    @contextmanager
    def reading(self) -> Iterator[BoundedConnection]:
        """Yield the connection in a transaction for reading, as the session's default role."""
        with translate_postgres_errors(self._login), self._connection.reading():
            yield self._connection

    def change(self, username: str, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that changes that user; returns what it does."""
        with translate_postgres_errors(self._login):
            return self._connection.change(username, work)


class PostgresEngine:
    """PostgreSQL, Aurora and RDS among them; tried with 15, 17 and 18."""

    name: ClassVar[str] = "postgres"
    secret_engines: ClassVar[frozenset[str]] = frozenset(
        {"postgres", "postgresql", "aurora-postgresql"}
    )
    default_port: ClassVar[int] = 5432
    changes_itself: ClassVar[bool] = True
    atomic: ClassVar[bool] = True

    def __init__(self, ca: Path) -> None:
        self._ca = ca

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return an engine that trusts what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(database_authorities(environment))

    def check(self, login: Login, /) -> None:
        """Raise where the username is over 63 bytes of UTF-8, the server's NAMEDATALEN - 1."""
        login.check_length(len(login.username.encode()), limit=63, engine=self.name)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[PostgresSession]:
        """Log in over verified TLS, unless `login.tls` is off.

        Raises Rejected or Unreachable, and never confuses them.
        """
        # For logging in and out only, as each method of the session translates its errors itself:
        # where the admin logs in within the user's block, the admin's would catch the user's.
        with translate_postgres_errors(login), log_in(login, self._ca) as connection:
            yield PostgresSession(connection, login)
