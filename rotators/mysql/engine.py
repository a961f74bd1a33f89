"""The PyMySQL driver as an Engine of MySQL 8 and 9 and of MariaDB."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from typing import Any, ClassVar, Self

from rotators.mysql.accounts.admin import reset_password
from rotators.mysql.accounts.alternating import AlternatingAccounts, verify_same_rights
from rotators.mysql.accounts.checks import check_changes_accounts, check_twin
from rotators.mysql.accounts.guesses import is_worth_trying
from rotators.mysql.accounts.namesakes import Namesakes, read_namesakes
from rotators.mysql.connection import APPLICATION, LOCK_SECONDS, Connection, require_tls
from rotators.mysql.driver import DriverConnection
from rotators.mysql.errors import NO_MYSQL, NO_TLS, PluginRefused, translate_mysql_errors
from rotators.mysql.passwords.mariadb import MariaDBPasswords
from rotators.mysql.passwords.mysql import MySQLPasswords
from rotators.mysql.passwords.policy import explaining_policy_refusals
from rotators.mysql.plugins.login import Plugins
from rotators.mysql.sessions import OtherSessions, sessions_of
from shared.credentials import Login
from shared.document.form import require_plain
from shared.secret import Secret
from shared.tls import DatabaseAuthorities

CONNECT_SECONDS = 5
# Longer than any lock is waited for, so that the server's own answer comes first.
ANSWER_SECONDS = 15

# The first statement of every session. SHOW GRANTS and SHOW CREATE USER are to be in one spelling,
# whatever the server's own mode. On MariaDB a GRANT could otherwise make a user with no password.
# A lock on its tables of users it waits for without lock_wait_timeout, hence max_statement_time.
# A session may begin as one that only reads, by the server's own setting or its init_connect.
# MariaDB alone runs what is in /*M! */, and MySQL alone what is in /*!80017 */.
_PREPARE = (
    f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}, sql_quote_show_create = 1"
    " /*M! , max_statement_time = 10, tx_read_only = 0 */"
    " /*!80003 , transaction_read_only = 0 */"
    " /*!80017 , print_identified_with_as_hex = 0 */,"
    " sql_mode = CONCAT('' /*M! , 'NO_AUTO_CREATE_USER' */)"
)
# MariaDB's JDBC driver takes user and password as they stand in its URL, in 2.x and 3.x.
_DECODED_BY_NOBODY = ("mariadb",)
# In place of a key that the server, unproven without TLS, would send to encrypt the password with.
_NO_KEY = b"none"


class MySQLSession:
    """A logged-in MySQL or MariaDB connection; `by` is the admin's where that one makes changes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler or a proxy answers in the server's place, as far as shows."""
        return self.connection.server.pooled

    @cached_property
    def _passwords(self) -> MariaDBPasswords | MySQLPasswords:
        kind = MariaDBPasswords if self.connection.mariadb else MySQLPasswords
        return kind(self.connection)

    @cached_property
    def _namesakes(self) -> Namesakes:
        return Namesakes(self.connection)

    @cached_property
    def _sessions(self) -> OtherSessions:
        return OtherSessions(self.connection)

    def is_worth_trying(self, login: Login, /, *, blindly: bool = True) -> bool:
        """Whether an admin sees that it may be tried; raises Misconfigured where it wants more."""
        return is_worth_trying(self.connection, login, blindly=blindly)

    def reset_password(
        self, username: str, password: Secret, /, *, twin: str | None = None
    ) -> bool:
        """Of an administrator's session: give a user this password; False where there is none."""
        with explaining_policy_refusals(self.connection, password, self.connection.login):
            return reset_password(self.connection, username, password, twin)

    def check_may_set_password(self, /, *, by: Self | None = None) -> None:
        """Prove, changing nothing, that `by`, or else the user itself, may set its password."""
        if by is not None:
            check_changes_accounts(by.connection, self.connection)
        self._passwords.check_settable(by.connection if by else None)

    def check_may_add_password(self, /, *, by: Self | None = None) -> None:
        """Prove, changing nothing and as far as shows, that a second password would be set."""
        self._passwords.check_two()
        if by is None:
            self._passwords.check_may_add()

    def check_twin(
        self, twin: str, /, *, by: Self, proves_ownership: Callable[[], bool] = lambda: True
    ) -> None:
        """Prove, changing nothing, that `by` has the rights that `provision_twin` needs."""
        check_changes_accounts(by.connection, self.connection)
        check_twin(by.connection, self.connection, twin, proves_ownership)

    def ping(self) -> None:
        """Run a trivial query."""
        self.connection.run("SELECT 1")

    def sessions_of(self, username: str, /, *, lasting: float = 0.0) -> Sequence[str]:
        """Those of this name but for rotations' own; raises Forbidden with the GRANT."""
        return sessions_of(self.connection, username, lasting)

    def end_other_sessions(self) -> Mapping[str, str]:
        """End the user's sessions that began before the first such call, but for this one.

        A session shows its user's name and not its account, so all accounts of the name count.
        """
        return self._sessions.end()

    def others_accepting(self, password: Secret, /, *, by: Self | None = None) -> Mapping[str, str]:
        """The accounts of the name from other hosts that accept it; raises Forbidden."""
        reader = by.connection if by else self.connection
        found = read_namesakes(reader, self.connection.account)
        return {
            str(each.account): each.advice_to_end(password)
            for each in found
            if each.accepts(password)
        }

    def set_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Set the logged-in account's password, keeping its authentication plugin."""
        admin = by.connection if by else None
        with self._explained(password, admin):
            self._namesakes.replace(password, admin)
            self._passwords.replace(password, admin)

    def add_password(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Set it beside the one that this session logged in with."""
        admin = by.connection if by else None
        with self._explained(password, admin):
            self._passwords.check_two()
            self._namesakes.add(password, admin)
            self._passwords.add(password, admin)

    def may_have_two(self) -> bool:
        """Whether the account may have a second password now, as far as shows."""
        return self._passwords.may_be_two()

    def end_other_passwords(self, password: Secret, /, *, by: Self | None = None) -> None:
        """Let only `password`, which this session logged in with, be accepted from now on."""
        admin = by.connection if by else None
        self._namesakes.end_others(password, admin)
        self._passwords.end_others(password, admin)

    @contextmanager
    def _explained(self, password: Secret, admin: Connection | None) -> Iterator[None]:
        # The admin reads the rules: the user's own session may count as one whose password expired.
        with (
            self._namesakes.keeping_the_pending_version(),
            explaining_policy_refusals(admin or self.connection, password, self.connection.login),
        ):
            yield

    def provision_twin(
        self,
        twin: str,
        password: Secret,
        /,
        *,
        by: Self,
        proves_ownership: Callable[[], bool],
        in_turn: Callable[[], None] = lambda: None,
    ) -> None:
        """Let the user `twin` log in with this password and do all that this user can."""
        admin = by.connection
        if not admin.mariadb:
            require_tls(admin)
        with (
            explaining_policy_refusals(self.connection, password, self.connection.login),
            admin.lock_held(*sorted((self.connection.account.user, twin))),
        ):
            accounts = AlternatingAccounts.load(
                self.connection, twin, admin=admin, proves_ownership=proves_ownership
            )
            in_turn()
            accounts.provision_twin(password)

    def verify_same_rights(self, twin: str, /) -> None:
        """Prove, changing nothing, that this user has the rights `provision_twin` gave it."""
        verify_same_rights(self.connection, twin)


class MySQLEngine:
    """MySQL 8.0 and newer and MariaDB, Aurora and RDS among them."""

    name: ClassVar[str] = "mysql"
    secret_engines: ClassVar[frozenset[str]] = frozenset(
        {"mysql", "mysql2", "mariadb", "aurora-mysql"}
    )
    default_port: ClassVar[int] = 3306
    changes_itself: ClassVar[bool] = True
    atomic: ClassVar[bool] = True  # but for a second password, which the next rotation ends

    def __init__(self, authorities: DatabaseAuthorities) -> None:
        self._authorities = authorities

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return an engine that trusts what TLS_CA_BUNDLE says; raises Misconfigured."""
        return cls(DatabaseAuthorities.from_environment(environment))

    def check(self, login: Login, /) -> None:
        """Raise MalformedSecret for a user name that is too long even for MariaDB, which takes 128.

        That MySQL takes 32 is checked when a user is created. Also for a login in a connection URL
        that MariaDB's JDBC driver would read otherwise.
        """
        login.check_length(len(login.username), limit=128, engine=self.name)
        require_plain(login.document, _DECODED_BY_NOBODY)

    @contextmanager
    def connect(self, login: Login, /) -> Iterator[MySQLSession]:
        """Log in over verified TLS. Raises Rejected or Unreachable, and never confuses them."""
        with translate_mysql_errors(login):
            connection = self._open(login, **self._encryption(login))
        with closing(connection):
            yield MySQLSession(Connection(connection, login))

    def _encryption(self, login: Login) -> dict[str, Any]:
        if login.tls:
            tls = self._authorities.context(login.verified_host)
            return {"ssl": tls, "auth_plugin_map": Plugins(tls=True)}
        return {
            "ssl_disabled": True,
            "server_public_key": _NO_KEY,
            "auth_plugin_map": Plugins(tls=False),
        }

    @staticmethod
    def _open(login: Login, **encryption: Any) -> DriverConnection:  # noqa: ANN401 - PyMySQL's own
        try:
            return DriverConnection(
                host=login.host,
                tls_host=login.verified_host,
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
                program_name=APPLICATION,
                **encryption,
            )
        except (RuntimeError, ValueError):
            # What PyMySQL makes of a greeting without a number and, without TLS, of _NO_KEY.
            row = NO_MYSQL if login.tls else NO_TLS
        raise PluginRefused(row)
