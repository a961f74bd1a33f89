"""One logged-in connection to MySQL or MariaDB, which raises RotationErrors and no others."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import NamedTuple, TypeAlias

import pymysql
from pymysql.cursors import Cursor

from rotators.mysql.account import Account
from rotators.mysql.driver import DriverConnection
from rotators.mysql.error_numbers import CHANGE_DENIED, ErrorNumber
from rotators.mysql.errors import (
    NEITHER,
    NO_TLS,
    NOT_ITS_OWN,
    admin_lacks,
    translate_mysql_errors,
)
from rotators.mysql.server import FACTS, ServerFacts
from shared.credentials import Login
from shared.errors import NEXT_ATTEMPT, Busy, RotationError

Rows: TypeAlias = tuple[tuple[object, ...], ...]

LOCK_SECONDS = 5
APPLICATION = "secret-rotation"  # what the server's own tables call a rotation's session


class AdminRight(NamedTuple):
    """A right that an admin needs for a statement: `SELECT ON *.*` and ` WITH GRANT OPTION`."""

    right: str
    option: str = ""

    @classmethod
    def to_change_accounts(cls) -> "AdminRight":
        """Return the right to CREATE USER and ALTER USER."""
        return cls("CREATE USER ON *.*")

    def grant_to(self, admin: Account) -> str:
        """Return the statement that gives it to the admin."""
        return f"GRANT {self.right} TO {admin}{self.option}"


def verbatim(sql: str) -> str:
    """Return SQL that the driver takes as it is, though it takes a single % for a value."""
    return sql.replace("%", "%%")


class Connection:
    """The connection and whose it is; values go in as literals that the driver quotes."""

    def __init__(self, connection: DriverConnection, login: Login) -> None:
        self._connection = connection
        self.login = login

    @cached_property
    def server(self) -> ServerFacts:
        """What the server answers of itself, asked once.

        Raises Misconfigured where that is neither MySQL nor MariaDB: what a password can be sent
        in depends on it.
        """
        greeted: int = self._connection.thread_id()  # type: ignore[no-untyped-call]  # PyMySQL's
        (row,) = self.run(FACTS)
        facts = ServerFacts.parse(row, greeted)
        if not facts.known:
            raise NEITHER.error(f"mysql {self.login.address}")
        return facts

    @property
    def mariadb(self) -> bool:
        """Whether it is MariaDB, which writes statements to its logs as they come."""
        return self.server.mariadb

    @property
    def has_dual_passwords(self) -> bool:
        """Whether it knows REPLACE and RETAIN: before, syntax errors, which the log quotes."""
        return self.server.has_dual_passwords

    @property
    def effective_account(self) -> Account:
        """The account whose rights this connection has, whatever name it logged in with."""
        return self.server.effective_account

    @property
    def account(self) -> Account:
        """The account that the server let in; raises TargetMismatch if it is not the login's."""
        if self.effective_account.user != self.login.username:
            raise NOT_ITS_OWN.error(f"mysql {self.login.address}")
        return self.effective_account

    def run(
        self, statement: str, *values: str, otherwise: Mapping[int, RotationError] | None = None
    ) -> Rows:
        """Run the statement and return its rows.

        otherwise: what to raise for some of the server's error numbers. Raises RotationError.
        """
        with self._translating(statement):
            try:
                return self._execute(statement, values)
            except pymysql.Error as error:
                known = (otherwise or {}).get(_number_of(error))
                if known is None:
                    raise
        raise known

    def run_expecting(self, statement: str, *values: str, errors: Collection[int]) -> int | None:
        """Run a statement that may fail with one of these error numbers.

        Returns None where it was done, else the number. Raises RotationError for any other.
        """
        error = self._failure(statement, values, errors)
        return None if error is None else _number_of(error)

    def run_as_admin(
        self,
        statement: str,
        account: Account,
        *values: str,
        errors: Collection[int] = (),
        missing_right: Callable[[], AdminRight] = AdminRight.to_change_accounts,
    ) -> int | None:
        """Run an admin's statement about an account, whose user and host are its first values.

        missing_right: which right a denied admin lacks; not called before, as it may query.
        Returns as `run_expecting`. Raises Forbidden with the GRANT where the admin is denied.
        """
        error = self._failure(statement, (*account, *values), (*errors, *CHANGE_DENIED))
        if error is None:
            return None
        number = _number_of(error)
        if number in errors:
            return number
        # A right that changing some accounts takes besides has the same error number.
        if "SYSTEM_USER" in str(error.args[1:]) and "SYSTEM_USER" not in statement:
            right = AdminRight("SYSTEM_USER ON *.*")
        else:
            right = missing_right()
        grant = right.grant_to(self.effective_account)
        raise admin_lacks(self.login, str(account), number, grant)

    def log_in_again(self) -> None:
        """Replace the session by a new one of the same login."""
        with translate_mysql_errors(self.login):
            self._connection.close()
            self._connection.connect()

    @contextmanager
    def lock_held(self, *about: str) -> Iterator[None]:
        """Hold a lock of the server's that another copy of this step waits for; raises Busy.

        Its name has at most 64 characters, hence the hash.
        """
        name = f"rotation {hashlib.sha256(repr(about).encode()).hexdigest()[:40]}"
        if self.run("SELECT GET_LOCK(%s, %s)", name, str(LOCK_SECONDS)) != ((1,),):
            raise Busy(
                f"mysql {self.login.address}: another session holds the lock of this step",
                do=f"{NEXT_ATTEMPT}; if it stays, SELECT IS_USED_LOCK('{name}') has its connection",
            )
        yield
        # Not in a `finally`: after an error the session ends, and its locks with it.
        self.run("SELECT RELEASE_LOCK(%s)", name)

    def _translating(self, statement: str) -> AbstractContextManager[None]:
        carries_password = "IDENTIFIED " in statement or statement.startswith("SET PASSWORD")
        return translate_mysql_errors(
            self.login, "in a statement", carries_password=carries_password
        )

    def _failure(
        self, statement: str, values: tuple[str, ...], errors: Collection[int]
    ) -> pymysql.Error | None:
        """Run the statement and return its error where that is one of these, None where done."""
        with self._translating(statement):
            try:
                self._execute(statement, values)
            except pymysql.Error as error:
                if _number_of(error) not in errors:
                    raise
                return error
        return None

    def _execute(self, statement: str, values: tuple[str, ...]) -> Rows:
        with self._connection.cursor() as cursor:
            try:
                cursor.execute(statement, values)
            except pymysql.Error as error:
                if _number_of(error) != ErrorNumber.CANNOT_USER:
                    raise
                reason = _first_other_error(cursor)
                if reason is None:
                    raise
                raise reason from None
            return tuple(cursor.fetchall())


def require_tls(*connections: Connection | None) -> None:
    """Raise Misconfigured where MySQL would be sent a password in clear over the network."""
    for connection in connections:
        if connection is not None and not connection.login.tls:
            raise NO_TLS.error(f"mysql {connection.login.address}")


def _number_of(error: pymysql.Error) -> int:
    """Return the server's or the driver's number of the error, 0 where it has none."""
    return int(error.args[0]) if error.args and isinstance(error.args[0], int) else 0


def _first_other_error(cursor: Cursor) -> pymysql.Error | None:
    """Return why a statement about a user failed, where the server's warnings say it."""
    cursor.execute("SHOW WARNINGS")
    for level, number, text in cursor.fetchall():
        if level == "Error" and number != ErrorNumber.CANNOT_USER:
            return pymysql.OperationalError(number, text)
    return None
