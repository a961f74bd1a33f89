"""What MySQL's, MariaDB's and PyMySQL's errors mean to a rotation; none of their text is passed on.

Error numbers: MySQL Server Error Reference; MariaDB's are the same where both have one.
"""

import struct
from contextlib import AbstractContextManager

import pymysql

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
NO_OVERLAP = ErrorRow(
    Forbidden, "the server, older than 8.0.14, keeps one password only",
    "upgrade the server, or use alternating users",
)  # fmt: skip
NOT_NAMED = ErrorRow(
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
_NO_MYSQL = _FAULTS.no_answer._replace(clause="what answers is no MySQL server")
_REFUSED = ErrorRow(Misconfigured, "the server refused a statement", "look the error number up")

_OPTION = 1290  # which of the server's options, only the text tells
# MariaDB with a plugin that checks passwords, which it cannot do with a hash.
_UNCHECKED = ErrorRow(
    RejectedByPolicy, "the server's password rules want to see the new password in clear",
    "SET GLOBAL strict_password_validation = OFF: MariaDB would write the password to its logs",
    "strict_password_validation",
)  # fmt: skip

_BY_ERRNO = {
    1045: ErrorRow(
        Rejected, "the server rejected the password",
        "check the account's host part, plugin and lock", "password",
    ),
    1698: ErrorRow(
        Rejected, "the server rejected the login", "check the account's plugin", "username"
    ),
    1044: ErrorRow(
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
    1819: ErrorRow(
        RejectedByPolicy, "the server's password rules refused the new password",
        "let PASSWORD_LENGTH, EXCLUDE_CHARACTERS and MINIMUM_... of the function match them",
        "PASSWORD_LENGTH",
    ),
    **dict.fromkeys(
        (_OPTION, 1836, 3989),
        ErrorRow(
            Misconfigured, "an option of the server, such as read_only, forbids the change",
            "where read_only is ON set 'host' to the writer", "host",
        ),
    ),
    3638: USED_BEFORE,
    3892: NOT_NAMED,
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
        (1142, 1227, 1133, 1396),
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
    """The server asked for an authentication that this driver does not take part in."""

    def __init__(self, row: ErrorRow) -> None:
        super().__init__()
        self.row = row


def overlap_forbidden(login: Login, grant: str) -> RotationError:
    """A second password needs a right; `grant` is the SQL that gives it."""
    return Forbidden(
        f"mysql {login.address}: the account may not have a second password",
        do=f"{grant}; or set ADMIN_SETS_PASSWORD",
    )


def admin_lacks(login: Login, about: str, number: int, grant: str) -> RotationError:
    """The administrator has no right to a statement about an account; `grant` gives it."""
    return Forbidden(
        f"mysql {login.address}: the admin lacks a right to give or take what {about} needs "
        f"(error {number})",
        do=grant,
        field="masterarn",
    )


def name_too_long(user: str, *, mariadb: bool) -> RotationError:
    """The server takes no user name of this length."""
    return MalformedSecret(
        f"the user name {user!r} is longer than {128 if mariadb else 32} characters, the limit of "
        f"{'MariaDB' if mariadb else 'MySQL'}",
        do="give the user a shorter name: alternating users append '_clone' to it",
        field="username",
    )


def translated(login: Login) -> AbstractContextManager[None]:
    """Raise PyMySQL's errors in the block as ours, about this login."""
    return translate_errors(
        # The second and the third are out of PyMySQL's parser.
        pymysql.Error,
        struct.error,
        IndexError,
        PluginRefused,
        by=lambda error: translate(error, login),
    )


def translate(error: Exception, login: Login) -> RotationError:
    """The error in our words, about this login."""
    where = f"mysql {login.address}"
    if isinstance(error, PluginRefused):
        return error.row.error(where)
    number = error.args[0] if isinstance(error, pymysql.Error) and error.args else 0
    if not number or not isinstance(number, int):
        return _NO_MYSQL.error(where)
    if number == _OPTION and "strict" in str(error.args[1]):
        row = _UNCHECKED
    else:
        row = _BY_ERRNO.get(number) or _FAULTS.row(error) or _BY_DRIVER.get(number, _REFUSED)
    return row.error(where, f"error {number}")
