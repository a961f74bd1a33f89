"""An account of its own on a MySQL or MariaDB server, or two of them that take turns."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import ClassVar, NoReturn

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from local.servers.server import Server
from local.targets import Admin, DatabaseTarget, Document
from shared.credentials import CLONE
from shared.tls import verifying_context

# A wrong password, one where MariaDB has another way to log in (which it also pretends of whom it
# does not know, by the name), or an account that is locked: MySQL's number and MariaDB's.
_REFUSALS = (1045, 1698, 3118, 4151)


class _NobodyPlugin:
    """What MariaDB asks a user for that it does not know, if any account logs in by ed25519.

    It draws the plugin by the name of the user, so that nobody learns which users there are.
    """

    def authenticate(self, _packet: object) -> NoReturn:
        """Take it for the refusal that it would end in."""
        raise pymysql.OperationalError(_REFUSALS[0], "asked for ed25519")


class MySQLTarget(DatabaseTarget):
    """An account that may log in, and keep two passwords where its settings want them."""

    function: ClassVar[str] = "MySqlSingleUser"

    def __init__(
        self,
        server: Server,
        username: str = "app",
        settings: Mapping[str, str] = MappingProxyType({}),
        *,
        admin: Admin | None = None,
    ) -> None:
        super().__init__(server, username, settings, admin)
        two = settings.get("PASSWORD_OVERLAP") == "true"
        self.overlaps |= two and settings.get("OLD_PASSWORD_ENDS") != "on-finish"
        self._tls = verifying_context(server.ca)
        self._mariadb = server.engine == "mariadb"
        name = "MariaDB" if self._mariadb else "MySQL"
        self.title = f"{name} {server.version.split('-')[0]}"
        self.make(self.document)
        if two and not self.through_admin:
            right = "CREATE USER" if self._mariadb else "APPLICATION_PASSWORD_ADMIN"
            self._run(f"GRANT {right} ON *.* TO %s@'%%'", username)

    def admin(self) -> "Connection[Cursor]":
        """A connection as the administrator."""
        return self._connect(*self.by)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in with it."""
        try:
            self.open(document).close()
        except pymysql.OperationalError as error:
            if error.args[0] not in _REFUSALS:
                raise
            return False
        return True

    def open(self, document: Mapping[str, object]) -> "Connection[Cursor]":
        """A connection as this version's user."""
        return self._connect(str(document["username"]), str(document["password"]))

    def make(self, document: Document) -> None:
        """The account, which may come from anywhere."""
        self._run("DROP USER IF EXISTS %s@'%%'", document["username"])
        values = document["username"], document["password"]
        self._run("CREATE USER %s@'%%' IDENTIFIED BY %s", *values)

    @contextmanager
    def overhearing(self) -> Iterator[Callable[[], str]]:
        """Every statement, but for what the server itself keeps back."""
        with super().overhearing() as heard:
            self._run("SET GLOBAL general_log = ON")
            try:
                yield heard
            finally:
                self._run("SET GLOBAL general_log = OFF")

    def _run(self, statement: str, *values: object) -> None:
        """As the administrator."""
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)

    def _connect(self, user: str, password: str) -> "Connection[Cursor]":
        return pymysql.connect(
            host=self.server.host,
            port=self.server.port,
            user=user,
            password=password,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=10,
            read_timeout=30,
            ssl=self._tls,
            auth_plugin_map={"client_ed25519": lambda _connection: _NobodyPlugin()},
        )


class MySQLAlternatingTarget(MySQLTarget):
    """An account with rights that a clone has to follow; the clone is the function's to make."""

    function: ClassVar[str] = "MySqlAlternatingUsers"
    takes_turns: ClassVar[bool] = True

    def make(self, document: Document) -> None:
        """The original; without a clone that an earlier one had."""
        username = str(document["username"])
        self._run("DROP USER IF EXISTS %s@'%%'", username + CLONE)
        super().make(document)
        self._run("GRANT SELECT, INSERT ON `orders`.* TO %s@'%%'", username)
        self._run("ALTER USER %s@'%%' WITH MAX_USER_CONNECTIONS 90", username)
