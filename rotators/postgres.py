"""PostgreSQL: the psycopg driver, and the functions that rotate its users' passwords.

SQLSTATEs: PostgreSQL documentation, appendix A.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen

from shared.credentials import Login
from shared.errors import (
    Busy,
    Forbidden,
    Meaning,
    Misconfigured,
    Rejected,
    RotationError,
    Unreachable,
    Untrusted,
)
from shared.handler import make_handler
from shared.passwords import PasswordPolicy
from shared.secret import Secret
from shared.strategies import SingleUser
from shared.tls import ca_bundle

T = TypeVar("T")

# At DEBUG it prints what it connects with; Lambda's log format can set that level.
logging.getLogger("psycopg").setLevel(logging.WARNING)

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 5
# The server ends a statement by itself; this ends the wait for a server that has stopped.
ANSWER_SECONDS = 15

# As a statement and not as connection options, which poolers refuse.
_SET_LIMITS = (
    "SELECT set_config('statement_timeout', %(statement)s, false),"
    " set_config('idle_in_transaction_session_timeout', %(statement)s, false),"
    " set_config('lock_timeout', %(lock)s, false)"
)
# Two copies of a step would fail with "tuple concurrently updated": the second waits.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


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

    def __init__(self, connection: BoundedConnection) -> None:
        self._connection = connection

    def set_password(self, username: str, password: Secret, /) -> None:
        """Send a SCRAM verifier made here: the server and its log never see the password.

        One transaction, under a lock that another copy waits for.
        """
        verifier = self._connection.pgconn.encrypt_password(
            password.reveal().encode(), username.encode(), b"scram-sha-256"
        )
        alter = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(username), sql.Literal(verifier.decode())
        )
        with self._connection.transaction():
            self._connection.execute(_LOCK, [username])
            self._connection.execute(alter)

    def ping(self) -> None:
        """Run a trivial query."""
        self._connection.execute("SELECT 1")


class PostgresEngine:
    """PostgreSQL 11 and newer, Aurora and RDS among them."""

    name: ClassVar[str] = "postgres"
    secret_engines: ClassVar[frozenset[str]] = frozenset(
        {"postgres", "postgresql", "aurora-postgresql"}
    )
    default_port: ClassVar[int] = 5432
    max_username: ClassVar[int] = 63  # bytes: NAMEDATALEN - 1
    exclude_characters: ClassVar[str] = ":/@\"'\\"

    def __init__(self, ca: Path) -> None:
        self._ca = ca

    def username_length(self, username: str, /) -> int:
        """In bytes of UTF-8."""
        return len(username.encode())

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[PostgresSession]:
        """Log in over verified TLS. Raises Rejected or Unreachable, and never confuses them."""
        with _told_apart(login), self._open(login) as connection:
            connection.execute(
                _SET_LIMITS, {"statement": f"{STATEMENT_SECONDS}s", "lock": f"{LOCK_SECONDS}s"}
            )
            yield PostgresSession(connection)

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
            sslmode="verify-full",
            sslrootcert=str(self._ca),
            gssencmode="disable",
            # A server that asks for the password itself, or for none, is not the one we know.
            require_auth="scram-sha-256,md5",
        )


@contextmanager
def _told_apart(login: Login) -> Iterator[None]:
    problem: RotationError
    try:
        yield
    except psycopg.Error as error:
        problem = _translate(error, login)
    else:
        return
    # Outside the handler: psycopg's text may quote the SQL.
    raise problem


_CHECK_ROUTE = "check host, port, security groups and that the server is up"
_CHECK_CA = "set TLS_CA_BUNDLE to the authority of the server's certificate"
_NEXT = "wait for the service's next attempt"

# libpq keeps no SQLSTATE of a failed connection, only text. Its own words are always English;
# the server's are unless lc_messages is set, and then a refusal is still told from an outage,
# by whether the password was used. Ordered: the first that matches.
_CONNECTING = {
    r"could not translate host name|failed to resolve host": Meaning(
        Unreachable, "the name of the host cannot be resolved for", "check 'host' and DNS", "host"
    ),
    r"does not match host name": Meaning(
        Untrusted, "the server's certificate is for another host than that of",
        "set 'host' to a name the certificate has", "host"
    ),
    r"does not support SSL": Meaning(
        Untrusted, "the server offers no TLS to", "enable TLS on the server", "host"
    ),
    r"certificate verify failed|certificate has expired": Meaning(
        Untrusted, "the server's certificate is not trusted for", _CHECK_CA, "TLS_CA_BUNDLE"
    ),
    r"authentication method requirement": Meaning(
        Untrusted, "the server asked for the password in clear, or for none, from",
        "set the method in pg_hba.conf to scram-sha-256", "host"
    ),
    r"no pg_hba\.conf entry|pg_hba\.conf rejects": Meaning(
        Forbidden, "pg_hba.conf has no entry for", "add one for the function's address"
    ),
    r"is not permitted to log in": Meaning(
        Forbidden, "LOGIN is not granted to", "ALTER ROLE ... LOGIN", "username"
    ),
    r"database .* does not exist": Meaning(
        Misconfigured, "there is no database of that name for", "correct 'dbname'", "dbname"
    ),
    r"permission denied for database": Meaning(
        Forbidden, "CONNECT on the database is not granted to", "grant it, or correct 'dbname'",
        "dbname",
    ),
    r"too many (clients|connections)|remaining connection slots": Meaning(
        Busy, "no connection is free for", _NEXT
    ),
    r"the database system is|not (yet|currently) accepting connections": Meaning(
        Unreachable, "the server is starting or stopping for", _NEXT
    ),
    r"password authentication failed": Meaning(
        Rejected, "the server rejected the password of",
        "check pg_hba.conf and role LOGIN", "password"
    ),
    r"timeout|refused|closed the connection|reset by peer|SYSCALL|unreachable|No route|SSL error":
        Meaning(Unreachable, "no answer for", _CHECK_ROUTE, "host"),
}  # fmt: skip

# By SQLSTATE, or its class.
_RUNNING = {
    "25006": Meaning(
        Misconfigured, "the server is a read-only replica for", "set 'host' to the writer", "host"
    ),
    "42501": Meaning(
        Forbidden, "changing the password is not permitted to", "see docs/secrets.md for the rights"
    ),
    "55P03": Meaning(Busy, "another session holds a lock needed by", _NEXT),
    "57014": Meaning(Busy, "the server took too long for", _NEXT),
    "XX000": Meaning(Busy, "another session changed the role at the same moment for", _NEXT),
    "40": Meaning(Busy, "another session was in the way of", _NEXT),
    "53": Meaning(Busy, "the server is out of resources for", _NEXT),
    "57": Meaning(Unreachable, "the server ended the session of", _NEXT),
    "08": Meaning(Unreachable, "the connection broke for", _CHECK_ROUTE, "host"),
}
_REFUSED = Meaning(
    Misconfigured, "the server refused the new password of",
    "compare its password rules with PASSWORD_LENGTH and EXCLUDE_CHARACTERS", "PASSWORD_LENGTH",
)  # fmt: skip


def _translate(error: psycopg.Error, login: Login) -> RotationError:
    state = error.sqlstate
    if state is None:
        return _connecting(error).error(f"postgres {login.address}")
    meaning = _RUNNING.get(state) or _RUNNING.get(state[:2]) or _REFUSED
    return meaning.error(f"postgres {login.address}", f"SQLSTATE {state}")


def _connecting(error: psycopg.Error) -> Meaning:
    text = str(error)
    for pattern, meaning in _CONNECTING.items():
        if re.search(pattern, text):
            return meaning
    if error.pgconn is not None and error.pgconn.used_password:
        return Meaning(
            Rejected, "the server rejected the login of", "check 'password', 'dbname' and LOGIN"
        )
    return Meaning(Unreachable, "no answer for", _CHECK_ROUTE, "host")


def _single_user(environment: Mapping[str, str]) -> SingleUser:
    policy = PasswordPolicy.from_environment(environment, exclude=PostgresEngine.exclude_characters)
    return SingleUser(PostgresEngine(ca_bundle(environment)), policy)


single_user = make_handler(_single_user, strategy="single_user")
