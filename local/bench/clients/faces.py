"""Each face of `rotating`, as an application calls it again and again.

A pool is asked for a connection, which is used, and every second time is thrown away, so that the
pool has to log in as well as to keep.
"""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import requests
import rotating.httpx
import rotating.psycopg
import rotating.pymysql
import rotating.requests
import rotating.sqlalchemy
from rotating import Secret
from sqlalchemy import text

from local.bench.clients import logins
from local.bench.clients.where import Where

SIZE = 8
WAIT_SECONDS = 45.0  # a pool's own patience is to be longer than the secret's


@dataclass(frozen=True, slots=True)
class Face:
    """make: of a secret, what is called; asynchronous: what it returns is awaited.

    engines: those whose targets it is for.
    """

    engines: tuple[str, ...]
    make: Callable[[Where, Secret], Callable[[], Any]]
    asynchronous: bool = False


def _connect(where: Where, secret: Secret) -> Callable[[], None]:
    rest = logins.libpq(where)
    return lambda: rotating.psycopg.connect(secret, **rest).close()


def _connect_async(where: Where, secret: Secret) -> Callable[[], Awaitable[None]]:
    rest = logins.libpq(where)

    async def call() -> None:
        connection = await rotating.psycopg.connect_async(secret, **rest)
        await connection.close()

    return call


def _pool(where: Where, secret: Secret) -> Callable[[], None]:
    sizes: dict[str, Any] = {"min_size": 1, "max_size": SIZE, "timeout": WAIT_SECONDS}
    pool = rotating.psycopg.pool(secret, kwargs=logins.libpq(where), **sizes)
    numbers = itertools.count()

    def call() -> None:
        with pool.connection() as connection:
            connection.execute("SELECT 1")
            if next(numbers) % 2:
                connection.close()

    return call


def _sqlalchemy(url: str, rest: Callable[[Where], dict[str, Any]]) -> Any:  # noqa: ANN401 - see Face
    def make(where: Where, secret: Secret) -> Callable[[], None]:
        engine = rotating.sqlalchemy.create_engine(
            secret, url, connect_args=rest(where), pool_size=SIZE, pool_timeout=WAIT_SECONDS
        )
        numbers = itertools.count()

        def call() -> None:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                if next(numbers) % 2:
                    connection.invalidate()

        return call

    return make


def _pymysql(where: Where, secret: Secret) -> Callable[[], None]:
    rest = logins.mysql(where)
    return lambda: rotating.pymysql.connect(secret, **rest).close()


def _requests(where: Where, secret: Secret) -> Callable[[], None]:
    session = requests.Session()
    session.trust_env = False  # a bundle of the machine's would go before ours
    session.verify = str(where.ca)
    session.auth = rotating.requests.Auth(secret)
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=SIZE))
    return lambda: session.get(where.url, timeout=logins.SECONDS).raise_for_status()


def _httpx(where: Where, secret: Secret) -> Callable[[], object]:
    auth = rotating.httpx.Auth(secret)
    client = httpx.Client(auth=auth, verify=_verified(where), timeout=logins.SECONDS)
    return lambda: client.get(where.url).raise_for_status()


def _httpx_async(where: Where, secret: Secret) -> Callable[[], Awaitable[None]]:
    auth = rotating.httpx.Auth(secret)
    client = httpx.AsyncClient(auth=auth, verify=_verified(where), timeout=logins.SECONDS)

    async def call() -> None:
        (await client.get(where.url)).raise_for_status()

    return call


def _verified(where: Where) -> Any:  # noqa: ANN401 - ssl's
    return httpx.create_ssl_context(verify=str(where.ca))


_POSTGRES, _MYSQL, _HTTP = ("postgres",), ("mysql", "mariadb"), ("http",)
FACES: Mapping[str, Face] = {
    "psycopg": Face(_POSTGRES, _connect),
    "psycopg, async": Face(_POSTGRES, _connect_async, asynchronous=True),
    "psycopg_pool": Face(_POSTGRES, _pool),
    "SQLAlchemy, psycopg": Face(_POSTGRES, _sqlalchemy("postgresql+psycopg://", logins.libpq)),
    "PyMySQL": Face(_MYSQL, _pymysql),
    "SQLAlchemy, PyMySQL": Face(_MYSQL, _sqlalchemy("mysql+pymysql://", logins.mysql)),
    "requests": Face(_HTTP, _requests),
    "httpx": Face(_HTTP, _httpx),
    "httpx, async": Face(_HTTP, _httpx_async, asynchronous=True),
}


def faces_of(engine: str) -> list[str]:
    """The names of those for the engine's targets."""
    return [name for name, face in FACES.items() if engine in face.engines]
