import asyncio
from typing import Any

import rotating.sqlalchemy as face
from rotating import Secret
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from local.servers import Server
from tests.clients.databases.faces import PostgresFace
from tests.clients.databases.pairs import a_pair
from tests.lab import Lab


class TestPostgres(PostgresFace):
    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        async def ask() -> str:
            engine = create_async_engine("postgresql+psycopg://", connect_args=own)
            face.follow(engine, secret)
            try:
                async with engine.connect() as connection:
                    return str((await connection.execute(text(self.who))).scalar_one())
            finally:
                await engine.dispose()

        return asyncio.run(ask())


def test_an_engine_of_tasks_closes_what_is_idle_and_the_rest_once_it_is_returned(
    lab: Lab, postgres_server: Server
) -> None:
    pair = a_pair(lab, postgres_server)
    who = text(PostgresFace.who)

    async def run() -> None:
        own = PostgresFace().tls(postgres_server)
        engine = create_async_engine("postgresql+psycopg://", connect_args=own)
        face.follow(engine, pair.secret)
        async with engine.connect() as kept:
            async with engine.connect(), engine.connect():
                await asyncio.to_thread(pair.wait, 3, 0)
            await asyncio.to_thread(pair.take_turns)
            await asyncio.to_thread(pair.wait, 1, 0)
            assert (await kept.execute(who)).scalar_one() == pair.name
            async with engine.connect() as other:
                assert (await other.execute(who)).scalar_one() == pair.clone
        await asyncio.to_thread(pair.wait, 0, 1)
        await engine.dispose()
        await asyncio.to_thread(pair.wait, 0, 0)

    asyncio.run(run())
