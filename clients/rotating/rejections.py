"""Which errors of drivers say that the target has rejected the credential.

Never one that may be an outage, a lock or a missing right: those go on as they are. Drivers are
known by the names of their packages, so that none is imported here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus

from rotating import sentences

# PostgreSQL documentation, appendix A: invalid_password, invalid_authorization_specification.
_SQLSTATES = {"28P01", "28000"}
# PgBouncer's SQLSTATE for whatever it refuses.
_PROTOCOL_VIOLATION = "08P01"
# MySQL 9 and MariaDB error references: ER_ACCESS_DENIED_ERROR, ER_ACCESS_DENIED_NO_PASSWORD_ERROR.
_MYSQL_NUMBERS = {1045, 1698}
# IAM User Guide and the services' common errors: a key that is unknown, inactive or wrong.
_AWS_CODES = {
    "AuthFailure",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
# libpq keeps no SQLSTATE of a login that failed, only text. After the severity, in whichever
# language, it puts two spaces; nothing of its own looks so. Before version 14 it begins with that.
_ANSWER = re.compile(r"(?:failed: |^)[^\s:][^:\n]{0,30}:  (.*)", re.DOTALL)
# PostgreSQL's; PgBouncer's and those that took them over; RDS Proxy's; Odyssey's.
_REJECTING = re.compile(
    r"authentication failed|auth failed|no such user|incorrect (password|user)|"
    r"no pg_hba\.conf entry|pg_hba\.conf rejects|"
    r"This RDS proxy has no credentials|The password that was provided",
)


def is_rejection(error: BaseException) -> bool:
    """Whether this says that the credential was rejected, and says it of nothing else."""
    original = getattr(error, "orig", None)  # SQLAlchemy's DBAPIError
    if isinstance(original, BaseException):
        return is_rejection(original)
    return any(_BY_PACKAGE[each](error) for each in _packages(error) if each in _BY_PACKAGE)


def _packages(error: BaseException) -> Iterator[str]:
    for kind in type(error).__mro__:
        yield kind.__module__.partition(".")[0]


def _libpq(error: BaseException) -> bool:
    state = _of(error, "sqlstate") or _of(error, "pgcode")
    if state is not None:
        return state in _SQLSTATES
    answer = _ANSWER.search(str(error))
    return answer is not None and any(
        words.search(answer[1]) for words in (_REJECTING, sentences.REFUSED)
    )


def _sqlstate(error: BaseException) -> bool:
    state = _of(error, "sqlstate") or _of(error, "args.0.C")
    text = _of(error, "args.0.M") or str(error)
    is_poolers = state == _PROTOCOL_VIOLATION and _REJECTING.search(str(text)) is not None
    return state in _SQLSTATES or is_poolers


def _mysql(error: BaseException) -> bool:
    return _of(error, "args.0") in _MYSQL_NUMBERS


def _http(error: BaseException) -> bool:
    for each in ("response.status_code", "status", "code"):  # of aiohttp the last one warns
        if (status := _of(error, each)) is not None:
            return status == HTTPStatus.UNAUTHORIZED
    return False


def _aws(error: BaseException) -> bool:
    return _of(error, "response.Error.Code") in _AWS_CODES


def _redis(error: BaseException) -> bool:
    return type(error).__name__ == "AuthenticationError" or str(error).startswith("WRONGPASS")


def _of(error: object, place: str) -> object:
    """What is there, by attributes, keys and positions; None where there is nothing."""
    value = error
    for name in place.split("."):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, tuple):
            value = value[int(name)] if len(value) > int(name) else None
        else:
            value = getattr(value, name, None)
    return value


_BY_PACKAGE: Mapping[str, Callable[[BaseException], bool]] = {
    "psycopg": _libpq,
    "psycopg2": _libpq,
    "asyncpg": _sqlstate,
    "pg8000": _sqlstate,
    "pymysql": _mysql,
    "MySQLdb": _mysql,
    "mysql": _mysql,  # MySQL Connector/Python
    "mariadb": lambda error: _of(error, "errno") in _MYSQL_NUMBERS,
    "requests": _http,
    "httpx": _http,
    "aiohttp": _http,
    "urllib": _http,
    "botocore": _aws,
    "redis": _redis,
    "valkey": _redis,
}
