"""PostgreSQL: the psycopg driver, and the functions that rotate its users' passwords."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen

from rotators.postgres_equip import adopt, follow, hand_over, owes, refusal, set_password
from rotators.postgres_errors import translate
from rotators.postgres_match import prove, whoever
from rotators.postgres_roles import read_pair
from shared.credentials import Login
from shared.errors import RotationError
from shared.handler import make_handler
from shared.secret import Secret
from shared.strategies import AlternatingUsers, SingleUser
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
# own settings say: it may be read-only or act as another role by default.
_PREPARE = (
    "SELECT pg_catalog.set_config('statement_timeout', %(statement)s, true),"
    " pg_catalog.set_config('idle_in_transaction_session_timeout', %(statement)s, true),"
    " pg_catalog.set_config('lock_timeout', %(lock)s, true),"
    " pg_catalog.set_config('role', 'none', true)"
)
# Two copies of a step would fail with "tuple concurrently updated": the second waits.
_LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(%s, 0))"


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
        with told_apart(self._login):
            self._connection.execute("SELECT 1")

    def set_password(
        self, password: Secret, /, *, beside: Secret | None = None, by: Self | None = None
    ) -> None:
        """One transaction, of `by` where given; a role has one password, so never `beside`."""
        if beside is not None:
            raise ValueError("a PostgreSQL role has one password")
        username = self._login.username
        session = by or self
        with session.transaction(username) as connection:
            statement = session.password_of(username, password)
            if by is None:
                connection.execute(statement)
            else:
                set_password(connection, username, statement)

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Nothing: there are none."""

    def equip(self, twin: str, password: Secret, /, *, by: Self, ours: Callable[[], bool]) -> None:
        """The clone is a member of its original and acts as it, so one owns what either makes.

        Its attributes, settings and memberships follow in one transaction of `by`.
        """
        me = self._login.username
        with by.reading() as connection:
            pair = read_pair(connection, me, twin)
        if pair.strangers:
            if not ours():
                raise refusal(connection, pair, twin)
            with by.transaction(twin) as connection:
                adopt(connection, pair)
        if pair.clone is not None and pair.clone.name == me:
            self._hand_over(pair.original.name)
        with by.transaction(twin) as connection:
            follow(connection, me, twin)
            set_password(connection, twin, by.password_of(twin, password))

    def match(self, twin: str, /) -> None:
        """From the public catalogs; as a clone, also by whom this session acts as."""
        me = self._login.username
        with self.reading() as connection:
            acting = whoever(connection)  # before anything is set
            prove(connection, read_pair(connection, me, twin), me, acting)

    def password_of(self, username: str, password: Secret) -> sql.Composed:
        """The statement with a SCRAM verifier made here: no server or log sees the password."""
        verifier = self._connection.pgconn.encrypt_password(
            password.reveal().encode(), username.encode(), b"scram-sha-256"
        )
        return sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(username), sql.Literal(verifier.decode())
        )

    def _hand_over(self, original: str) -> None:
        me = self._login.username
        with self.reading() as connection:
            due = owes(connection, me, original)
        if due:
            with self.transaction(original) as connection:
                hand_over(connection, me, original)

    @contextmanager
    def reading(self) -> Iterator[BoundedConnection]:
        """A transaction that changes nothing, as whomever the session acts as."""
        with told_apart(self._login), self._connection.transaction():
            yield self._connection

    @contextmanager
    def transaction(self, username: str) -> Iterator[BoundedConnection]:
        """A transaction under a lock, about this user, that another copy waits for."""
        limits = {"statement": f"{STATEMENT_SECONDS}s", "lock": f"{LOCK_SECONDS}s"}
        with told_apart(self._login), self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
            self._connection.execute(_PREPARE, limits)
            self._connection.execute(_LOCK, [username])
            yield self._connection


class PostgresEngine:
    """PostgreSQL 11 and newer, Aurora and RDS among them."""

    name: ClassVar[str] = "postgres"
    secret_engines: ClassVar[frozenset[str]] = frozenset(
        {"postgres", "postgresql", "aurora-postgresql"}
    )
    default_port: ClassVar[int] = 5432
    max_username: ClassVar[int] = 63  # bytes: NAMEDATALEN - 1
    supports_two_passwords: ClassVar[bool] = False

    def __init__(self, ca: Path) -> None:
        self._ca = ca

    def username_length(self, username: str, /) -> int:
        """In bytes of UTF-8."""
        return len(username.encode())

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[PostgresSession]:
        """Log in over verified TLS, unless `login.tls` is off.

        Raises Rejected or Unreachable, and never confuses them.
        """
        with told_apart(login), self._open(login) as connection:
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
            # A server that asks for the password itself, or for none, is not the one we know.
            require_auth="scram-sha-256,md5",
        )


@contextmanager
def told_apart(login: Login) -> Iterator[None]:
    """Raise psycopg's errors as ours, about this login."""
    problem: RotationError
    try:
        yield
    except psycopg.Error as error:
        problem = translate(error, login)
    else:
        return
    # Outside the handler: psycopg's text may quote the SQL.
    raise problem


def _engine(environment: Mapping[str, str]) -> PostgresEngine:
    return PostgresEngine(database_authorities(environment))


def _single_user(environment: Mapping[str, str]) -> SingleUser:
    return SingleUser(_engine(environment), environment)


def _alternating_users(environment: Mapping[str, str]) -> AlternatingUsers:
    return AlternatingUsers(_engine(environment), environment)


single_user = make_handler(_single_user, strategy="single_user")
alternating_users = make_handler(_alternating_users, strategy="alternating_users")
