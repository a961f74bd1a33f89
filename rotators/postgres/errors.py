"""What PostgreSQL's and libpq's errors mean to a rotation; none of their text is passed on.

SQLSTATEs: PostgreSQL documentation, appendix A.
"""

import re
from contextlib import AbstractContextManager

import psycopg
from psycopg import sql

from rotators.postgres.answers import meaning_of
from rotators.postgres.passwords import NewPassword
from rotators.postgres.sqlstates import (
    REFUSED_PASSWORD,
    REFUSED_VERIFIER,
    is_of_rules,
    row_of,
)
from shared.certificates import at_host
from shared.credentials import Login
from shared.errors import (
    ErrorRow,
    Rejected,
    RotationError,
    Unreachable,
    Untrusted,
)
from shared.translation import ConnectionFaults, translate_errors

_FAULTS = ConnectionFaults.at("host", name="tls_host")

# libpq keeps no SQLSTATE of a failed connection, only text. What it says itself is always English;
# the first row that matches counts. What the server says is in rotators/postgres/answers.
_ROWS_BY_TEXT = {
    r"could not translate host name|failed to resolve host": _FAULTS.unresolved,
    r"does not match host name|host name from server certificate|embedded null": (
        _FAULTS.certificate.wrong_host
    ),
    r"does not support SSL": _FAULTS.no_tls,
    r"certificate verify failed|certificate has expired": _FAULTS.certificate.untrusted,
    r"offered SCRAM-SHA-256-PLUS": ErrorRow(
        Untrusted,
        "the server was reached by TLS, and this function by none: what is between ends it",
        "remove 'ssl' from the secret, and let 'host' name the server or what has a certificate",
        "ssl"
    ),
    r"server signature|server's SCRAM|SCRAM message": ErrorRow(
        Untrusted, "what answered did not prove that it knows the user's password",
        "find out what is at this address", "host"
    ),
    r"authentication method requirement": ErrorRow(
        Untrusted,
        "the server asked for the password in clear or for none, or without TLS by md5",
        "set the method in pg_hba.conf to scram-sha-256", "host"
    ),
    r"timeout|refused|closed the connection|reset by peer|SYSCALL|unreachable|No route":
        _FAULTS.no_answer,
    r"SSL error": _FAULTS.broken_tls,
    r"invalid response|expected authentication request|protocol|unexpected message": ErrorRow(
        Unreachable, "what answered does not speak PostgreSQL's protocol",
        "check 'host' and the port, and what is on the way to it", "host"
    ),
}  # fmt: skip
_UNKNOWN_ANSWER = ErrorRow(
    Unreachable,
    "the server answered, and ended the login for a reason that is not known here",
    "look for it in the log of the server, and of the pooler or proxy if there is one",
)
_UNKNOWN_FAULT = ErrorRow(
    Unreachable,
    "the connection failed for a reason that is not known here",
    "check 'host', the port and that PostgreSQL answers there",
    "host",
)
_REJECTED_IN_OTHER_WORDS = ErrorRow(
    Rejected, "the server rejected the login", "check 'password', 'dbname' and LOGIN"
)
_POOLERS_CLASSES = {"08", "28", "3D", "53", "58", "XX"}
# After the severity, in whichever language, libpq puts two spaces; nothing of its own looks so.
_ANSWER = re.compile(r"failed: [^\s:][^:\n]{0,30}:  (.*)", re.DOTALL)


def translate_postgres_errors(
    login: Login, password: NewPassword | None = None
) -> AbstractContextManager[None]:
    """Raise each psycopg.Error in the block as a RotationError about this login.

    password: what the block may send; what it is refused with is the server's rules.
    """
    return translate_errors(psycopg.Error, by=lambda error: translate(error, login, password))


def translate(
    error: psycopg.Error, login: Login, password: NewPassword | None = None
) -> RotationError:
    """Return the RotationError for it, about this login; without a SQLSTATE, of connecting."""
    state = error.sqlstate
    where = f"postgres {login.address}"
    if state is None:
        row = _connection_row(error, login)
        do = at_host(row, login.verified_host).do
        return row._replace(do=_with_names(do, login)).error(where)
    # A pooler that gives each transaction its session finds out only then that it has none.
    known = state[:2] in _POOLERS_CLASSES and meaning_of(error.diag.message_primary or "")
    if not known and password is not None and password.is_sent and is_of_rules(error):
        known = REFUSED_PASSWORD if password.is_itself else REFUSED_VERIFIER
    return (known or row_of(error)).error(where, f"SQLSTATE {state}")


def _with_names(do: str, login: Login) -> str:
    names = {
        "{user}": sql.Identifier(login.username),
        "{user_text}": sql.Literal(login.username),
        "{dbname}": sql.Identifier(login.dbname or "postgres"),
    }
    for mark, name in names.items():
        do = do.replace(mark, name.as_string())
    return do


def _connection_row(error: psycopg.Error, login: Login) -> ErrorRow:
    # Of the handshake that asked for the verifier's reason, which libpq does not tell.
    reason = error.__cause__ and _FAULTS.row(error.__cause__)
    if reason:
        return reason
    said = _ANSWER.search(str(error))
    if said is None:
        own_words = re.sub(r"connection to server at .*? failed: ", "", str(error))
        found = (row for pattern, row in _ROWS_BY_TEXT.items() if re.search(pattern, own_words))
        return next(found, _UNKNOWN_FAULT)
    answer, names_user = _without_names(said[1], login)
    known = meaning_of(answer)
    if known is not None:
        return known
    # In another language than English, any FATAL that quotes the user's name is taken for a
    # rejected login: it may also be of another reason, such as too many connections of the role.
    # What is said of an outage, or by a pooler in trouble, does not quote it.
    if names_user and error.pgconn is not None and error.pgconn.used_password:
        return _REJECTED_IN_OTHER_WORDS
    return _UNKNOWN_ANSWER


def _without_names(answer: str, login: Login) -> tuple[str, bool]:
    """The answer with nothing between the marks where it quotes the login's names.

    And whether it quotes the user's.
    """
    for name in (login.dbname, login.username):
        quoted = rf"(?<=[^\w\s])(\s*){re.escape(name or 'postgres')}(\s*)(?=[^\w\s])"
        answer, found = re.subn(quoted, r"\1\2", answer)
    return answer, found > 0
