"""The psycopg driver as an Engine: logged-in connections whose every wait ends."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen

from rotators.postgres.comparison import prove, whoever
from rotators.postgres.errors import translated
from rotators.postgres.provisioning import hand_over, make, owes, set_password
from rotators.postgres.roles import Connection, read_pair
from shared.credentials import Login
from shared.errors import TargetMismatch
from shared.secret import Secret
from shared.tls import database_authorities

T = TypeVar("T")

# What it logs may quote the server's text.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)
# libpq would take a host, options or a service file from them; the secret says it all.
for _variable in [name for name in os.environ if name.startswith("PG")]:
    del os.environ[_variable]

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 5
# The server ends a statement by itself; this ends the wait for a server that has stopped.
ANSWER_SECONDS = 15

# For this transaction only: a pooler may give the session to somebody else. Whatever the role's
# own settings say: it may be read-only, hurried or act as another role by default.
_WRITABLE = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"
_LIMITS = (
    "SELECT pg_catalog.set_config('statement_timeout', %(statement)s, true),"
    " pg_catalog.set_config('idle_in_transaction_session_timeout', %(statement)s, true),"
    " pg_catalog.set_config('lock_timeout', %(lock)s, true)"
)
_AS_ITSELF = "SELECT pg_catalog.set_config('role', 'none', true)"
# Of two copies of a step the second waits, where both are in the same database.
_LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))"
# "tuple concurrently updated", and a role that was not there a moment ago.
_OVERTAKEN = (
    psycopg.errors.InternalError_,
    psycopg.errors.DuplicateObject,
    psycopg.errors.UniqueViolation,
)


class BoundedConnection(psycopg.Connection[tuple[object, ...]]):
    """A connection whose every wait ends, also on a server that stopped or a dead network."""

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """As psycopg's, but bounded."""
        try:
            return super().wait(gen, interval, timeout or ANSWER_SECONDS)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # no answer: a ROLLBACK would wait for one again
                self.pgconn.finish()
            raise


class PostgresSession:
    """A logged-in PostgreSQL connection."""

    def __init__(self, connection: BoundedConnection, login: Login) -> None:
        self._connection = connection
        self._login = login

    def ping(self) -> None:
        """Run a trivial query."""
        with translated(self._login):
            self._connection.execute("SELECT 1")

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """One transaction, of `by` where given."""
        username = self._login.username
        session = by or self
        statement = session.password_of(username, password)
        session.change(username, lambda connection: set_password(connection, username, statement))

    def provision_twin(
        self, twin: str, password: Secret, /, *, by: Self, proves_ownership: Callable[[], bool]
    ) -> None:
        """The clone is a member of its original and acts as it, so one owns what either makes.

        Its attributes, settings and memberships follow in one transaction of `by`.
        """
        me, statement = self._login.username, by.password_of(twin, password)

        def attempt(connection: Connection, *, proven: bool = False) -> TargetMismatch | None:
            refusal = make(connection, me, twin, proven=proven)
            if refusal is None:
                set_password(connection, twin, statement)
            return refusal

        refusal = by.change(twin, attempt)
        if refusal is not None:
            proven = proves_ownership()
            # Where it is not, another copy of this step may just have adopted it.
            refusal = by.change(twin, lambda connection: attempt(connection, proven=proven))
        if refusal is not None:
            raise refusal
        self._hand_over(twin)

    def verify_same_rights(self, twin: str, /) -> None:
        """From the public catalogs; as a clone, also by whom this session acts as."""
        me = self._login.username
        with self.reading() as connection:
            acting = whoever(connection)
            prove(connection, read_pair(connection, me, twin), me, acting)

    def password_of(self, username: str, password: Secret) -> sql.Composed:
        """The statement with a SCRAM verifier made here: no server or log sees the password."""
        verifier = self._connection.pgconn.encrypt_password(
            password.reveal().encode(), username.encode(), b"scram-sha-256"
        )
        return sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(username), sql.Literal(verifier.decode())
        )

    def _hand_over(self, twin: str) -> None:
        me = self._login.username
        with self.reading() as connection:
            due = owes(connection, me, twin)
        if due:
            self.change(twin, lambda connection: hand_over(connection, me, twin))

    @contextmanager
    def reading(self) -> Iterator[BoundedConnection]:
        """A transaction that changes nothing, as whomever the session acts as."""
        with translated(self._login), self._connection.transaction():
            self._limit()
            yield self._connection

    def change(self, username: str, do: Callable[[Connection], T]) -> T:
        """`do` in a transaction about this user; again where another session came before it."""
        with translated(self._login):
            with suppress(*_OVERTAKEN):
                return self._change(username, do)
            return self._change(username, do)

    def _change(self, username: str, do: Callable[[Connection], T]) -> T:
        with self._connection.transaction():
            try:
                self._connection.execute(_WRITABLE)
            except psycopg.errors.FeatureNotSupported:  # all that a replica says to this
                raise psycopg.errors.ReadOnlySqlTransaction from None
            self._limit()
            self._connection.execute(_AS_ITSELF)
            # Any role may hold the lock. Without it the changes themselves keep two copies apart.
            with suppress(psycopg.errors.LockNotAvailable), self._connection.transaction():
                self._connection.execute(_LOCK, [username])
            return do(self._connection)

    def _limit(self) -> None:
        limits = {"statement": f"{STATEMENT_SECONDS}s", "lock": f"{LOCK_SECONDS}s"}
        self._connection.execute(_LIMITS, limits)


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
        """Trusting what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(database_authorities(environment))

    def check(self, login: Login, /) -> None:
        """A role's name has at most 63 bytes of UTF-8: NAMEDATALEN - 1."""
        login.check_length(len(login.username.encode()), limit=63, engine=self.name)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[PostgresSession]:
        """Log in over verified TLS, unless `login.tls` is off.

        Raises Rejected or Unreachable, and never confuses them.
        """
        with translated(login), self._open(login) as connection:
            yield PostgresSession(connection, login)

    def _open(self, login: Login) -> BoundedConnection:
        return BoundedConnection.connect(
            host=login.host,
            port=login.port,
            dbname=login.dbname or "postgres",
            user=login.username,
            password=login.password.reveal(),
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=CONNECT_SECONDS,
            client_encoding="utf8",
            application_name="secret-rotation",
            sslmode="verify-full" if login.tls else "disable",
            sslrootcert=str(self._ca),
            gssencmode="disable",
            # A server that asks for the password itself, or for none, is not the one we know;
            # an md5 answer is nothing for a listener.
            require_auth="scram-sha-256,md5" if login.tls else "scram-sha-256",
        )
