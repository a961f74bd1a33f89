"""PyMySQL's errors become RotationErrors; none of their text is passed on."""

import re
import struct
from contextlib import AbstractContextManager

import pymysql

from rotators.mysql.account import Account
from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.error_table import (
    BY_DRIVER,
    BY_ERRNO,
    FAULTS,
    OTHER_PLUGIN_ADVICE,
    READ_ONLY,
    UNCHECKED,
    unknown,
)
from shared.certificates import at_host
from shared.credentials import Login
from shared.errors import (
    ErrorRow,
    Forbidden,
    MalformedSecret,
    Misconfigured,
    Rejected,
    RotationError,
    TargetMismatch,
    Unreachable,
    Untrusted,
)
from shared.translation import translate_errors

NO_TLS = ErrorRow(
    Misconfigured, "without TLS, MySQL would be sent the password in clear",
    "enable TLS on the server and remove 'ssl' from the secret", "ssl",
)  # fmt: skip
NOT_ITS_OWN = ErrorRow(
    TargetMismatch, "the server takes the login for another account, an anonymous or a proxied one",
    "log in as an account of one's own, not as an anonymous or a proxied one", "username",
)  # fmt: skip
IN_CLEAR = ErrorRow(
    Untrusted, "the login was refused before what answers had proved who it is, as no server does",
    "find out what is at this address", "host",
)  # fmt: skip
NEITHER = ErrorRow(
    Misconfigured, "what answers executes statements as neither MySQL nor MariaDB does, so no "
    "password is sent to it",
    "set 'host' to the server itself, or let the proxy on the way leave comments in statements",
    "host",
)  # fmt: skip
NO_OVERLAP = ErrorRow(
    Forbidden, "the server, older than 8.0.14, keeps one password only",
    "upgrade the server, or use alternating users",
)  # fmt: skip
UNREADABLE = ErrorRow(
    Misconfigured, "the answer of SHOW GRANTS or SHOW CREATE USER cannot be read",
    "look for a PROXY right about a name with a quote: MariaDB prints it without escaping",
    "username",
)  # fmt: skip
_PLUGIN = re.compile(r"[A-Za-z0-9_]{1,64}")
# `Plugin 'mysql_native_password' is not loaded`, `running with the --skip-grant-tables option`.
_NAMED = re.compile(r"'(\w{1,64})' |--([a-z-]{1,64}) option")
NO_MYSQL = FAULTS.no_answer._replace(kind=Unreachable, clause="what answers is no MySQL server")


class PluginRefused(Exception):
    """The server asked for an authentication that this driver does not take part in.

    row: what that means to a rotation.
    """

    def __init__(self, row: ErrorRow) -> None:
        super().__init__()
        self.row = row


def cleartext_plugin(plugin: str) -> ErrorRow:
    """Return what it means that the server asks for the password itself."""
    return ErrorRow(
        Untrusted, f"the server asked for the password in clear, by {plugin}", OTHER_PLUGIN_ADVICE,
        "host",
    )  # fmt: skip


def unsupported_plugin(plugin: str) -> ErrorRow:
    """Return what it means that the server asks for a plugin that this driver has no answer to."""
    name = plugin if _PLUGIN.fullmatch(plugin) else "another plugin"
    return ErrorRow(
        Misconfigured, f"the account logs in by {name}, which this function does not take part in",
        OTHER_PLUGIN_ADVICE, "username",
    )  # fmt: skip


def other_plugin(where: str, account: str, plugins: str) -> RotationError:
    """Return the error of an account whose own right does not reach its password.

    plugins: those that it logs in by.
    """
    return Misconfigured(
        f"{where}: the account logs in by {plugins}, and has no right to change more than the "
        "first of its passwords",
        do="set ADMIN_SETS_PASSWORD; or "
        f"ALTER USER {account} IDENTIFIED BY '<the password in AWSCURRENT>'",
        field="username",
    )


def no_second_entry(login: Login, account: str) -> RotationError:
    """Return the error of an account that logs in by PARSEC, which is to have two passwords."""
    return Forbidden(
        f"mysql {login.address}: {account} logs in by PARSEC, after which MariaDB reads no second "
        "password",
        do="unset PASSWORD_OVERLAP, and use alternating users or SHORT_GAP",
        field="PASSWORD_OVERLAP",
    )


def overlap_forbidden(login: Login, grant: str) -> RotationError:
    """Return the error of an account that may not have two passwords.

    grant: the SQL that gives it the right.
    """
    return Forbidden(
        f"mysql {login.address}: the account may not have a second password",
        do=f"{grant}; or set ADMIN_SETS_PASSWORD",
    )


