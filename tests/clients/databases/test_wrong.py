"""A password that is simply wrong: how often it is tried, and what the application gets."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import rotating.psycopg
import rotating.pymysql
import rotating.sqlalchemy
from rotating import Secret, Version, is_rejection

from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from tests.clients.clock import Clock
from tests.clients.databases.faces import MySQLFace, PostgresFace
from tests.clients.databases.suite import World
from tests.lab import Lab

WRONG = "not-the-one"
THREADS = 8
POSTGRES = {"dbname": "postgres"}


@dataclass(frozen=True)
class Face:
    """A face, which logs in, and where."""

    suite: PostgresFace | MySQLFace
    server: str
    log_in: Callable[..., None]
    database: Mapping[str, str] = field(default_factory=dict)


def _by(connect: Callable[..., Any]) -> Callable[..., None]:
    def log_in(secret: Secret, **own: Any) -> None:  # noqa: ANN401 - the driver's own
        connect(secret, **own).close()

    return log_in


def _by_an_engine(secret: Secret, login: Any = None, **own: Any) -> None:  # noqa: ANN401
    engine = rotating.sqlalchemy.create_engine(secret, connect_args=own, login=login)
    try:
        with engine.connect():
            pass
    finally:
        engine.dispose()


FACES = {
    "psycopg": Face(PostgresFace(), "postgres_server", _by(rotating.psycopg.connect), POSTGRES),
    "sqlalchemy": Face(PostgresFace(), "postgres_server", _by_an_engine, POSTGRES),
    "pymysql": Face(MySQLFace(), "mysql_server", _by(rotating.pymysql.connect)),
}


@pytest.fixture(params=list(FACES))
def face(request: pytest.FixtureRequest) -> Face:
    return FACES[request.param]


@pytest.fixture
def world(lab: Lab, face: Face, request: pytest.FixtureRequest) -> World:
    suite = face.suite
    return suite.a_world(lab, request.getfixturevalue(face.server), suite.single)


def test_the_drivers_error_comes_after_three_logins_and_then_at_once(
    face: Face, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    clock.rule(monkeypatch)
    world.rotated.store({**world.rotated.value(), "password": WRONG})
    assert isinstance(world.rotated.target, PostgresTarget | MySQLTarget)
    told = []
    with world.rotated.target.overhearing() as heard:
        for begins in (0, 30, 60, 60):
            clock.now = max(clock.now, 1000.0 + begins)
            with pytest.raises(Exception) as raised:  # noqa: PT011 - asserted below
                face.log_in(world.secret, **world.tls)
            assert is_rejection(raised.value)
            assert type(raised.value).__name__ == "OperationalError"
            told.append((round(clock.now - 1000), heard().count(face.suite.refusal)))
    assert told == [(30, 3), (30, 3), (60, 4), (60, 4)]


def test_of_the_logins_under_way_two_at_most_are_rejected(face: Face, world: World) -> None:
    is_wrong = False

    def login(version: Version) -> dict[str, Any]:
        password = WRONG if is_wrong else version["password"]
        named = {"user": version["username"], "password": password}
        return {"host": version["host"], "port": int(version["port"]), **named, **face.database}

    secret = Secret(world.reader.name, source=world.reader, wait_seconds=4.0)
    own = {**world.tls, "login": login}
    face.log_in(secret, **own)
    is_wrong = True  # as if the server's were another one now
    assert isinstance(world.rotated.target, PostgresTarget | MySQLTarget)
    with world.rotated.target.overhearing() as heard, ThreadPoolExecutor(THREADS) as threads:
        tries = [threads.submit(face.log_in, secret, **own) for _ in range(THREADS)]
        errors = [each.exception() for each in tries]
        assert all(error is not None and is_rejection(error) for error in errors)
        assert 1 <= heard().count(face.suite.refusal) <= 2
