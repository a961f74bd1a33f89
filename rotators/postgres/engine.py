"""The psycopg driver as an Engine: logs in to PostgreSQL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Self

from rotators.postgres.connection import log_in
from rotators.postgres.errors import translate_postgres_errors
from rotators.postgres.passwords import SEND_ITSELF
from rotators.postgres.session import PostgresSession
from shared.credentials import Login
from shared.settings import Settings
from shared.tls import DatabaseAuthorities


class PostgresEngine:
    """PostgreSQL, Aurora and RDS among them; tried with 11 to 18."""

    name: ClassVar[str] = "postgres"
    secret_engines: ClassVar[frozenset[str]] = frozenset(
        {"postgres", "postgresql", "pgsql", "aurora-postgresql"}
    )
    default_port: ClassVar[int] = 5432
    changes_itself: ClassVar[bool] = True
    atomic: ClassVar[bool] = True

    def __init__(self, authorities: DatabaseAuthorities, *, sends_itself: bool = False) -> None:
        self._authorities = authorities
        self._sends_itself = sends_itself

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return an engine that trusts what TLS_CA_BUNDLE says; raises Misconfigured."""
        itself = Settings(environment).flag(SEND_ITSELF, default=False)
        return cls(DatabaseAuthorities.from_environment(environment), sends_itself=itself)

    def check(self, login: Login, /) -> None:
        """Raise where the username is over 63 bytes of UTF-8, the server's NAMEDATALEN - 1."""
        login.check_length(len(login.username.encode()), limit=63, engine=self.name)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[PostgresSession]:
        """Log in over verified TLS, unless `login.tls` is off.

        Raises Rejected or Unreachable, and never confuses them.
        """
        authorities = self._authorities.file(login.verified_host)
        # For logging in and out only, as each method of the session translates its errors itself:
        # where the admin logs in within the user's block, the admin's would catch the user's.
        with translate_postgres_errors(login), log_in(login, authorities) as connection:
            yield PostgresSession(connection, login, sends_itself=self._sends_itself)
