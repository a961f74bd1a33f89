"""PostgreSQL's own words, those of its modules among them.

In what to do, {user} and {dbname} stand for the login's own, as identifiers; {user_text} is text.
"""

from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    LockedOut,
    Misconfigured,
    Rejected,
    Unreachable,
)
from shared.translation import NoAnswer

REJECTED = ErrorRow(
    Rejected, "the server rejected the password",
    "check pg_hba.conf, and LOGIN and VALID UNTIL of the role", "password",
)  # fmt: skip

SERVER = {
    r"password authentication failed": REJECTED,
    r"no pg_hba\.conf entry|pg_hba\.conf rejects": ErrorRow(
        Forbidden, "pg_hba.conf has no entry that lets this user in",
        "add one for the function's address, above every line for a +group that the user is a "
        "member of: who may administer a role is a member of its groups",
    ),
    r"connection requires a valid client certificate|certificate authentication failed": ErrorRow(
        Forbidden, "the server asks for a client certificate, which this function does not have",
        "add a line to pg_hba.conf for this user and the function's address, without clientcert "
        "and with the method scram-sha-256, above the one that asks for it",
    ),
    r"role .* is not permitted to log in": ErrorRow(
        Forbidden, "the user may not log in",
        "as a role that may: ALTER ROLE {user} LOGIN", "username",
    ),
    r"rejecting connection, user .* has been banned|role .* is locked|"
    r"([Tt]he |[Tt]his )?(account|user|role)\b.* (is|has been) locked": ErrorRow(
        LockedOut, "the server has banned the user, whatever its password",
        "find out who tried wrong passwords, then lift the ban; of credcheck, as a superuser: "
        "SELECT pg_banned_role_reset({user_text})",
        "username",
    ),
    r"role .* does not exist": ErrorRow(
        Misconfigured, "the server knows no role of this name", "correct 'username'", "username"
    ),
    r"database .* does not exist": ErrorRow(
        Misconfigured, "there is no database of that name", "correct 'dbname'", "dbname"
    ),
    r"database .* is not currently accepting connections|cannot connect to invalid database":
        ErrorRow(
            Misconfigured, "nobody may connect to that database",
            "correct 'dbname', or as its owner: ALTER DATABASE {dbname} ALLOW_CONNECTIONS true",
            "dbname",
        ),
    r"permission denied for database": ErrorRow(
        Forbidden, "CONNECT on the database is not granted to this user",
        "correct 'dbname', or as its owner: GRANT CONNECT ON DATABASE {dbname} TO {user}", "dbname",
    ),
    r"sorry, too many clients|too many connections|remaining connection slots|"
    r"connection limit exceeded": ErrorRow(
        Busy, "no connection is free",
        f"{NEXT_ATTEMPT}; raise the limit of the role, the database or the server if it lasts",
    ),
    r"out of (shared )?memory|could not fork": ErrorRow(
        Busy, "the server is out of resources", NEXT_ATTEMPT
    ),
    r"the database system is": ErrorRow(
        NoAnswer, "the server is starting or stopping", NEXT_ATTEMPT
    ),
    r"terminating connection|canceling authentication|connection to client lost": ErrorRow(
        Unreachable, "the server ended the login before it was judged", NEXT_ATTEMPT
    ),
}  # fmt: skip
