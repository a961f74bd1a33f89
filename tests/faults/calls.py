"""Every call that leaves the process, to AWS, an issuer or a database, told before and after it.

Each driver is watched at the one place that all its calls pass, so that a new call of ours is told
as well; a function that is killed at every one of them is killed wherever it matters.
"""

from collections.abc import Callable, Generator
from typing import Any

import psycopg
import psycopg.waiting
import pymysql.connections
from urllib3.connectionpool import HTTPConnectionPool

Tell = Callable[[str], Callable[[], None]]
"""Told a call's name before it is made, and what that gives after; a name never holds a value."""

# psycopg's own names of what it waits for.
_TRANSACTIONS = {
    "_enter_gen": "begin",
    "_exit_gen": "end",
    "_commit_gen": "commit",
    "_rollback_gen": "rollback",
}


def watch(tell: Tell) -> None:
    """Tell of every call from now on, for as long as this process lives."""
    _around(HTTPConnectionPool, "urlopen", _http, tell)
    _around(psycopg.waiting, "wait_conn", lambda *_, **__: "connect to PostgreSQL", tell)
    _around(psycopg.Connection, "wait", _postgres, tell)
    _around(pymysql.connections.Connection, "connect", lambda *_: "connect to MySQL", tell)
    _around(pymysql.connections.Connection, "query", _mysql, tell)


def _around(owner: Any, name: str, called: Callable[..., str], tell: Tell) -> None:  # noqa: ANN401 - a class or a module
    original = getattr(owner, name)

    def told(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the driver's own takes
        over = tell(called(*args, **kwargs))
        try:
            return original(*args, **kwargs)
        finally:  # an answer may be an error
            over()

    setattr(owner, name, told)


def _http(_pool: object, method: str, *_: object, headers: Any = None, **__: object) -> str:  # noqa: ANN401 - any mapping
    target = (headers or {}).get("X-Amz-Target", b"")
    action = target.decode() if isinstance(target, bytes) else str(target)
    return action.rpartition(".")[2] or f"{method} by HTTP"


def _postgres(_connection: object, work: Generator[Any, Any, Any], *_: object, **__: object) -> str:
    frame = getattr(work, "gi_frame", None)
    known = frame.f_locals if frame else {}
    if "query" in known:
        query = known["query"]
        return _words(query if isinstance(query, str) else query.as_string())
    savepoint = getattr(known.get("self"), "_savepoint_name", "")
    done = _TRANSACTIONS.get(getattr(work, "__name__", ""), "call of PostgreSQL")
    return f"{done} savepoint" if savepoint else done


def _mysql(_connection: object, statement: str | bytes, *_: object, **__: object) -> str:
    return _words(statement if isinstance(statement, str) else statement.decode(errors="replace"))


def _words(statement: str) -> str:
    return " ".join(statement.partition("(")[0].split()[:2])
