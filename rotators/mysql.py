"""MySQL 8 and 9, and MariaDB: the PyMySQL driver, and the functions that rotate its users."""

import hashlib
import re
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import ClassVar, NoReturn, Self, TypeAlias

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from rotators.mysql_errors import CLEARTEXT, ED25519, NO_MYSQL, OTHER_PLUGIN, translate
from shared.credentials import Login
from shared.errors import Meaning, RotationError
from shared.handler import make_handler
from shared.secret import Secret
from shared.strategies import AlternatingUsers, SingleUser
from shared.tls import database_authorities, verifying_context

MySQLConnection: TypeAlias = "Connection[Cursor]"  # generic for the type checker only

CONNECT_SECONDS = 5
LOCK_SECONDS = 5
# Longer than any lock is waited for, so that the server's own answer comes first.
ANSWER_SECONDS = 15


class PluginRefused(Exception):
    """The server asked for an authentication that this driver does not take part in."""

    def __init__(self, meaning: Meaning) -> None:
        super().__init__()
        self.meaning = meaning


class Refuse:
    """In place of an authentication plugin: nothing is sent."""

    def __init__(self, meaning: Meaning) -> None:
        self._meaning = meaning

    def authenticate(self, _packet: object) -> NoReturn:
        """Raises PluginRefused."""
        raise PluginRefused(self._meaning)


_REFUSED_PLUGINS = {
    "mysql_clear_password": lambda _connection: Refuse(CLEARTEXT),
    "dialog": lambda _connection: Refuse(CLEARTEXT),
    "client_ed25519": lambda _connection: Refuse(ED25519),
}


class MySQLSession:
    """A logged-in MySQL or MariaDB connection."""

    def __init__(self, connection: MySQLConnection, login: Login) -> None:
        self._connection = connection
        self._login = login

    def set_password(
        self, password: Secret, /, *, beside: Secret | None = None, by: Self | None = None
    ) -> None:
        """Set the logged-in account's password, keeping its authentication plugin.

        MySQL takes the password and hides it from its logs. MariaDB writes statements to its
        logs as they come, so it gets the hash, made here.
        """
        if beside is not None or by is not None:
            raise NotImplementedError
        version = self._connection.get_server_info()  # type: ignore[no-untyped-call]  # PyMySQL's
        if "MariaDB" in version:
            self._require_native_password()
            self._execute("SET PASSWORD = %s", native_password_hash(password))
        else:
            self._execute("ALTER USER USER() IDENTIFIED BY %s", password.reveal())

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let only `password`, which this session logged in with, be accepted from now on."""
        raise NotImplementedError

    def equip(self, twin: str, password: Secret, /, *, by: Self, ours: Callable[[], bool]) -> None:
        """Let the user `twin` log in with this password and do all that this user can."""
        raise NotImplementedError

    def match(self, twin: str, /) -> None:
        """Prove, changing nothing, that this user can do all that `twin` can."""
        raise NotImplementedError

    def ping(self) -> None:
        """Run a trivial query."""
        self._execute("SELECT 1")

    def _require_native_password(self) -> None:
        ((created,),) = self._execute("SHOW CREATE USER CURRENT_USER()")
        plugin = re.search(r" IDENTIFIED VIA (\w+)", str(created))
        if plugin and plugin[1] != "mysql_native_password":
            raise OTHER_PLUGIN.error(f"mysql {self._login.address}")

    def _execute(self, statement: str, *values: str) -> tuple[tuple[object, ...], ...]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return tuple(cursor.fetchall())


def native_password_hash(password: Secret) -> str:
    """What mysql_native_password stores: `*` and hex(SHA1(SHA1(password))), upper case.

    Source: MariaDB documentation, "Authentication Plugin - mysql_native_password".
    """
    # The server's format, not a choice: what is hashed is long and random.
    once = hashlib.sha1(password.reveal().encode()).digest()  # noqa: S324
    return "*" + hashlib.sha1(once).hexdigest().upper()  # noqa: S324


class MySQLEngine:
    """MySQL 8.0 and newer and MariaDB, Aurora and RDS among them."""

    name: ClassVar[str] = "mysql"
    secret_engines: ClassVar[frozenset[str]] = frozenset({"mysql", "mariadb", "aurora-mysql"})
    default_port: ClassVar[int] = 3306
    max_username: ClassVar[int] = 80  # characters: MariaDB's; MySQL's own 32 it checks itself
    supports_two_passwords: ClassVar[bool] = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls

    def username_length(self, username: str, /) -> int:
        """In characters."""
        return len(username)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[MySQLSession]:
        """Log in over verified TLS. Raises Rejected or Unreachable, and never confuses them."""
        with _told_apart(login), closing(self._open(login)) as connection:
            yield MySQLSession(connection, login)

    def _open(self, login: Login) -> MySQLConnection:
        return pymysql.connect(
            host=login.host,
            port=login.port,
            user=login.username,
            # As bytes: PyMySQL would encode a string as latin-1.
            password=login.password.reveal().encode(),
            database=login.dbname,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
            write_timeout=ANSWER_SECONDS,
            init_command=f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}",
            ssl=self._tls,
            auth_plugin_map=_REFUSED_PLUGINS,
        )


@contextmanager
def _told_apart(login: Login) -> Iterator[None]:
    problem: RotationError
    try:
        yield
    except pymysql.Error as error:
        problem = translate(error, login)
    except (struct.error, IndexError):  # out of PyMySQL's parser
        problem = NO_MYSQL.error(f"mysql {login.address}")
    except PluginRefused as refused:
        problem = refused.meaning.error(f"mysql {login.address}")
    else:
        return
    # Outside the handler: the driver's text may quote the SQL.
    raise problem


def _engine(environment: Mapping[str, str]) -> MySQLEngine:
    return MySQLEngine(verifying_context(database_authorities(environment)))


def _single_user(environment: Mapping[str, str]) -> SingleUser:
    return SingleUser(_engine(environment), environment)


def _alternating_users(environment: Mapping[str, str]) -> AlternatingUsers:
    return AlternatingUsers(_engine(environment), environment)


single_user = make_handler(_single_user, strategy="single_user")
alternating_users = make_handler(_alternating_users, strategy="alternating_users")
