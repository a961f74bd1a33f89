"""What an error while connected means to a rotation, by its SQLSTATE.

SQLSTATEs: PostgreSQL documentation, appendix A.
"""

import psycopg

from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    RejectedByPolicy,
    TargetMismatch,
    Unreachable,
)
from shared.passwords import MATCH_RULES
from shared.translation import ConnectionFaults

_FAULTS = ConnectionFaults.at("host", name="tls_host")

# By SQLSTATE, or by its class, which is the first two characters.
_ROWS = {
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
    "42501": ErrorRow(
        Forbidden,
        "the user lacks a right that every role has by default",
        "the server's log names what it may not read or call: grant that to PUBLIC again",
    ),
    "0LP01": ErrorRow(
        TargetMismatch,
        "the clone cannot be made a member of its original, as that one is a member of the clone",
        "take the clone's role from the original, or from the group through which it has it",
        "username",
    ),
    **dict.fromkeys(  # 25P03 is of a function that was idle in it, and may only be slow
        ("25P03", "25P04"),
        ErrorRow(Unreachable, "the server ended a transaction that took too long", NEXT_ATTEMPT),
    ),
    "42704": ErrorRow(Busy, "another session dropped a role at that moment", NEXT_ATTEMPT),
    "55P03": ErrorRow(Busy, "another session holds a lock that this step needs", NEXT_ATTEMPT),
    "57014": ErrorRow(Busy, "the server took too long", NEXT_ATTEMPT),
    "40": ErrorRow(Busy, "another session was in the way", NEXT_ATTEMPT),
    "53": ErrorRow(Busy, "the server is out of resources", NEXT_ATTEMPT),
    "57": ErrorRow(Unreachable, "the server ended the session", NEXT_ATTEMPT),
    "28": ErrorRow(
        Misconfigured,
        "the pooler let the user in, and the server refused the pooler's own login",
        "let the pooler know the password that the server accepts, or ask the server (auth_query)",
        "password",
    ),
    "08P01": ErrorRow(
        Unreachable,
        "the server, or a pooler, ended the session for a reason not known here",
        "look for it in the log of the pooler if there is one, and of the server",
    ),
    "08": _FAULTS.no_answer._replace(clause="the connection broke"),
}
_CONCURRENT_CHANGE = ErrorRow(
    Busy, "another session changed the role at the same moment", NEXT_ATTEMPT
)
_ANY_OTHER = ErrorRow(
    Misconfigured, "the server refused a statement",
    "look the SQLSTATE up in PostgreSQL's documentation, appendix A",
)  # fmt: skip

REFUSED_VERIFIER = ErrorRow(
    RejectedByPolicy,
    "the server's rules refused the new password, of which it got a ready-made verifier",
    f"{MATCH_RULES}; where the server wants the password itself (credcheck, Neon, Lakebase), set "
    "SEND_PASSWORD_ITSELF=true",
    "PASSWORD_LENGTH",
)
REFUSED_PASSWORD = ErrorRow(
    RejectedByPolicy, "the server's rules refused the new password", MATCH_RULES, "PASSWORD_LENGTH"
)
# Of the statement that sets a password: whatever else it is refused with is the server's rules.
_NO_RULES = {"25006", "42501", "25P03", "25P04", "42704", "42710", "23505", "55P03", "57014"}
_NO_RULES_BY_CLASS = {"40", "53", "57", "58", "08"}


def row_of(error: psycopg.Error) -> ErrorRow:
    """The row for an error with a SQLSTATE, unless the server's rules are behind it."""
    state = error.sqlstate or ""
    if is_concurrent_change(error):
        return _CONCURRENT_CHANGE
    return _ROWS.get(state) or _ROWS.get(state[:2]) or _ANY_OTHER


def is_concurrent_change(error: psycopg.Error) -> bool:
    """Whether it is what the later of two changes of one role is told.

    "tuple concurrently updated", which is not translated, or that the role which was not there a
    moment ago exists.
    """
    return error.sqlstate in ("42710", "23505") or (
        error.sqlstate == "XX000" and "tuple concurrently" in (error.diag.message_primary or "")
    )


def is_of_rules(error: psycopg.Error) -> bool:
    """Whether the refusal of a password's statement, or of its COMMIT, is by the server's rules.

    It is unless it says of an outage, of a lock or another session, or of a missing right.
    """
    state = error.sqlstate or "08000"
    return not (
        state in _NO_RULES or state[:2] in _NO_RULES_BY_CLASS or is_concurrent_change(error)
    )
