"""A database that wakes, is restarted or fails over while a step connects."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from local.servers import Server
from rotators.mysql.engine import MySQLEngine, MySQLSession
from rotators.postgres.engine import PostgresEngine
from rotators.postgres.session import PostgresSession
from shared.credentials import Login
from shared.errors import Unreachable
from shared.patience import retried
from shared.protocol.event import Step
from shared.strategies import logins
from shared.translation import NoAnswer
from tests.engines import ALTERNATING
from tests.failing import target_on
from tests.lab import Lab

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
CLOSED = 1  # a port of loopback where nobody listens
ENGINES: dict[str, type[Any]] = {
    "postgres": PostgresEngine,
    "mysql": MySQLEngine,
    "mariadb": MySQLEngine,
}


def falls_asleep(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[int]]:
    """Have the next so many connections find nobody; returns the ports that were asked."""
    engine = ENGINES[server.engine]
    real = engine.connect
    asked: list[int] = []
    refused: list[int] = []

    def connect(self: Any, login: Login) -> Any:  # noqa: ANN401 - any engine's
        port = CLOSED if refused else login.port
        if refused:
            refused.pop()
        asked.append(port)
        return real(self, replace(login, port=port))

    monkeypatch.setattr(engine, "connect", connect)

    def sleep(connections: int) -> list[int]:
        asked.clear()
        refused[:] = [CLOSED] * connections
        return asked

    return sleep


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_database_that_wakes_within_the_steps_time_is_rotated(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "WAKING_SECONDS", 20.0)
    secret = lab.secret(target_on(server))
    sleep = falls_asleep(server, monkeypatch)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    for step in (Step.SET, Step.TEST):
        asked = sleep(3)
        secret.step(event, step)
        assert asked[:3] == [CLOSED] * 3
        assert CLOSED not in asked[3:]
    secret.step(event, Step.FINISH)
    assert secret.accepted_versions() == {event["ClientRequestToken"]}


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_an_admins_database_may_wake_too(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logins, "WAKING_SECONDS", 20.0)
    secret = lab.secret(ALTERNATING[server.engine](server, f"wakes {server.engine}"))
    sleep = falls_asleep(server, monkeypatch)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    sleep(2)
    secret.step(event, Step.SET)
    sleep(2)
    secret.steps(event, Step.TEST, Step.FINISH)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_one_that_does_not_wake_leaves_half_of_the_time(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def retried_briefly(action: Any, *, on: Any, within: float) -> Any:  # noqa: ANN401 - passed on
        given.append(within)
        return retried(action, on=on, within=0.3)

    monkeypatch.setattr(logins, "WAKING_SECONDS", 25.0)
    monkeypatch.setattr(logins, "retried", retried_briefly)
    secret = lab.secret(target_on(server))
    secret.store({**secret.value(), "port": CLOSED})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Unreachable, match="or waking"):
        secret.step(event, Step.SET, timeout=22)
    (seconds,) = given
    assert seconds <= 10  # of 20, beside the deadline's margins


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_statement_that_was_sent_is_not_sent_again(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = lab.secret(target_on(server))
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    asked = falls_asleep(server, monkeypatch)(0)
    sent: list[int] = []

    def ping(_self: object) -> None:
        sent.append(1)
        raise NoAnswer("the connection broke", do="wait")

    session = PostgresSession if server.engine == "postgres" else MySQLSession
    monkeypatch.setattr(session, "ping", ping)
    with pytest.raises(Unreachable):
        secret.step(event, Step.TEST)
    assert len(asked) == len(sent) == 1
