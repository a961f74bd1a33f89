"""MySQL 8 and 9, and MariaDB: the PyMySQL driver, and the functions that rotate its users.

Error numbers: MySQL Server Error Reference; MariaDB's are the same where both have one.
"""

import hashlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import ClassVar, NoReturn, TypeAlias

import pymysql
from pymysql.connections import Connection
from pymysql.cursors import Cursor

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
from shared.tls import ca_bundle, verifying_context

MySQLConnection: TypeAlias = "Connection[Cursor]"  # generic for the type checker only

CONNECT_SECONDS = 5
LOCK_SECONDS = 5
# Longer than any lock is waited for, so that the server's own answer comes first.
ANSWER_SECONDS = 15


# OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and _IP_ADDRESS_MISMATCH.
_HOST_MISMATCH = (62, 64)


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


class MySQLSession:
    """A logged-in MySQL or MariaDB connection."""

    def __init__(self, connection: MySQLConnection, login: Login) -> None:
        self._connection = connection
        self._login = login

    def set_password(self, _username: str, password: Secret, /) -> None:
        """Set the logged-in account's password, keeping its authentication plugin.

        MySQL takes the password and hides it from its logs. MariaDB writes statements to its
        logs as they come, so it gets the hash, made here.
        """
        version = self._connection.get_server_info()  # type: ignore[no-untyped-call]  # PyMySQL's
        if "MariaDB" in version:
            self._require_native_password()
            self._execute("SET PASSWORD = %s", native_password_hash(password))
        else:
            self._execute("ALTER USER USER() IDENTIFIED BY %s", password.reveal())

    def ping(self) -> None:
        """Run a trivial query."""
        self._execute("SELECT 1")

    def _require_native_password(self) -> None:
        (created,) = self._execute("SHOW CREATE USER CURRENT_USER()")
        if " VIA " in str(created[0]) and " VIA mysql_native_password" not in str(created[0]):
            raise _OTHER_PLUGIN.error(f"mysql {self._login.address}")

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
    exclude_characters: ClassVar[str] = "/@\"'\\"

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
            password=login.password.reveal(),
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
        problem = _translate(error, login)
    except PluginRefused as refused:
        problem = refused.meaning.error(f"mysql {login.address}")
    else:
        return
    # Outside the handler: the driver's text may quote the SQL.
    raise problem


_CHECK_ROUTE = "check host, port, security groups and that the server is up"
_NEXT = "wait for the service's next attempt"
_CLEARTEXT = Meaning(
    Untrusted, "the server asked for the password in clear from",
    "give the account the plugin caching_sha2_password or mysql_native_password", "host",
)  # fmt: skip
_OTHER_PLUGIN = Meaning(
    Misconfigured, "no hash is made here for the authentication plugin of",
    "ALTER USER ... IDENTIFIED VIA mysql_native_password", "username",
)  # fmt: skip
# Rejected, so that another stored password is tried: an account may have several plugins.
_ED25519 = Meaning(
    Rejected, "the server asked for ed25519, which is not supported, from",
    "ALTER USER ... IDENTIFIED VIA mysql_native_password", "username",
)  # fmt: skip
_REFUSED_PLUGINS = {
    "mysql_clear_password": lambda _connection: Refuse(_CLEARTEXT),
    "dialog": lambda _connection: Refuse(_CLEARTEXT),
    "client_ed25519": lambda _connection: Refuse(_ED25519),
}
_UNREACHABLE = Meaning(Unreachable, "no answer for", _CHECK_ROUTE, "host")
_REFUSED = Meaning(Misconfigured, "the server refused a statement for", "look the error number up")
_UNRESOLVED = Meaning(
    Unreachable, "the name of the host cannot be resolved for", "check 'host' and DNS", "host"
)
_WRONG_HOST = Meaning(
    Untrusted, "the server's certificate is for another host than that of",
    "set 'host' to a name the certificate has", "host",
)  # fmt: skip
_UNTRUSTED = Meaning(
    Untrusted, "the server's certificate is not trusted for",
    "set TLS_CA_BUNDLE to the authority of the server's certificate", "TLS_CA_BUNDLE",
)  # fmt: skip

_BY_ERRNO = {
    1045: Meaning(
        Rejected, "the server rejected the password of",
        "check the account's host part, plugin and lock", "password",
    ),
    1698: Meaning(
        Rejected, "the server rejected the login of", "check the account's plugin", "username"
    ),
    1044: Meaning(Forbidden, "no right to the database for", "grant it, or correct 'dbname'",
                  "dbname"),
    1049: Meaning(
        Misconfigured, "there is no database of that name for", "correct 'dbname'", "dbname"
    ),
    1130: Meaning(
        Forbidden, "no account admits the function's address for", "create one for its host"
    ),
    3118: Meaning(Forbidden, "the account is locked:", "ALTER USER ... ACCOUNT UNLOCK", "username"),
    1129: Meaning(
        Unreachable, "the server blocks the function's address for", "FLUSH HOSTS on the server"
    ),
    3159: Meaning(Untrusted, "the server asks for TLS in another way from", "check REQUIRE"),
    2026: Meaning(Untrusted, "the server offers no TLS to", "enable TLS on the server", "host"),
    1819: Meaning(
        Misconfigured, "the server's password rules refused the new password of",
        "compare them with PASSWORD_LENGTH and EXCLUDE_CHARACTERS", "PASSWORD_LENGTH",
    ),
    1290: Meaning(Misconfigured, "the server is read-only for", "set 'host' to the writer", "host"),
    1836: Meaning(Misconfigured, "the server is read-only for", "set 'host' to the writer", "host"),
    **dict.fromkeys(
        (1142, 1227, 1133, 1396),
        Meaning(Forbidden, "changing the password is not permitted to",
                "see docs/secrets.md for the rights"),
    ),
    **dict.fromkeys(
        (1040, 1203, 1205, 1213, 1226),
        Meaning(Busy, "no connection or lock is free for", _NEXT),
    ),
    **dict.fromkeys((1053, 1152, 1158, 1159, 1160, 1161, 2003, 2006, 2013, 2014), _UNREACHABLE),
}  # fmt: skip


def _translate(error: pymysql.Error, login: Login) -> RotationError:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, socket.gaierror):
        meaning = _UNRESOLVED
    elif isinstance(cause, ssl.SSLCertVerificationError):
        meaning = _WRONG_HOST if cause.verify_code in _HOST_MISMATCH else _UNTRUSTED
    else:
        meaning = _BY_ERRNO.get(number, _REFUSED)
    return meaning.error(f"mysql {login.address}", f"error {number}")


def _single_user(environment: Mapping[str, str]) -> SingleUser:
    policy = PasswordPolicy.from_environment(environment, exclude=MySQLEngine.exclude_characters)
    return SingleUser(MySQLEngine(verifying_context(ca_bundle(environment))), policy)


single_user = make_handler(_single_user, strategy="single_user")
