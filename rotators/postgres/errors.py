"""What PostgreSQL's and libpq's errors mean to a rotation; none of their text is passed on.

SQLSTATEs: PostgreSQL documentation, appendix A.
"""

import re
from contextlib import AbstractContextManager

import psycopg

from shared.credentials import Login
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
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

# libpq keeps no SQLSTATE of a failed connection, only text. What libpq itself says is always in
# English, what the server says is so unless lc_messages is set: see _connection_row for that.
# The first row that matches counts.
_ROWS_BY_TEXT = {
    r"could not translate host name|failed to resolve host": _FAULTS.unresolved,
    r"does not match host name|host name from server certificate|embedded null": (
        _FAULTS.certificate.wrong_host
    ),
    r"does not support SSL": _FAULTS.no_tls,
    r"certificate verify failed|certificate has expired": _FAULTS.certificate.untrusted,
    r"authentication method requirement": ErrorRow(
        Untrusted,
        "the server asked for the password in clear or for none, or without TLS by md5",
        "set the method in pg_hba.conf to scram-sha-256", "host"
    ),
    r"no pg_hba\.conf entry|pg_hba\.conf rejects": ErrorRow(
        Forbidden, "pg_hba.conf has no entry that lets this user in",
        "add one for the function's address"
    ),
    r"is not permitted to log in": ErrorRow(
        Forbidden, "the user may not log in", "ALTER ROLE ... LOGIN", "username"
    ),
    r"database .* does not exist": ErrorRow(
        Misconfigured, "there is no database of that name", "correct 'dbname'", "dbname"
    ),
    r"permission denied for database": ErrorRow(
        Forbidden, "CONNECT on the database is not granted to this user",
        "grant it, or correct 'dbname'",
        "dbname",
    ),
    r"too many (clients|connections)|remaining connection slots": ErrorRow(
        Busy, "no connection is free",
        f"{NEXT_ATTEMPT}; raise the limit of the role, the database or the server if it lasts",
    ),
    r"the database system is|not (yet|currently) accepting connections": ErrorRow(
        Unreachable, "the server is starting or stopping", NEXT_ATTEMPT
    ),
    r"(password|SASL) authentication failed": ErrorRow(
        Rejected, "the server rejected the password",
        "check pg_hba.conf, and LOGIN and VALID UNTIL of the role", "password"
    ),
    r"timeout|refused|closed the connection|reset by peer|SYSCALL|unreachable|No route":
        _FAULTS.no_answer,
    r"SSL error": _FAULTS.broken_tls,
}  # fmt: skip

# Of an error while connected: by SQLSTATE, or by its class, which is the first two characters.
_ROWS_BY_SQLSTATE = {
    "25006": ErrorRow(
        Misconfigured,
        "the server is a read-only replica",
        "set 'host' to the writer",
        "host",
    ),
    "42939": ErrorRow(
        Misconfigured,
        "the server keeps names that begin with pg_ for itself, so this user can have no clone",
        "rename the user, or rotate it as a single user",
        "username",
    ),
    "22023": ErrorRow(
        RejectedByPolicy,
        "the server's password rules refused the new password",
        "let PASSWORD_LENGTH, EXCLUDE_CHARACTERS and MINIMUM_... of the function match them",
        "PASSWORD_LENGTH",
    ),
    "42501": ErrorRow(
        Forbidden,
        "the user lacks a right that every role has by default",
        "the server's log names what it may not read or call: grant that to PUBLIC again",
    ),
    "0LP01": ErrorRow(
        TargetMismatch,
        "the clone cannot be made a member of its original, as that one is a member of the clone",
        "REVOKE the clone's role from its original",
        "username",
    ),
    **dict.fromkeys(  # 25P03 is of a function that was idle in it, and may only be slow
        ("25P03", "25P04"),
        ErrorRow(Unreachable, "the server ended a transaction that took too long", NEXT_ATTEMPT),
    ),
    "2BP01": ErrorRow(
        TargetMismatch,
        "the clone has a role that it must not have, and has granted it to others",
        "REVOKE it from the clone with CASCADE",
        "username",
    ),
    **dict.fromkeys(
        ("42704", "42710", "23505"),
        ErrorRow(Busy, "another session made or dropped a role at that moment", NEXT_ATTEMPT),
    ),
    "55P03": ErrorRow(Busy, "another session holds a lock that this step needs", NEXT_ATTEMPT),
    "57014": ErrorRow(Busy, "the server took too long", NEXT_ATTEMPT),
    "XX000": ErrorRow(Busy, "another session changed the role at the same moment", NEXT_ATTEMPT),
    "40": ErrorRow(Busy, "another session was in the way", NEXT_ATTEMPT),
    "53": ErrorRow(Busy, "the server is out of resources", NEXT_ATTEMPT),
    "57": ErrorRow(Unreachable, "the server ended the session", NEXT_ATTEMPT),
    "08": _FAULTS.no_answer._replace(clause="the connection broke"),
}
_ANY_OTHER_SQLSTATE = ErrorRow(
    Misconfigured, "the server refused a statement",
    "look the SQLSTATE up in PostgreSQL's documentation, appendix A",
)  # fmt: skip


def translate_postgres_errors(login: Login) -> AbstractContextManager[None]:
    """Raise each psycopg.Error in the block as a RotationError about this login."""
    return translate_errors(psycopg.Error, by=lambda error: translate(error, login))


def translate(error: psycopg.Error, login: Login) -> RotationError:
    """Return the RotationError for it, about this login; without a SQLSTATE, of connecting."""
    state = error.sqlstate
    if state is None:
        return _connection_row(error, login).error(f"postgres {login.address}")
    row = _ROWS_BY_SQLSTATE.get(state) or _ROWS_BY_SQLSTATE.get(state[:2]) or _ANY_OTHER_SQLSTATE
    return row.error(f"postgres {login.address}", f"SQLSTATE {state}")


def _connection_row(error: psycopg.Error, login: Login) -> ErrorRow:
    # Of the handshake that asked for the verifier's reason, which libpq does not tell.
    reason = error.__cause__ and _FAULTS.row(error.__cause__)
    if reason:
        return reason
    text = str(error)
    for pattern, row in _ROWS_BY_TEXT.items():
        if re.search(pattern, text):
            return row
    # In another language than English, any FATAL that quotes the user's name is taken for a
    # rejected login: it may also be of another reason, such as too many connections of the role.
    # What is said of an outage, or by a pooler in trouble, does not quote it.
    server_text = re.sub(r"connection to server at .*? failed: ", "", text)  # less libpq's part
    names_user = re.search(rf"[^\w\s]\s*{re.escape(login.username)}\s*[^\w\s]", server_text)
    if names_user and error.pgconn is not None and error.pgconn.used_password:
        return ErrorRow(
            Rejected, "the server rejected the login", "check 'password', 'dbname' and LOGIN"
        )
    return _FAULTS.no_answer
