"""SQLAlchemy: engines whose connections log in with what a secret has now.

    secret = rotating.Secret("orders/db")
    engine = rotating.sqlalchemy.create_engine(
        secret, "postgresql+psycopg://", connect_args={"sslrootcert": "rds.pem"}
    )

The URL names the driver: psycopg or PyMySQL, verified by default as by rotating.psycopg and
rotating.pymysql. What the URL and `connect_args` say goes before what the secret says, but for
user and password. login: the driver's arguments of a version, for fields of other names.
"""

import weakref
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import URL, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only, greenlet_spawn

from rotating.login import Login, libpq, mysql, place
from rotating.pools import LoopOf, renew_on_change
from rotating.secret import LOGINS_AT_ONCE, Secret
from rotating.version import Version

if TYPE_CHECKING:  # it needs greenlet, which who has no tasks need not have
    from sqlalchemy.ext.asyncio import AsyncEngine

_ARGUMENTS = {"psycopg": libpq, "pymysql": mysql}
_POOL = "rotating's pool"


def create_engine(
    secret: Secret,
    url: str | URL = "postgresql+psycopg://",
    *,
    login: Login | None = None,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> Engine:
    """sqlalchemy.create_engine, and `follow`."""
    engine = sqlalchemy.create_engine(url, **options)
    follow(engine, secret, login=login)
    return engine


def follow(engine: "Engine | AsyncEngine", secret: Secret, *, login: Login | None = None) -> None:
    """Have an engine log in with the secret from now on, also one of create_async_engine.

    Once another version is in use, idle connections are closed, and others when they are returned.
    What the driver raises comes out as SQLAlchemy wraps it; MalformedSecret comes as it is. Raises
    ValueError for another driver.
    """
    target = engine if isinstance(engine, Engine) else engine.sync_engine
    following = _Following(target, secret, login)
    event.listen(target, "do_connect", following.connect)
    event.listen(target, "checkin", following.close_the_strange)
    renew_on_change(secret, following, _Following.renew)


class _Following:
    """What is done at an engine's events; it lives as long as the engine, that has them."""

    def __init__(self, engine: Engine, secret: Secret, login: Login | None) -> None:
        driver = engine.dialect.driver
        if driver not in _ARGUMENTS:
            raise ValueError(
                f"no arguments are known of the driver '{driver}': "
                "use Secret.attempt in a do_connect event of your own"
            )
        self._engine = engine
        self._secret = secret
        self._arguments = partial(_ARGUMENTS[driver], login=login)
        self._loop = LoopOf()

    def connect(
        self,
        dialect: Dialect,
        entry: ConnectionPoolEntry,
        cargs: Sequence[Any],
        cparams: Mapping[str, Any],
    ) -> DBAPIConnection:
        """A connection, made in place of the dialect's own way."""

        def log_in(version: Version) -> DBAPIConnection:
            return dialect.connect(*cargs, **self._arguments(version, cparams))

        _info(entry).setdefault(_POOL, weakref.ref(self._engine.pool))
        target = place(cparams)
        if not dialect.is_async:
            return self._secret.attempt(log_in, at_once=LOGINS_AT_ONCE, target=target)
        self._loop.enter()
        return await_only(
            self._secret.attempt_async(
                lambda version: greenlet_spawn(log_in, version),
                at_once=LOGINS_AT_ONCE,
                target=target,
            )
        )

    def close_the_strange(self, _: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        """One that comes back to a pool that the engine has no more: nobody would close it."""
        pool = _info(entry).get(_POOL)
        if pool is not None and pool() is not self._engine.pool:
            entry.invalidate()

    def renew(self) -> None:
        """Close what is idle, and begin a new pool."""
        if self._engine.dialect.is_async:
            self._loop.begin(lambda: greenlet_spawn(self._engine.dispose))
        else:
            self._engine.dispose()


def _info(entry: ConnectionPoolEntry) -> dict[Any, Any]:
    """What stays with the entry, also when it is connected anew."""
    return entry.record_info if entry.record_info is not None else {}
