"""One logged-in connection to MySQL or MariaDB, whose every error is told in our words."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import NamedTuple, TypeAlias

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from rotators.mysql.errors import NO_TLS, NOT_ITS_OWN, admin_lacks, translated
from shared.credentials import Login
from shared.errors import NEXT_ATTEMPT, Busy, RotationError

MySQLConnection: TypeAlias = "Connection[Cursor]"  # generic for the type checker only
Rows: TypeAlias = tuple[tuple[object, ...], ...]

# Says only that the statement failed; SHOW WARNINGS has the reason.
_FAILED = 1396
# What servers answer an administrator who lacks the privilege, the role or the proxy itself.
_DENIED = (1044, 1045, 1142, 1143, 1227, 1370, 1698)


class Account(NamedTuple):
    """A user name and the host pattern it may come from: what MySQL gives rights to."""

    user: str
    host: str

    def __str__(self) -> str:
        """As SQL, for a person."""
        parts = (part.replace("\\", "\\\\").replace("'", "''") for part in self)
        return "@".join(f"'{part}'" for part in parts)


def verbatim(sql: str) -> str:
    """As part of a statement with values, in which the driver takes a single % for one of them."""
    return sql.replace("%", "%%")


LOCK_SECONDS = 5


class Wire:
    """The connection and whose it is; values go in as literals that the driver quotes."""

    def __init__(self, connection: MySQLConnection, login: Login) -> None:
        self._connection = connection
        self.login = login
        version: str = connection.get_server_info()  # type: ignore[no-untyped-call]  # PyMySQL's
        self.mariadb = "MariaDB" in version
        self.version = tuple(int(part) for part in re.findall(r"\d+", version)[:3])

    @property
    def has_dual_passwords(self) -> bool:
        """Whether it knows REPLACE and RETAIN: before, syntax errors, which the log quotes."""
        return not self.mariadb and self.version >= (8, 0, 14)

    def run(
        self, statement: str, *values: str, otherwise: Mapping[int, RotationError] | None = None
    ) -> Rows:
        """The rows; raises RotationError, that of `otherwise` for the error numbers in it."""
        with translated(self.login):
            try:
                return self._run(statement, values)
            except pymysql.Error as error:
                known = (otherwise or {}).get(error.args[0] if error.args else 0)
                if known is None:
                    raise
        raise known

    def refused(self, statement: str, *values: str, among: tuple[int, ...]) -> int:
        """0 where the statement was done, or the error's number where it is one of `among`."""
        return self._tried(statement, values, among)[0]

    def order(
        self,
        statement: str,
        account: Account,
        *values: str,
        among: tuple[int, ...] = (),
        needs: Callable[[], str] = lambda: "CREATE USER ON *.* TO {}",
    ) -> int:
        """The same of an administrator's statement about an account, its first two values.

        Raises Forbidden with the right that is missing, which is what it `needs`.
        """
        refused, text = self._tried(statement, (*account, *values), (*among, *_DENIED))
        if refused in _DENIED and refused not in among:
            # Another one that changing any account may take has the same error number.
            system = "SYSTEM_USER" in text and "SYSTEM_USER" not in statement
            right = "SYSTEM_USER ON *.* TO {}" if system else needs()
            grant = f"GRANT {right}".replace(" TO {}", f" TO {self.taken_for}")
            raise admin_lacks(self.login, str(account), refused, grant)
        return refused

    def renew(self) -> None:
        """Log in again, as at first."""
        with translated(self.login):
            self._connection.close()
            self._connection.connect()

    @contextmanager
    def locked(self, *about: str) -> Iterator[None]:
        """Hold a lock of the server's that another copy of this step waits for; raises Busy.

        Its name has at most 64 characters, hence the hash.
        """
        name = f"rotation {hashlib.sha256(repr(about).encode()).hexdigest()[:40]}"
        if self.run("SELECT GET_LOCK(%s, %s)", name, str(LOCK_SECONDS)) != ((1,),):
            raise Busy(
                f"another session holds the lock of this step: mysql {self.login.address}",
                do=f"{NEXT_ATTEMPT}; if it stays, SELECT IS_USED_LOCK('{name}') has its connection",
            )
        yield
        # Not in a `finally`: after an error the session ends, and its locks with it.
        self.run("SELECT RELEASE_LOCK(%s)", name)

    @cached_property
    def account(self) -> Account:
        """The account that the server let in; raises TargetMismatch if it is not the login's."""
        if self.taken_for.user != self.login.username:
            raise NOT_ITS_OWN.error(f"mysql {self.login.address}")
        return self.taken_for

    @cached_property
    def taken_for(self) -> Account:
        """The account whose rights this connection has."""
        ((account,),) = self.run("SELECT CURRENT_USER()")
        user, _, host = str(account).rpartition("@")
        return Account(user, host)

    def _tried(
        self, statement: str, values: tuple[str, ...], among: tuple[int, ...]
    ) -> tuple[int, str]:
        with translated(self.login):
            try:
                self._run(statement, values)
            except pymysql.Error as error:
                if error.args and error.args[0] in among:
                    return int(error.args[0]), str(error.args[1:])
                raise
        return 0, ""

    def _run(self, statement: str, values: tuple[str, ...]) -> Rows:
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement, values)
            except pymysql.Error as error:
                reason = self._reason(cursor) if error.args and error.args[0] == _FAILED else None
                raise reason or error from None
            return tuple(cursor.fetchall())

    @staticmethod
    def _reason(cursor: Cursor) -> pymysql.Error | None:
        cursor.execute("SHOW WARNINGS")
        for level, number, text in cursor.fetchall():
            if level == "Error" and number != _FAILED:
                return pymysql.OperationalError(number, text)
        return None


def require_tls(*wires: Wire | None) -> None:
    """Raises Misconfigured where MySQL would be sent a password in clear over the network."""
    for wire in wires:
        if wire is not None and not wire.login.tls:
            raise NO_TLS.error(f"mysql {wire.login.address}")
