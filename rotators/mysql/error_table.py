"""What the error numbers of MySQL, MariaDB and the proxies before them mean to a rotation.

Sources: MySQL Server Error Reference; MariaDB's errmsg-utf8.txt, whose numbers are the same where
both have one; ProxySQL's proxysql_structs.h; Galera's and MaxScale's documentation.
A row's {account} is the login's own account; its host is known to the server alone.
"""

from collections.abc import Mapping

from rotators.mysql.error_numbers import ErrorNumber
from shared.errors import (
    GIVE_UP,
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    LockedOut,
    Misconfigured,
    Rejected,
    RejectedByPolicy,
    Unreachable,
    Untrusted,
)
from shared.passwords import MATCH_RULES
from shared.translation import ConnectionFaults, NoAnswer

FAULTS = ConnectionFaults.at("host", name="tls_host")
_OWN_HOST = "with the account's own host in place of %,"
# MySQL keeps the plugin unless another one is named.
OTHER_PLUGIN_ADVICE = (
    "with the account's own host in place of %, on MySQL, ALTER USER {account} IDENTIFIED WITH "
    "caching_sha2_password BY '<the password in AWSCURRENT>'; or, on MariaDB, ALTER USER {account} "
    "IDENTIFIED BY '<the password in AWSCURRENT>'"
)

CURRENT_NOT_NAMED = ErrorRow(
    Misconfigured, "the server wants the current password with the new one, which can only be "
    "given where it is the first of the account's two",
    "set ADMIN_SETS_PASSWORD; or ALTER USER {account} PASSWORD REQUIRE CURRENT OPTIONAL",
    "username",
)  # fmt: skip
USED_BEFORE = ErrorRow(
    Busy, "the server's password history has the new password already",
    f"{NEXT_ATTEMPT}; {GIVE_UP}", "password",
)  # fmt: skip
# 1290 of a server that only reads, and its likes: a failover has just made it one, or will end it.
READ_ONLY = ErrorRow(
    Unreachable, "the server only reads: it is a replica, or a failover is under way",
    f"{NEXT_ATTEMPT}; if it lasts, set 'host' to the writer", "host",
)  # fmt: skip
# MariaDB with a plugin that checks passwords, which it cannot do with a hash.
UNCHECKED = ErrorRow(
    RejectedByPolicy, "the server's password rules want to see the new password in clear",
    "as MariaDB would write it to its logs, SET GLOBAL strict_password_validation = OFF",
    "strict_password_validation",
)  # fmt: skip
# What the one statement with a password is refused with, and is no outage, lock or missing right.
PASSWORD_REFUSED = ErrorRow(
    RejectedByPolicy, "the server's rules refuse the statement that sets the new password",
    "look the error number up: it is the rule's", "PASSWORD_LENGTH",
)  # fmt: skip
_OUTAGE = ErrorRow(
    NoAnswer, "the server, or a proxy before it, is stopping, failing over or has cut the session",
    f"{NEXT_ATTEMPT}; if it lasts, look at the server's state", "host",
)  # fmt: skip
_TRANSIENT = ErrorRow(
    Unreachable, "the server did not finish the statement", NEXT_ATTEMPT, "host"
)  # fmt: skip
_BUSY = ErrorRow(Busy, "no connection or lock is free", NEXT_ATTEMPT)
_REFUSED = ErrorRow(Misconfigured, "the server refused", "look the error number up")

