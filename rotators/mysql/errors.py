"""What MySQL's, MariaDB's and PyMySQL's errors mean to a rotation; none of their text is passed on.

Error numbers: MySQL Server Error Reference; MariaDB's are the same where both have one.
"""

import struct
from contextlib import AbstractContextManager

import pymysql

from rotators.mysql.error_numbers import ErrorNumber
from shared.credentials import Login
from shared.errors import (
    GIVE_UP,
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    MalformedSecret,
    Misconfigured,
    Rejected,
    RejectedByPolicy,
    RotationError,
    TargetMismatch,
    Unreachable,
    Untrusted,
)
from shared.translation import ConnectionFaults, translate_errors

_FAULTS = ConnectionFaults.at("host")

CLEARTEXT = ErrorRow(
    Untrusted, "the server asked for the password in clear",
    "give the account the plugin caching_sha2_password or mysql_native_password", "host",
)  # fmt: skip
OTHER_PLUGIN = ErrorRow(
    Misconfigured, "the function can make no hash for the account's authentication plugin",
    "ALTER USER ... IDENTIFIED VIA mysql_native_password", "username",
)  # fmt: skip
# Rejected, so that another stored password is tried: an account may have several plugins.
ED25519 = ErrorRow(
    Rejected, "the server asked for ed25519, which is not supported",
    "ALTER USER ... IDENTIFIED VIA mysql_native_password", "username",
)  # fmt: skip
NO_TLS = ErrorRow(
    Misconfigured, "without TLS, MySQL would be sent the password in clear",
    "enable TLS on the server and remove 'ssl' from the secret", "ssl",
)  # fmt: skip
NOT_ITS_OWN = ErrorRow(
    TargetMismatch, "the server takes the login for another account, an anonymous or a proxied one",
    "log in as an account of one's own, not as an anonymous or a proxied one", "username",
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
CURRENT_NOT_NAMED = ErrorRow(
    Misconfigured, "the server wants the current password with the new one, which can only be "
    "given where it is the first of the account's two",
    "set ADMIN_SETS_PASSWORD, or ALTER USER ... PASSWORD REQUIRE CURRENT OPTIONAL", "username",
)  # fmt: skip
USED_BEFORE = ErrorRow(
    Busy, "the server's password history has the new password already",
    f"{NEXT_ATTEMPT}; {GIVE_UP}", "password",
)  # fmt: skip
UNREADABLE = ErrorRow(
    Misconfigured, "the answer of SHOW GRANTS or SHOW CREATE USER cannot be read",
    "look for a PROXY right about a name with a quote: MariaDB prints it without escaping",
    "username",
)  # fmt: skip
NO_CATALOG = ErrorRow(
    Forbidden, "the admin may not look at other accounts",
    "GRANT SELECT ON mysql.* TO the admin", "masterarn",
)  # fmt: skip
NO_MYSQL = _FAULTS.no_answer._replace(kind=Unreachable, clause="what answers is no MySQL server")
_REFUSED = ErrorRow(Misconfigured, "the server refused a statement", "look the error number up")

# MariaDB with a plugin that checks passwords, which it cannot do with a hash.
_UNCHECKED = ErrorRow(
    RejectedByPolicy, "the server's password rules want to see the new password in clear",
    "SET GLOBAL strict_password_validation = OFF: MariaDB would write the password to its logs",
    "strict_password_validation",
)  # fmt: skip

# By name, or by number where no statement of this package expects it.
_BY_ERRNO = {
    ErrorNumber.ACCESS_DENIED_ERROR: ErrorRow(
        Rejected, "the server rejected the password",
        "check the account's host part, plugin and lock", "password",
    ),
    ErrorNumber.ACCESS_DENIED_NO_PASSWORD_ERROR: ErrorRow(
        Rejected, "the server rejected the login", "check the account's plugin", "username"
    ),
    ErrorNumber.DBACCESS_DENIED_ERROR: ErrorRow(
        Forbidden, "the user has no right to the database", "grant it, or correct 'dbname'",
        "dbname",
    ),
    1049: ErrorRow(
        Misconfigured, "there is no database of that name", "correct 'dbname'", "dbname"
    ),
    1130: ErrorRow(
        Forbidden, "no account admits the function's address", "create one for its host"
    ),
    1129: ErrorRow(
        Unreachable, "the server blocks the function's address", "FLUSH HOSTS on the server"
    ),
    3159: ErrorRow(Untrusted, "the account requires TLS of another kind", "check its REQUIRE"),
    ErrorNumber.NOT_VALID_PASSWORD: ErrorRow(
        RejectedByPolicy, "the server's password rules refused the new password",
        "let PASSWORD_LENGTH, EXCLUDE_CHARACTERS and MINIMUM_... of the function match them",
        "PASSWORD_LENGTH",
    ),
    **dict.fromkeys(
        (ErrorNumber.OPTION_PREVENTS_STATEMENT, 1836, 3989),
        ErrorRow(
            Misconfigured, "an option of the server, such as read_only, forbids the change",
            "where read_only is ON set 'host' to the writer", "host",
        ),
    ),
    ErrorNumber.CREDENTIALS_CONTRADICT_TO_HISTORY: USED_BEFORE,
    ErrorNumber.MISSING_CURRENT_PASSWORD: CURRENT_NOT_NAMED,
    **dict.fromkeys(
        (1820, 1862),
        ErrorRow(
            Misconfigured, "the password has expired",
            "ALTER USER ... PASSWORD EXPIRE NEVER, and give it the password in AWSCURRENT",
            "password",
        ),
    ),
    **dict.fromkeys(
        (3118, 3955, 4151),
        ErrorRow(
            Forbidden, "the account is locked", "ALTER USER ... ACCOUNT UNLOCK", "username"
        ),
    ),
    **dict.fromkeys(
        (
            ErrorNumber.TABLEACCESS_DENIED_ERROR,
            ErrorNumber.SPECIFIC_ACCESS_DENIED_ERROR,
            1133,
            ErrorNumber.CANNOT_USER,
        ),
        ErrorRow(Forbidden, "the user may not change the password",
                "log in as an account of one's own, not as an anonymous or a proxied one"),
    ),
    **dict.fromkeys(
        (1040, 1203, 1205, 1213, 1226, 1969),
        ErrorRow(Busy, "no connection or lock is free", NEXT_ATTEMPT),
    ),
    **dict.fromkeys((1053, 1152, 1158, 1159, 1160, 1161), _FAULTS.no_answer),
}  # fmt: skip
# PyMySQL's own, of which the causes tell more where there are any.
_BY_DRIVER = {
    2026: _FAULTS.no_tls,
    **dict.fromkeys((2003, 2006, 2013, 2014), _FAULTS.no_answer),
}


class PluginRefused(Exception):
    """The server asked for an authentication that this driver does not take part in.

    row: what that means to a rotation.
    """

    def __init__(self, row: ErrorRow) -> None:
        super().__init__()
        self.row = row


def overlap_forbidden(login: Login, grant: str) -> RotationError:
    """Return the error of an account that may not have two passwords.

    grant: the SQL that gives it the right.
    """
    return Forbidden(
        f"mysql {login.address}: the account may not have a second password",
        do=f"{grant}; or set ADMIN_SETS_PASSWORD",
    )


def admin_lacks(login: Login, about: str, number: int, grant: str) -> RotationError:
    """Return the error of an admin who may not run a statement about an account.

    about: the account; number: the server's error; grant: the SQL that gives the missing right.
    """
    return Forbidden(
        f"mysql {login.address}: the admin lacks a right to give or take what {about} needs "
        f"(error {number})",
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


def translate_mysql_errors(login: Login) -> AbstractContextManager[None]:
    """Raise the block's PyMySQL errors as RotationErrors about this login."""
    return translate_errors(
        # PyMySQL's parser lets these two through for an answer that is no MySQL server's.
        pymysql.Error,
        struct.error,
        IndexError,
        PluginRefused,
        by=lambda error: translate(error, login),
    )


def translate(error: Exception, login: Login) -> RotationError:
    """Return what the error means: a RotationError about this login, without the error's text."""
    where = f"mysql {login.address}"
    if isinstance(error, PluginRefused):
        return error.row.error(where)
    number = error.args[0] if isinstance(error, pymysql.Error) and error.args else 0
    if not number or not isinstance(number, int):
        return NO_MYSQL.error(where)
    if number == ErrorNumber.OPTION_PREVENTS_STATEMENT and "strict" in str(error.args[1]):
        row = _UNCHECKED
    else:
        row = _BY_ERRNO.get(number) or _FAULTS.row(error) or _BY_DRIVER.get(number, _REFUSED)
    return row.error(where, f"error {number}")
