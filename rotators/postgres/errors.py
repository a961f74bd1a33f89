"""What PostgreSQL's and libpq's errors mean to a rotation; none of their text is passed on.

SQLSTATEs: PostgreSQL documentation, appendix A.
"""

import re
from contextlib import AbstractContextManager

import psycopg

from shared.credentials import Login
from shared.errors import (
    GIVE_UP,
    NEXT_ATTEMPT,
    Busy,
    Forbidden,
    Meaning,
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

# libpq keeps no SQLSTATE of a failed connection, only text. Its own words are always English;
# the server's are unless lc_messages is set; _connecting says what is told apart then.
# Ordered: the first that matches.
_CONNECTING = {
    r"could not translate host name|failed to resolve host": _FAULTS.unresolved,
    r"does not match host name": _FAULTS.wrong_host,
    r"does not support SSL": _FAULTS.no_tls,
    r"certificate verify failed|certificate has expired": _FAULTS.untrusted,
    r"authentication method requirement": Meaning(
        Untrusted,
        "the server asked for the password in clear or for none, or without TLS by md5, from",
        "set the method in pg_hba.conf to scram-sha-256", "host"
    ),
    r"no pg_hba\.conf entry|pg_hba\.conf rejects": Meaning(
        Forbidden, "pg_hba.conf has no entry for", "add one for the function's address"
    ),
    r"is not permitted to log in": Meaning(
        Forbidden, "LOGIN is not granted to", "ALTER ROLE ... LOGIN", "username"
    ),
    r"database .* does not exist": Meaning(
        Misconfigured, "there is no database of that name for", "correct 'dbname'", "dbname"
    ),
    r"permission denied for database": Meaning(
        Forbidden, "CONNECT on the database is not granted to", "grant it, or correct 'dbname'",
        "dbname",
    ),
    r"too many (clients|connections)|remaining connection slots": Meaning(
        Busy, "no connection is free for",
        f"{NEXT_ATTEMPT}; raise the limit of the role, the database or the server if it lasts",
    ),
    r"the database system is|not (yet|currently) accepting connections": Meaning(
        Unreachable, "the server is starting or stopping for", NEXT_ATTEMPT
    ),
    r"(password|SASL) authentication failed": Meaning(
        Rejected, "the server rejected the password of",
        "check pg_hba.conf, and LOGIN and VALID UNTIL of the role", "password"
    ),
    r"timeout|refused|closed the connection|reset by peer|SYSCALL|unreachable|No route":
        _FAULTS.no_answer,
    r"SSL error": _FAULTS.broken_tls,
}  # fmt: skip

# By SQLSTATE, or its class.
_RUNNING = {
    "25006": Meaning(
        Misconfigured,
        "the server is a read-only replica for",
        "set 'host' to the writer",
        "host",
    ),
    "42939": Meaning(
        Misconfigured,
        "the server keeps names that begin with pg_ for itself, so there can be no clone, says",
        "rename the user, or rotate it as a single user",
        "username",
    ),
    "22023": Meaning(
        RejectedByPolicy,
        "the server's password rules refused the new password, which it was given by",
        f"compare them with PASSWORD_LENGTH, EXCLUDE_CHARACTERS and MINIMUM_...; {GIVE_UP}",
        "PASSWORD_LENGTH",
    ),
    "42501": Meaning(
        Forbidden,
        "a right that every role has by default was taken from",
        "the server's log names what it may not read or call: grant that to PUBLIC again",
    ),
    "0LP01": Meaning(
        TargetMismatch,
        "the clone cannot be made a member of its original, which is one of the clone's, by",
        "REVOKE that membership",
        "username",
    ),
    **dict.fromkeys(  # the first of a function that stood still, which may only be slow
        ("25P03", "25P04"),
        Meaning(Unreachable, "the server ended the slow transaction of", NEXT_ATTEMPT),
    ),
    "2BP01": Meaning(
        TargetMismatch,
        "others were granted a role by the clone, which must not have it, refused to",
        "REVOKE it from the clone with CASCADE",
        "username",
    ),
    **dict.fromkeys(
        ("42704", "42710", "23505"),
        Meaning(Busy, "another session made or dropped the role at that moment for", NEXT_ATTEMPT),
    ),
    "55P03": Meaning(Busy, "another session holds a lock needed by", NEXT_ATTEMPT),
    "57014": Meaning(Busy, "the server took too long for", NEXT_ATTEMPT),
    "XX000": Meaning(Busy, "another session changed the role at the same moment for", NEXT_ATTEMPT),
    "40": Meaning(Busy, "another session was in the way of", NEXT_ATTEMPT),
    "53": Meaning(Busy, "the server is out of resources for", NEXT_ATTEMPT),
    "57": Meaning(Unreachable, "the server ended the session of", NEXT_ATTEMPT),
    "08": _FAULTS.no_answer._replace(what="the connection broke for"),
}
_REFUSED = Meaning(
    Misconfigured, "the server refused a statement for",
    "look the SQLSTATE up in PostgreSQL's documentation, appendix A",
)  # fmt: skip


def translated(login: Login) -> AbstractContextManager[None]:
    """Raise psycopg's errors in the block as ours, about this login."""
    return translate_errors(psycopg.Error, by=lambda error: translate(error, login))


def translate(error: psycopg.Error, login: Login) -> RotationError:
    """The error in our words, about this login."""
    state = error.sqlstate
    if state is None:
        return _connecting(error, login).error(f"postgres {login.address}")
    meaning = _RUNNING.get(state) or _RUNNING.get(state[:2]) or _REFUSED
    return meaning.error(f"postgres {login.address}", f"SQLSTATE {state}")


def _connecting(error: psycopg.Error, login: Login) -> Meaning:
    text = str(error)
    for pattern, meaning in _CONNECTING.items():
        if re.search(pattern, text):
            return meaning
    # In another language than English, what quotes the user's name is taken for a refusal: it
    # may also be another FATAL about that user, such as too many connections of the role. An
    # outage or a pooler's trouble does not name it.
    told = re.sub(r"connection to server at .*? failed: ", "", text)  # libpq's own words
    names_user = re.search(rf"[^\w\s]\s*{re.escape(login.username)}\s*[^\w\s]", told)
    if names_user and error.pgconn is not None and error.pgconn.used_password:
        return Meaning(
            Rejected, "the server rejected the login of", "check 'password', 'dbname' and LOGIN"
        )
    return _FAULTS.no_answer
