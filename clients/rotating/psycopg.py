"""psycopg: connections and pools that log in with what a secret has now.

    secret = rotating.Secret("orders/db")
    with rotating.psycopg.pool(secret, kwargs={"sslrootcert": "rds.pem"}) as pool:
        with pool.connection() as connection:
            connection.execute("SELECT 1")

Each takes psycopg's own arguments. They go before what the secret says, but for user and password.
Without an `sslmode` it is verify-full; name the authority by `sslrootcert`. Without `dbname` in
either, the database is `postgres`. login: the arguments of a version, for fields of other names.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from rotating.login import Arguments, Login, libpq, place
from rotating.pools import LoopOf, renew_on_change
from rotating.secret import LOGINS_AT_ONCE, Secret
from rotating.version import Version


def connect(
    secret: Secret,
    conninfo: str = "",
    *,
    login: Login | None = None,
    **kwargs: Any,  # noqa: ANN401 - psycopg's own
) -> Connection[Any]:
    """psycopg.connect, with what works now; raises as it does, and MalformedSecret."""
    arguments, target = _arguments(conninfo, kwargs, login)
    return secret.attempt(
        lambda version: Connection.connect(**arguments(version)),
        at_once=LOGINS_AT_ONCE,
        target=target,
    )


async def connect_async(
    secret: Secret,
    conninfo: str = "",
    *,
    login: Login | None = None,
    **kwargs: Any,  # noqa: ANN401 - psycopg's own
) -> AsyncConnection[Any]:
    """The same for tasks."""
    arguments, target = _arguments(conninfo, kwargs, login)
    return await secret.attempt_async(
        lambda version: AsyncConnection.connect(**arguments(version)),
        at_once=LOGINS_AT_ONCE,
        target=target,
    )


def pool(
    secret: Secret,
    conninfo: str = "",
    *,
    login: Login | None = None,
    connection_class: type[Connection[Any]] = Connection,
    open: bool = True,  # noqa: A002 - its name for psycopg_pool
    **options: Any,  # noqa: ANN401 - psycopg_pool's own
) -> ConnectionPool[Any]:
    """A ConnectionPool whose connections follow the secret.

    Once another version is in use, idle connections are replaced, and others when they are
    returned. Who waits for one longer than the pool's `timeout` gets its PoolTimeout; what the
    server said is in the pool's log.
    """

    class Following(connection_class):  # type: ignore[misc, valid-type]  # whichever it is
        @classmethod
        def connect(
            cls,
            conninfo: str = "",
            **kwargs: Any,  # noqa: ANN401 - psycopg's own
        ) -> Connection[Any]:
            (arguments, target), made = _arguments(conninfo, kwargs, login), super().connect
            return secret.attempt(
                lambda version: made(**arguments(version)), at_once=LOGINS_AT_ONCE, target=target
            )

    pool: ConnectionPool[Any] = ConnectionPool(
        conninfo, connection_class=Following, open=False, **options
    )
    renew_on_change(secret, pool, lambda pool: pool.drain())
    if open:
        pool.open()
    return pool


def async_pool(
    secret: Secret,
    conninfo: str = "",
    *,
    login: Login | None = None,
    connection_class: type[AsyncConnection[Any]] = AsyncConnection,
    open: bool = False,  # noqa: A002 - its name for psycopg_pool
    **options: Any,  # noqa: ANN401 - psycopg_pool's own
) -> AsyncConnectionPool[Any]:
    """The same for tasks; `async with` opens it, as does its `open`."""
    loop = LoopOf()

    class Following(connection_class):  # type: ignore[misc, valid-type]  # whichever it is
        @classmethod
        async def connect(
            cls,
            conninfo: str = "",
            **kwargs: Any,  # noqa: ANN401 - psycopg's own
        ) -> AsyncConnection[Any]:
            loop.enter()
            (arguments, target), made = _arguments(conninfo, kwargs, login), super().connect
            return await secret.attempt_async(
                lambda version: made(**arguments(version)), at_once=LOGINS_AT_ONCE, target=target
            )

    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        conninfo, connection_class=Following, open=open, **options
    )
    renew_on_change(secret, pool, lambda pool: loop.begin(pool.drain))
    return pool


def _arguments(
    conninfo: str, kwargs: Arguments, login: Login | None
) -> tuple[Callable[[Version], Arguments], str]:
    """The arguments of a version, and where the caller's own say that the server is."""
    own = {**conninfo_to_dict(conninfo), **kwargs}
    return partial(libpq, own=own, login=login), place(own)
