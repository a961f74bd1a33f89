"""Two PostgreSQL users that alternate, and an administrator as Amazon RDS has one."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from local.servers import Server
from local.servers.postgres import login as as_superuser
from rotators.postgres.engine import PostgresEngine
from shared.credentials import CLONE, Login
from shared.secret import Secret
from shared.tls import DatabaseAuthorities

INITIAL = "initial-password"


def never() -> bool:
    raise AssertionError("the server shows that they are a pair")


@dataclass
class PostgresPair:
    """`app` and `app_clone`; only the former exists, made by an admin who is no superuser.

    passwords: of the admin, and of each user as the rotations go. proves_ownership: what the
    secret says of a user that the server does not show to be the other's.
    """

    server: Server
    app: str = field(default_factory=lambda: f"app_{uuid.uuid4().hex[:8]}")
    superuser: bool = False
    passwords: dict[str, str] = field(default_factory=dict)
    proves_ownership: Callable[[], bool] = never

    def __post_init__(self) -> None:
        self.engine = PostgresEngine(DatabaseAuthorities(self.server.ca))
        self.admin = self.server.admin if self.superuser else f"admin_{uuid.uuid4().hex[:8]}"
        if self.superuser:
            self.passwords[self.admin] = self.server.password
        else:
            self.sql(
                f"CREATE ROLE {{0}} LOGIN CREATEROLE CREATEDB PASSWORD '{INITIAL}'", self.admin
            )
            self.passwords[self.admin] = INITIAL
        with self.raw(self.admin) as admin:
            admin.execute(_sql("CREATE ROLE {0} LOGIN PASSWORD {1}", self.app, Literal(INITIAL)))
        self.passwords[self.app] = INITIAL

    @property
    def clone(self) -> str:
        return self.app + CLONE

    def login(self, user: str, dbname: str | None = None) -> Login:
        password = Secret(self.passwords[user])
        return Login(user, password, self.server.host, self.server.port, dbname, True, {})  # noqa: FBT003 - tls

    def raw(self, user: str, dbname: str = "postgres") -> psycopg.Connection[Any]:
        """The user's own connection, as an application has it."""
        return psycopg.connect(
            host=self.server.host,
            port=self.server.port,
            user=user,
            password=self.passwords[user],
            dbname=dbname,
            sslmode="verify-full",
            sslrootcert=str(self.server.ca),
            autocommit=True,
        )

    def sql(
        self, statement: str, *names: str | Literal, dbname: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """As the superuser; `{0}`, `{1}` stand for the names."""
        with as_superuser(replace(self.server, database=dbname)) as connection:
            return _fetch(connection.execute(_sql(statement, *names)))

    def run(
        self, user: str, statement: str, *names: str | Literal, dbname: str = "postgres"
    ) -> list[tuple[Any, ...]]:
        """As that user."""
        with self.raw(user, dbname) as connection:
            return _fetch(connection.execute(_sql(statement, *names)))

    def provision(
        self,
        twin: str,
        *,
        proves_ownership: Callable[[], bool] | None = None,
        dbname: str | None = None,
        password: str | None = None,
    ) -> None:
        """What setSecret does; the other user of the pair is the current one."""
        logged_in = self.app if twin == self.clone else self.clone
        new = password or f"password-{uuid.uuid4()}"
        with (
            self.engine.connect(self.login(logged_in, dbname)) as session,
            self.engine.connect(self.login(self.admin)) as admin,
        ):
            session.provision_twin(
                twin,
                Secret(new),
                by=admin,
                proves_ownership=proves_ownership or self.proves_ownership,
            )
        self.passwords[twin] = new

    def check(self, twin: str) -> None:
        """What testSecret does where only that runs, for the rotation to `twin`."""
        logged_in = self.app if twin == self.clone else self.clone
        with (
            self.engine.connect(self.login(logged_in)) as session,
            self.engine.connect(self.login(self.admin)) as admin,
        ):
            session.check_twin(twin, by=admin)

    def verify(self, user: str, dbname: str | None = None) -> None:
        """What testSecret does."""
        login = self.login(user, dbname)
        with self.engine.connect(login) as session:
            session.ping()
            session.verify_same_rights(login.twin)

    def rotate(self, twin: str, *, dbname: str | None = None) -> None:
        self.provision(twin, dbname=dbname)
        self.verify(twin, dbname)

    def state(self, user: str) -> list[tuple[Any, ...]]:
        """All there is to a role: its row, its password's verifier, settings and memberships."""
        return self.sql(
            "SELECT a.*::text, (SELECT array_agg(s::text ORDER BY 1) FROM pg_db_role_setting s"
            " WHERE setrole = a.oid), (SELECT array_agg(m::text ORDER BY 1)"
            " FROM pg_auth_members m WHERE member = a.oid OR roleid = a.oid)"
            " FROM pg_authid a WHERE rolname = {0}",
            Literal(user),
        )


def _sql(statement: str, *names: str | Literal) -> Composed:
    parts = (Identifier(name) if isinstance(name, str) else name for name in names)
    return SQL(statement).format(*parts)


def _fetch(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    return cursor.fetchall() if cursor.description else []
