"""A role of its own on a PostgreSQL server, or two of them that take turns."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar, LiteralString

import psycopg
from psycopg import sql

from local.servers.server import Server
from local.targets import Admin, DatabaseTarget, Document
from shared.credentials import CLONE

Connection = psycopg.Connection[tuple[object, ...]]

# What a server says to a wrong password, and to one that is right for a role that may not log in.
_REFUSALS = (
    "password authentication failed",
    "SASL authentication failed",  # PgBouncer's
    "is not permitted to log in",
)


class PostgresTarget(DatabaseTarget):
    """A role that may log in, and no more."""

    function: ClassVar[str] = "PostgresSingleUser"

    def __init__(
        self,
        server: Server,
        username: str = "app",
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        admin: Admin | None = None,
    ) -> None:
        super().__init__(server, username, settings, admin)
        self.title = f"PostgreSQL {server.version.split()[0]}"
        self.make(self.document)

    def admin(self) -> Connection:
        """A connection as the administrator."""
        return self._connect(*self.by)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in with it."""
        try:
            self.open(document).close()
        except psycopg.OperationalError as error:
            if not any(words in str(error) for words in _REFUSALS):
                raise
            return False
        return True

    def open(self, document: Mapping[str, object]) -> Connection:
        """A connection as this version's user."""
        return self._connect(str(document["username"]), str(document["password"]))

    def parameters(self, user: str, password: str) -> dict[str, Any]:
        """What psycopg needs to log in, over verified TLS."""
        return {
            "host": self.server.host,
            "port": self.server.port,
            "dbname": self.server.database,
            "user": user,
            "password": password,
            "sslmode": "verify-full",
            "sslrootcert": str(self.server.ca),
            "channel_binding": "disable",  # as in local/servers/postgres/__init__.py
            "connect_timeout": 10,
        }

    def make(self, document: Document) -> None:
        """The role, with nothing that an earlier one of the name had."""
        username = str(document["username"])
        with self.admin() as connection:
            _drop(connection, username)
            verifier = connection.pgconn.encrypt_password(
                str(document["password"]).encode(), username.encode(), b"scram-sha-256"
            ).decode()
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(username), sql.Literal(verifier)
                )
            )

    @contextmanager
    def overhearing(self) -> Iterator[Callable[[], str]]:
        """Every statement, as it came."""
        with super().overhearing() as heard:
            self._set("ALTER SYSTEM SET log_statement = 'all'")
            try:
                yield heard
            finally:
                self._set("ALTER SYSTEM RESET log_statement")

    def _set(self, statement: LiteralString) -> None:
        with self.admin() as connection:
            connection.execute(statement)
            connection.execute("SELECT pg_reload_conf()")

    def _connect(self, user: str, password: str) -> Connection:
        return psycopg.connect(**self.parameters(user, password), autocommit=True)


class PostgresAlternatingTarget(PostgresTarget):
    """A role with rights that a clone has to follow; the clone is the function's to make."""

    function: ClassVar[str] = "PostgresAlternatingUsers"
    takes_turns: ClassVar[bool] = True

    def make(self, document: Document) -> None:
        """The original; without a clone that an earlier one had."""
        username = str(document["username"])
        group = f"{username}_group"
        with self.admin() as connection:
            _drop(connection, username + CLONE)
            super().make(document)
            _drop(connection, group)
            for statement in (
                "CREATE ROLE {1}",
                "GRANT {1} TO {0}",
                "ALTER ROLE {0} CONNECTION LIMIT 90",
                "ALTER ROLE {0} SET statement_timeout = '1min'",
            ):
                connection.execute(
                    sql.SQL(statement).format(sql.Identifier(username), sql.Identifier(group))
                )


def _drop(connection: Connection, username: str) -> None:
    """The role of an earlier run on a server of the caller's own."""
    role = sql.Identifier(username)
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [username]).fetchone():
        connection.execute(sql.SQL("DROP OWNED BY {}").format(role))
        connection.execute(sql.SQL("DROP ROLE {}").format(role))
