"""What pools do with the connections of before, once another version is in use."""

import asyncio
import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import rotating.psycopg
import rotating.sqlalchemy
from sqlalchemy import text

from local.servers import Server
from tests.clients.databases.faces import PostgresFace
from tests.clients.databases.pairs import Pair, a_pair
from tests.clients.databases.source import wait_for
from tests.lab import Lab

TLS = PostgresFace().tls
WHO = PostgresFace.who


@pytest.fixture
def pair(lab: Lab, postgres_server: Server) -> Pair:
    return a_pair(lab, postgres_server)


def test_a_pool_replaces_what_is_idle_and_what_is_in_use_once_it_is_returned(
    pair: Pair, postgres_server: Server
) -> None:
    with rotating.psycopg.pool(pair.secret, kwargs=TLS(postgres_server), min_size=3) as pool:
        pool.wait()
        with pool.connection() as connection:
            pair.wait(3, 0)
            pair.take_turns()
            pair.wait(1, 2)
            assert connection.execute(WHO).fetchall() == [(pair.name,)]
        pair.wait(0, 3)
    pair.wait(0, 0)


def test_a_pool_of_tasks_does_so_in_its_own_loop(pair: Pair, postgres_server: Server) -> None:
    async def run() -> None:
        own = TLS(postgres_server)
        async with rotating.psycopg.async_pool(pair.secret, kwargs=own, min_size=3) as pool:
            await pool.wait()
            async with pool.connection() as connection:
                await asyncio.to_thread(pair.wait, 3, 0)
                await asyncio.to_thread(pair.take_turns)
                await asyncio.to_thread(pair.wait, 1, 2)
                assert await (await connection.execute(WHO)).fetchall() == [(pair.name,)]
            await asyncio.to_thread(pair.wait, 0, 3)
        await asyncio.to_thread(pair.wait, 0, 0)

    asyncio.run(run())


def test_an_engine_closes_what_is_idle_and_what_is_in_use_once_it_is_returned(
    pair: Pair, postgres_server: Server
) -> None:
    engine = rotating.sqlalchemy.create_engine(pair.secret, connect_args=TLS(postgres_server))
    with engine.connect() as kept:
        with engine.connect(), engine.connect():
            pair.wait(3, 0)
        pair.take_turns()
        pair.wait(1, 0)
        assert kept.execute(text(WHO)).scalar_one() == pair.name
        with engine.connect() as other:
            assert other.execute(text(WHO)).scalar_one() == pair.clone
    pair.wait(0, 1)
    engine.dispose()
    pair.wait(0, 0)


def test_who_waits_at_an_engines_pool_of_before_is_served_and_leaves_nothing_open(
    pair: Pair, postgres_server: Server
) -> None:
    engine = rotating.sqlalchemy.create_engine(
        pair.secret, connect_args=TLS(postgres_server), pool_size=1, max_overflow=0
    )

    def ask() -> str:
        with engine.connect() as connection:
            return str(connection.execute(text(WHO)).scalar_one())

    with ThreadPoolExecutor(1) as threads:
        with engine.connect():
            before = engine.pool
            waiting = threads.submit(ask)
            wait_for(lambda: len(before._pool.not_empty._waiters) == 1)  # type: ignore[attr-defined]
            pair.take_turns()
        assert waiting.result() == pair.clone
    pair.wait(0, 0)


def test_a_secret_keeps_no_pool_alive_and_nothing_of_one_that_is_gone(pair: Pair) -> None:
    makers: list[Callable[[], object]] = [
        lambda: rotating.psycopg.pool(pair.secret, open=False),
        lambda: rotating.psycopg.async_pool(pair.secret),
        lambda: rotating.sqlalchemy.create_engine(pair.secret),
    ]
    for make in makers:
        reference = weakref.ref(make())
        gc.collect()
        assert reference() is None
    assert pair.secret._hooks == []


def test_a_pool_whose_loop_is_over_is_left_alone(
    pair: Pair, postgres_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    pool = rotating.psycopg.async_pool(pair.secret, kwargs=TLS(postgres_server), min_size=1)

    async def run() -> None:
        async with pool:
            await pool.wait()

    asyncio.run(run())
    pair.take_turns()
    assert "has failed" not in caplog.text
