import asyncio
from typing import Any
from urllib.parse import quote

import rotating.psycopg as face
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict
from rotating import Secret

from local.processes.children import free_port
from tests.clients.databases.faces import PostgresFace
from tests.clients.databases.suite import World


class TestConnect(PostgresFace):
    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        with face.connect(secret, **own) as connection:
            return str(*connection.execute(self.who).fetchall()[0])

    def test_a_url_in_a_field_is_read_as_the_page_says(self, world: World) -> None:
        value = world.rotated.value()
        place = f"{value['host']}:{value['port']}/postgres"
        url = f"postgresql://{quote(world.name)}:{value['password']}@{place}"
        world.rotated.store({"DATABASE_URL": url})
        user = self.user(
            world.secret, login=lambda each: conninfo_to_dict(each["DATABASE_URL"]), **world.tls
        )
        assert user == world.name

    def test_the_drivers_error_holds_the_password_as_the_page_says(self, hasty: World) -> None:
        hasty.rotated.store({**hasty.rotated.value(), "password": "not-the-one"})
        down = self.error_of(hasty.secret, {**hasty.tls, "port": free_port()})
        rejected = self.error_of(hasty.secret, hasty.tls)
        assert isinstance(down, OperationalError)
        assert isinstance(rejected, OperationalError)
        assert down.pgconn is not None
        assert (down.pgconn.password, rejected.pgconn) == (b"not-the-one", None)


class TestConnectAsync(PostgresFace):
    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        async def ask() -> str:
            async with await face.connect_async(secret, **own) as connection:
                return str(*(await (await connection.execute(self.who)).fetchall())[0])

        return asyncio.run(ask())


class TestPool(PostgresFace):
    error = "PoolTimeout"

    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        with (
            face.pool(secret, kwargs=own, min_size=1, timeout=self.patience) as pool,
            pool.connection() as connection,
        ):
            return str(*connection.execute(self.who).fetchall()[0])


class TestAsyncPool(PostgresFace):
    error = "PoolTimeout"

    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401
        async def ask() -> str:
            async with (
                face.async_pool(secret, kwargs=own, min_size=1, timeout=self.patience) as pool,
                pool.connection() as connection,
            ):
                return str(*(await (await connection.execute(self.who)).fetchall())[0])

        return asyncio.run(ask())
