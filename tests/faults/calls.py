"""Reports every call that leaves the process, to AWS, an issuer or a database.

Each driver is patched at the one place that all its calls pass, so a new call in our code is
reported without a change here. State outside the process can change only at one of these calls.
"""

from collections.abc import Callable, Generator
from typing import Any

import psycopg
import psycopg.waiting
import pymysql.connections
from urllib3.connectionpool import HTTPConnectionPool

from rotators.valkey.connection import Connection as ValkeyConnection

OnCall = Callable[[str], Callable[[], None]]
"""Called with a call's name before it is made, returns what to call after it.

A name never contains a confidential value.
"""

# psycopg's own names of what it waits for.
_TRANSACTIONS = {
    "_enter_gen": "begin",
    "_exit_gen": "end",
    "_commit_gen": "commit",
    "_rollback_gen": "rollback",
}


def watch(on_call: OnCall) -> None:
    """Report every call from now on, until this process ends."""
    _wrap(HTTPConnectionPool, "urlopen", _http, on_call)
    _wrap(psycopg.waiting, "wait_conn", lambda *_, **__: "connect to PostgreSQL", on_call)
    _wrap(psycopg.Connection, "wait", _postgres, on_call)
    _wrap(pymysql.connections.Connection, "connect", lambda *_: "connect to MySQL", on_call)
    _wrap(pymysql.connections.Connection, "query", _mysql, on_call)
    _wrap(ValkeyConnection, "__init__", lambda *_: "connect to Valkey", on_call)
    _wrap(ValkeyConnection, "ask", _valkey, on_call)


def _wrap(owner: Any, name: str, name_call: Callable[..., str], on_call: OnCall) -> None:  # noqa: ANN401 - a class or a module
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the wrapped function's own
        after_call = on_call(name_call(*args, **kwargs))
        try:
            return original(*args, **kwargs)
        finally:  # also after an error: the target may have answered it
            after_call()

    setattr(owner, name, wrapped)


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


def _valkey(_connection: object, *words: str) -> str:
    return " ".join(words[:2] if words[0] in ("ACL", "CONFIG", "CLIENT") else words[:1])


def _words(statement: str) -> str:
    return " ".join(statement.partition("(")[0].split()[:2])