def wants_more(login: Login, account: str, what: str, clause: str) -> RotationError:
    """Return the error of an account that a password alone does not let in.

    what: what else it wants; clause: what ends that in ALTER USER.
    """
    return Misconfigured(
        f"mysql {login.address}: {account} is let in with {what} only, and the function has none",
        do=f"ALTER USER {account} {clause}",
        field="username",
    )


def admin_lacks(login: Login, about: str, number: int | None, grant: str) -> RotationError:
    """Return the error of an admin who may not run a statement about an account.

    about: the account; number: the server's error, None where the statement was not run; grant:
    the SQL that gives the missing right.
    """
    code = "" if number is None else f" (error {number})"
    return Forbidden(
        f"mysql {login.address}: the admin lacks a right to give or take what {about} needs{code}",
        do=grant,
        field="masterarn",
    )


def no_catalog(login: Login, grant: str) -> RotationError:
    """Return the error of who may not look at other accounts; grant: the SQL that lets it."""
    return Forbidden(
        f"mysql {login.address}: the admin may not look at other accounts",
        do=grant,
        field="masterarn",
    )


def sessions_unshown(login: Login, grant: str) -> RotationError:
    """Return the error of who is not shown others' sessions; grant: the SQL that ends that."""
    return Forbidden(
        f"mysql {login.address}: the admin is not shown the sessions of other users",
        do=grant,
        field="masterarn",
    )


def name_too_long(user: str, *, mariadb: bool) -> RotationError:
    """Return the error of a user name that the server does not take."""
    return MalformedSecret(
        f"the user name {user!r} is longer than {128 if mariadb else 32} characters, the limit of "
        f"{'MariaDB' if mariadb else 'MySQL'}",
        do="give the user a shorter name: alternating users append '_clone' to it",
        field="username",
    )


def translate_mysql_errors(
    login: Login, phase: str = "in the login", *, carries_password: bool = False
) -> AbstractContextManager[None]:
    """Raise the block's PyMySQL errors as RotationErrors about this login.

    phase: what is being done; carries_password: whether by a statement with the new password.
    """
    return translate_errors(
        # PyMySQL's parser lets these two through for an answer that is no MySQL server's.
        pymysql.Error,
        struct.error,
        IndexError,
        PluginRefused,
        by=lambda error: translate(error, login, phase, carries_password=carries_password),
    )


def translate(
    error: Exception, login: Login, phase: str = "in the login", *, carries_password: bool = False
) -> RotationError:
    """Return what the error means: a RotationError about this login, without the error's text."""
    where = f"mysql {login.address}"
    if isinstance(error, PluginRefused):
        return _told(error.row, login).error(where)
    number = error.args[0] if isinstance(error, pymysql.Error) and error.args else 0
    if not number or not isinstance(number, int):
        return NO_MYSQL.error(where)
    sqlstate = str(getattr(error, "sqlstate", ""))
    row = _row_of(number, str(error.args[1:]))
    row = row or FAULTS.row(error) or BY_DRIVER.get(number)
    row = row or unknown(sqlstate, phase, carries_password=carries_password)
    if row.kind is Rejected and login.tls and vars(error).get("in_clear"):
        row = IN_CLEAR
    code = f"error {number}, SQLSTATE {sqlstate}" if sqlstate else f"error {number}"
    return _told(row, login).error(where, code)


def _row_of(number: int, text: str) -> ErrorRow | None:
    """Return the number's row; the text only tells the name of an option or of a plugin."""
    row = BY_ERRNO.get(number)
    if row is None:
        return None
    if number == ErrorNumber.OPTION_PREVENTS_STATEMENT:
        if "strict" in text:
            return UNCHECKED
        if re.search("read[-_]only", text):
            return READ_ONLY
    named = _NAMED.search(text)
    if named is None or number not in (ErrorNumber.OPTION_PREVENTS_STATEMENT, 1524):
        return row
    what = "option" if number == ErrorNumber.OPTION_PREVENTS_STATEMENT else "plugin"
    name = named[1] or named[2]
    return row._replace(clause=row.clause.replace(what, f"{what} {name}"))


def _told(row: ErrorRow, login: Login) -> ErrorRow:
    """Return the row with the login's account and database in its SQL."""
    database = f"`{(login.dbname or '').replace('`', '``')}`"
    do = at_host(row, login.verified_host).do.replace(
        "{account}", str(Account(login.username, "%"))
    )
    return row._replace(do=do.replace("{database}", database))
