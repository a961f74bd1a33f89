"""How a step fails: with a typed error, changing nothing, telling nothing."""

import uuid

import pytest
from psycopg import sql

from local import template
from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.errors import Busy, RotationError
from shared.handler import Handler
from shared.protocol.event import Step
from tests.engines import SINGLE
from tests.lab import Document, Event, LabSecret


def target_on(server: Server) -> PostgresTarget | MySQLTarget:
    """A user of its own on this server."""
    username = f"bad_{uuid.uuid4().hex[:8]}"
    return SINGLE[server.engine](server, username)


def assert_fails(
    secret: LabSecret,
    kind: type[RotationError],
    handler: Handler | None = None,
    *,
    timeout: float = 60,
    **change: object,
) -> RotationError:
    """With this in the secret, setSecret fails so; the password still works, nothing is told."""
    good: Document = dict(secret.value())
    secret.store({**good, **change})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    before = secret.labels()
    with pytest.raises(kind) as caught:
        secret.step(event, Step.SET, handler, timeout=timeout)
    error = caught.value
    assert error.code == kind.code
    assert secret.labels() == before
    assert secret.target.accepts(good)
    assert not [value for value in secret.values() if value in str(error)]
    assert error.do
    assert (error.__cause__, error.__context__) == (None, None)
    return error


def afresh(secret: LabSecret, **settings: str) -> Handler:
    """The handler as it starts anew, with these settings."""
    return template.handler(secret.target.function, {**secret.target.settings, **settings})


def fail_to_alter(secret: LabSecret, target: PostgresTarget) -> Event:
    """An ALTER that the server ends, as the role is locked: it may log the statement beside it.

    Returns the event of its rotation.
    """
    event = secret.begin()
    secret.step(event, Step.CREATE)
    role = sql.Identifier(str(secret.version(event["ClientRequestToken"])["username"]))
    with target.admin() as admin, admin.transaction():
        admin.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT 9").format(role))
        with pytest.raises(Busy):
            secret.step(event, Step.SET)
    return event
