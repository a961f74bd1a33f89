"""Users on a real MySQL or MariaDB server, and what the server itself says of them."""

import re
import ssl
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pymysql

from local.servers import Server
from rotators.mysql.engine import MySQLEngine, MySQLSession
from rotators.mysql.errors import PluginRefused
from rotators.mysql.plugins.login import Plugins
from shared.credentials import Login
from shared.errors import Rejected
from shared.secret import Secret
from shared.tls import DatabaseAuthorities

# What the master user of Amazon RDS has: no SUPER, and nothing on the mysql schema but to read it.
RDS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, "
    "SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, "
    "REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, "
    "EVENT, TRIGGER"
)
_ACCESS_DENIED = (1045, 1698)  # the latter where MariaDB tried several ways to log in
_MARK = re.compile(r"GRANT SELECT ON `rotation \w+ [0-9a-f]{40}`\.\* TO ")


def never() -> bool:
    raise AssertionError("asked whether a stored password works, where the server shows the pair")


@dataclass
class Users:
    """A user, its twin, and an admin, all with names of their own."""

    server: Server
    name: str = field(default_factory=lambda: f"m_{uuid.uuid4().hex[:8]}")

    @property
    def mariadb(self) -> bool:
        return self.server.engine == "mariadb"

    @property
    def twin(self) -> str:
        return f"{self.name}_clone"

    @property
    def admin(self) -> str:
        return f"{self.name}_admin"

    def sql(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """Run it as the server's own administrator."""
        return self.sql_as(self.server.admin, self.server.password, statement, *values)

    def run(self, *statements: str) -> None:
        """Each of them, with {user}, {twin} and {admin} filled in."""
        names = {"user": f"'{self.name}'", "twin": f"'{self.twin}'", "admin": f"'{self.admin}'"}
        for statement in statements:
            self.sql(statement.format(**names))

    def sql_as(
        self, user: str, password: str, statement: str, *values: str
    ) -> list[tuple[Any, ...]]:
        with closing(self.connect(user, password)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return list(cursor.fetchall())

    def connect(
        self, user: str, password: str, *, source: str | None = None
    ) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            bind_address=source,
            host=self.server.host,
            port=self.server.port,
            user=user,
            password=password.encode(),  # as bytes: any character
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=10,
            read_timeout=30,
            ssl=ssl.create_default_context(cafile=str(self.server.ca)),
            auth_plugin_map=cast(
                "Any", Plugins(tls=True)
            ),  # PyMySQL has no ed25519 and no PARSEC of its own
        )

    def create(self, *, host: str = "%", more: str = "", user: str | None = None) -> None:
        """An account whose password is `first`."""
        self.sql(f"CREATE USER %s@%s IDENTIFIED BY 'first' {more}", user or self.name, host)

    def create_admin(self) -> None:
        """An administrator like that of RDS."""
        self.sql("CREATE USER %s@'%%' IDENTIFIED BY 'admin'", self.admin)
        self.sql(f"GRANT {RDS} ON *.* TO %s@'%%' WITH GRANT OPTION", self.admin)
        more = "DELETE HISTORY" if self.mariadb else "ROLE_ADMIN, APPLICATION_PASSWORD_ADMIN"
        self.sql(f"GRANT {more} ON *.* TO %s@'%%' WITH GRANT OPTION", self.admin)

    def accepts(self, password: str, user: str | None = None, *, source: str | None = None) -> bool:
        """Whether it lets in the user; source: the address that the login comes from."""
        try:
            self.connect(user or self.name, password, source=source).close()
        except pymysql.OperationalError as error:
            if error.args[0] not in _ACCESS_DENIED:
                raise
            return False
        except PluginRefused as refused:
            if refused.row.kind is not Rejected:
                raise
            return False
        return True

    def accepted(self, *passwords: str, source: str | None = None) -> set[str]:
        return {password for password in passwords if self.accepts(password, source=source)}

    @contextmanager
    def session(
        self, password: str, user: str | None = None, *, tls: bool = True
    ) -> Iterator[MySQLSession]:
        with self.engine().connect(self.login(password, user, tls=tls)) as session:
            yield session

    def as_admin(self) -> AbstractContextManager[MySQLSession]:
        return self.session("admin", self.admin)

    def engine(self) -> MySQLEngine:
        return MySQLEngine(DatabaseAuthorities(self.server.ca))

    def login(self, password: str, user: str | None = None, *, tls: bool = True) -> Login:
        where = (self.server.host, self.server.port)
        return Login(user or self.name, Secret(password), *where, None, tls, {})

    def provision_twin(
        self,
        password: str,
        *,
        current: str = "first",
        user: str | None = None,
        proves_ownership: Callable[[], bool] = never,
    ) -> None:
        """What setSecret does: the user's twin gets this password and its rights."""
        login = self.login(current, user)
        with self.engine().connect(login) as session, self.as_admin() as by:
            session.provision_twin(
                login.twin, Secret(password), by=by, proves_ownership=proves_ownership
            )

    def verify_same_rights(self, password: str, user: str | None = None) -> None:
        """What testSecret does."""
        login = self.login(password, user or self.twin)
        with self.engine().connect(login) as session:
            session.verify_same_rights(login.twin)

    def shown(self, user: str, host: str = "%") -> set[str]:
        """What the server says the account can do, but for its name, password and marks."""
        lines = [str(row[0]) for row in self.sql("SHOW GRANTS FOR %s@%s", user, host)]
        ((created,),) = self.sql("SHOW CREATE USER %s@%s", user, host)
        return set(_nameless([*lines, str(created)], user))

    def marks(self, user: str, host: str = "%") -> int:
        rows = self.sql("SHOW GRANTS FOR %s@%s", user, host)
        return sum(bool(_MARK.match(str(row[0]))) for row in rows)

    def hosts(self, user: str) -> set[str]:
        return {row[0] for row in self.sql("SELECT host FROM mysql.user WHERE user = %s", user)}

    def renamed(self, name: str) -> "Users":
        return replace(self, name=name)


def _nameless(lines: Iterable[str], user: str) -> Iterator[str]:
    quoted = user.replace("`", "``")
    for line in lines:
        if not _MARK.match(line):
            text = line.replace(f"`{quoted}`@", "`user`@").replace(f"'{user}'@", "'user'@")
            text = re.sub(r" IDENTIFIED BY PASSWORD '[^']*'", "", text)
            text = re.sub(r" IDENTIFIED WITH '(\w+)' AS '(?:[^'\\]|\\.|'')*'", r" \1", text)
            text = re.sub(r" ATTRIBUTE '.*'$| MAX_\w+ 0\b(?!\.)", "", text)
            text = text.replace(" WITH PASSWORD", " PASSWORD")
            # Columns come in any order.
            yield re.sub(r"\(([^)]*)\)", lambda m: f"({', '.join(sorted(m[1].split(', ')))})", text)