BY_ERRNO: Mapping[int, ErrorRow] = {
    ErrorNumber.ACCESS_DENIED_ERROR: ErrorRow(
        Rejected, "the server rejected the login",
        "check the account's password, host part and plugin, and whether it wants a certificate "
        "(REQUIRE X509, ISSUER, SUBJECT) or a second factor, which the function has not",
        "password",
    ),
    ErrorNumber.ACCESS_DENIED_NO_PASSWORD_ERROR: ErrorRow(
        Rejected, "the server rejected the login", "check the account's plugin", "username"
    ),
    ErrorNumber.DBACCESS_DENIED_ERROR: ErrorRow(
        Forbidden, "the user has no right to the database",
        f"correct 'dbname'; or, {_OWN_HOST} GRANT SELECT ON {{database}}.* TO {{account}}",
        "dbname",
    ),
    1049: ErrorRow(
        Misconfigured, "there is no database of that name", "correct 'dbname'", "dbname"
    ),
    1130: ErrorRow(
        Forbidden, "no account admits the function's address", "create one for its host"
    ),
    1524: ErrorRow(
        Misconfigured, "the server has not loaded the plugin of the account",
        f"load it; or {OTHER_PLUGIN_ADVICE}", "username",
    ),
    3159: ErrorRow(
        Untrusted, "the server takes logins over TLS only", "remove 'ssl' from the secret", "ssl"
    ),
    ErrorNumber.NOT_VALID_PASSWORD: ErrorRow(
        RejectedByPolicy, "the server's password rules refused the new password", MATCH_RULES,
        "PASSWORD_LENGTH",
    ),
    # Of InnoDB, a table, a schema or a transaction that only reads.
    **dict.fromkeys((1036, 1792, 1836, 1874), READ_ONLY),
    **dict.fromkeys(
        (ErrorNumber.OPTION_PREVENTS_STATEMENT, 3989),
        ErrorRow(
            Misconfigured, "an option of the server forbids the change",
            "look the option up, which the server's own log names", "host",
        ),
    ),
    ErrorNumber.CREDENTIALS_CONTRADICT_TO_HISTORY: USED_BEFORE,
    ErrorNumber.MISSING_CURRENT_PASSWORD: CURRENT_NOT_NAMED,
    **dict.fromkeys(
        (1820, 1862),
        ErrorRow(
            Misconfigured, "the password has expired",
            f"{_OWN_HOST} ALTER USER {{account}} IDENTIFIED BY '<the password in AWSCURRENT>' "
            "PASSWORD EXPIRE NEVER", "password",
        ),
    ),
    **dict.fromkeys(
        (3118, 3955, 4151),
        ErrorRow(
            LockedOut, "the account is locked",
            f"{_OWN_HOST} ALTER USER {{account}} ACCOUNT UNLOCK", "username",
        ),
    ),
    4150: ErrorRow(
        LockedOut, "the server blocks the user after wrong passwords (max_password_errors)",
        "FLUSH PRIVILEGES", "username",
    ),
    1129: ErrorRow(
        LockedOut, "the server blocks the function's address after broken connections",
        "TRUNCATE TABLE performance_schema.host_cache", "host",
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
    # Connections, threads, memory, and locks of every kind.
    **dict.fromkeys(
        (1015, 1037, 1038, 1040, 1041, 1099, 1135, 1192, 1203, 1205, 1206, 1213, 1223, 1226, 1412,
         1613, 1614, 1637, 1689, 1969, 3015, 3024, 3058, 3132, 3133, 3572, 4145),
        _BUSY,
    ),
    # Shutdowns, lost and killed connections; 1047 and 3032 of a Galera node that is not ready and
    # of a server in offline mode; 3168 and 3169 of one that has gone; 4031 of an idle session.
    **dict.fromkeys(
        (1047, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3032, 3168, 3169,
         4031),
        _OUTAGE,
    ),
    # A statement that was interrupted or rolled back; 3098 to 3101 of group replication.
    **dict.fromkeys((1021, 1180, 1196, 1317, 1931, 3098, 3100, 3101, 4192), _TRANSIENT),
    # ProxySQL, but for a command it does not know; RDS Proxy's 9501.
    **dict.fromkeys((9001, 9002, *range(9004, 9021), 9501), _OUTAGE),
}  # fmt: skip
# PyMySQL's own, of which the causes tell more where there are any; a proxy sends them too.
BY_DRIVER: Mapping[int, ErrorRow] = {
    2026: FAULTS.no_tls,
    **dict.fromkeys(
        (2001, 2002, 2003, 2004, 2005, 2006, 2012, 2013, 2014, 2027, 2055), FAULTS.no_answer
    ),
}
# By the first two characters of SQLSTATE, where they tell what a number without a row means.
_BY_CLASS = {"08": _OUTAGE, "40": _TRANSIENT, "57": _TRANSIENT, "70": _TRANSIENT, "53": _BUSY}


def unknown(sqlstate: str, phase: str, *, carries_password: bool) -> ErrorRow:
    """Return what a number without a row means, and in which phase it was seen."""
    row = _BY_CLASS.get(sqlstate[:2])
    if row is None:
        row = PASSWORD_REFUSED if carries_password else _REFUSED
    return row._replace(clause=f"{row.clause} ({phase})")
