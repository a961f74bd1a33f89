"""The PyMySQL driver as an Engine of MySQL 8 and 9 and of MariaDB."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, ClassVar, NoReturn, Self

import pymysql

from rotators.mysql.accounts.pairs import Pair, match
from rotators.mysql.connection import LOCK_SECONDS, MySQLConnection, Wire, require_tls
from rotators.mysql.errors import CLEARTEXT, ED25519, NO_TLS, PluginRefused, translated
from rotators.mysql.passwords.mariadb import MariaDBPasswords
from rotators.mysql.passwords.mysql import MySQLPasswords
from rotators.mysql.passwords.policy import rule_named
from shared.credentials import Login
from shared.errors import ErrorRow
from shared.secret import Secret
from shared.tls import database_authorities, verifying_context

CONNECT_SECONDS = 5
# Longer than any lock is waited for, so that the server's own answer comes first.
ANSWER_SECONDS = 15


# What the server writes of names and rights is read: whatever its own mode, in one spelling. On
# MariaDB a GRANT could otherwise make a user, without a password. It skips MySQL's own comments.
_PREPARE = (
    # A lock on its tables of users MariaDB waits for without that limit; MySQL skips the comment.
    f"SET SESSION lock_wait_timeout = {LOCK_SECONDS} /*M! , max_statement_time = 10 */,"
    " sql_quote_show_create = 1, /*!80017 print_identified_with_as_hex = 0, */"
    " sql_mode = IF(VERSION() LIKE '%MariaDB%', 'NO_AUTO_CREATE_USER', '')"
)
# In place of a key that the server, unproven without TLS, would send to encrypt the password with.
_NO_KEY = b"none"


class Refuse:
    """In place of an authentication plugin: nothing is sent."""

    def __init__(self, row: ErrorRow) -> None:
        self._row = row

    def authenticate(self, _packet: object) -> NoReturn:
        """Raises PluginRefused."""
        raise PluginRefused(self._row)


_REFUSED_PLUGINS = {
    "mysql_clear_password": lambda _connection: Refuse(CLEARTEXT),
    "dialog": lambda _connection: Refuse(CLEARTEXT),
    "client_ed25519": lambda _connection: Refuse(ED25519),
}
_REFUSED_WITHOUT_TLS = {
    **_REFUSED_PLUGINS,
    "sha256_password": lambda _connection: Refuse(NO_TLS),
}


class MySQLSession:
    """A logged-in MySQL or MariaDB connection."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._passwords = MariaDBPasswords(wire) if wire.mariadb else MySQLPasswords(wire)

    def ping(self) -> None:
        """Run a trivial query."""
        self.wire.run("SELECT 1")

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Set the logged-in account's password, keeping its authentication plugin."""
        setter = by.wire if by else None
        # Read by the admin: the user's own session may be taken for one with an expired password.
        with rule_named(setter or self.wire, password):
            self._passwords.replace(password, setter)

    def add_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Set it beside the one that this session logged in with."""
        setter = by.wire if by else None
        with rule_named(setter or self.wire, password):
            self._passwords.add(password, setter)

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let only `password`, which this session logged in with, be accepted from now on."""
        self._passwords.keep(password, by.wire if by else None)

    def provision_twin(
        self, twin: str, password: Secret, /, *, by: Self, proves_ownership: Callable[[], bool]
    ) -> None:
        """Let the user `twin` log in with this password and do all that this user can."""
        if not by.wire.mariadb:
            require_tls(by.wire)
        with (
            rule_named(self.wire, password),
            by.wire.locked(*sorted((self.wire.account.user, twin))),
        ):
            Pair(self.wire, twin, by.wire, proves_ownership).equip(password)

    def verify_same_rights(self, twin: str, /) -> None:
        """Prove, changing nothing, that this user can do what `equip` gave it."""
        match(self.wire, twin)


class MySQLEngine:
    """MySQL 8.0 and newer and MariaDB, Aurora and RDS among them."""

    name: ClassVar[str] = "mysql"
    secret_engines: ClassVar[frozenset[str]] = frozenset({"mysql", "mariadb", "aurora-mysql"})
    default_port: ClassVar[int] = 3306
    changes_itself: ClassVar[bool] = True
    atomic: ClassVar[bool] = True  # but for a second password, which the next rotation ends

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Trusting what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(verifying_context(database_authorities(environment)))

    def check(self, login: Login, /) -> None:
        """MariaDB takes 128 characters; that MySQL takes 32 is looked at when a user is made."""
        login.check_length(len(login.username), limit=128, engine=self.name)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[MySQLSession]:
        """Log in over verified TLS. Raises Rejected or Unreachable, and never confuses them."""
        with translated(login):
            connection = self._open(login, **self._encryption(login))
        with closing(connection):
            yield MySQLSession(Wire(connection, login))

    def _encryption(self, login: Login) -> dict[str, Any]:
        if login.tls:
            return {"ssl": self._tls, "auth_plugin_map": _REFUSED_PLUGINS}
        return {
            "ssl_disabled": True,
            "server_public_key": _NO_KEY,
            "auth_plugin_map": _REFUSED_WITHOUT_TLS,
        }

    @staticmethod
    def _open(login: Login, **encryption: Any) -> MySQLConnection:  # noqa: ANN401 - PyMySQL's own
        try:
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
                init_command=_PREPARE,
                **encryption,
            )
        except (RuntimeError, ValueError):
            if login.tls:
                raise
        raise PluginRefused(NO_TLS)  # what became of _NO_KEY, with and without `cryptography`
