"""Who is logged in, what becomes of them after a leak, and a reset by the admin."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
import redis as driver

from local.targets import Place
from rotators.valkey.testing import ValkeyTarget, of_nodes, valkey
from shared.errors import LockedOut, Rejected
from shared.protocol.event import Step
from tests.integration.valkey.stage import BY_ADMIN, OVERLAP, created, name, user
from tests.keeper import allow, offered
from tests.lab import Lab, LabSecret
from tests.leaked import end_leaked

SESSIONS = ("+client|list", "+client|id", "+client|kill")


def leaked_of(secret: LabSecret) -> str:
    return secret.holder("AWSCURRENT") or ""


def test_sessions_end_at_every_node_where_the_user_may_end_them(lab: Lab, place: Place) -> None:
    target = of_nodes(place, name())
    for server in target.servers:
        with target.admin(server) as admin:
            username = str(target.document["username"])
            target.run(admin, "ACL", "SETUSER", username, *SESSIONS)
    secret = lab.secret(target)
    opened = [target.open(target.document, server) for server in target.servers]
    stranger = target.open(target.stranger())
    for session in (*opened, stranger):
        session.ping()
    leaked = leaked_of(secret)
    assert secret.rotate().state == "succeeded"
    answer = end_leaked(secret, leaked)
    assert answer["sessions"]["ended"] == len(opened)
    assert answer["refused"]["proven"]
    assert answer["left"] == []
    for session in opened:
        with pytest.raises(driver.ConnectionError):
            session.ping()
        session.close()
    stranger.ping()
    stranger.close()


def test_sessions_that_a_user_may_not_end_are_left_with_the_command(lab: Lab, place: Place) -> None:
    target = of_nodes(place, name(), BY_ADMIN)
    secret = lab.secret(target)
    leaked, username = leaked_of(secret), str(target.document["username"])
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(target.open(secret.value(), each)) for each in target.servers
        ]
        for session in sessions:
            session.ping()
        # One node of three lets the user end its own.
        with target.admin(target.servers[1]) as admin:
            rights = ("+client|id", "+client|list", "+client|kill")
            target.run(admin, "ACL", "SETUSER", username, *rights)
        assert secret.rotate().state == "succeeded"
        answer = end_leaked(secret, leaked)
        (left,) = answer["left"]
        told = [each for each in target.servers if f"127.0.0.1:{each.port}" in left["do"]]
        assert told == [target.servers[0], target.servers[2]]
        assert f", CLIENT KILL USER {username};" in left["do"]
        for server in told:
            with target.admin(server) as admin:
                target.run(admin, "CLIENT", "KILL", "USER", username)
        for session in sessions:
            with pytest.raises(driver.ConnectionError):
                session.ping()


def test_a_node_that_accepts_what_has_leaked_is_told(lab: Lab, place: Place) -> None:
    target = of_nodes(place, name(), BY_ADMIN)
    secret = lab.secret(target)
    leaked, old = leaked_of(secret), target.hashes()
    assert secret.rotate().state == "succeeded"
    last = target.servers[-1]
    with target.admin(last) as admin:
        username = str(target.document["username"])
        target.run(admin, "ACL", "SETUSER", username, f"#{old[0]}")
    answer = end_leaked(secret, leaked)
    assert any(str(last.port) in each["what"] for each in answer["left"])


def test_who_is_logged_in_is_shown_to_who_has_the_right(lab: Lab, place: Place) -> None:
    target = user(place.running(valkey), OVERLAP)
    with target.admin() as admin:
        username = str(target.document["username"])
        target.run(admin, "ACL", "SETUSER", username, "+client|list")
    secret = lab.secret(target)
    with target.open(secret.value()) as session:
        session.ping()
        assert secret.rotate().state == "succeeded"
        found = [each for each in _seen(secret, target) if "a-client" in each]
    assert found == [f"user '{username}' from 127.0.0.1 as 'a-client'"]


def _seen(secret: LabSecret, target: ValkeyTarget) -> list[str]:
    handler = secret.lab.functions.handler(secret.function)
    backend: Any = handler.build(handler.environment)
    login = backend.parse(secret.value())
    with backend.engine.connect(login) as session:
        brief = session.sessions_of(login.username, lasting=timedelta(days=1).total_seconds())
        assert brief == []
        return list(session.sessions_of(str(target.document["username"])))


def test_an_admin_resets_a_user_on_every_node_that_no_stored_password_lets_in(
    lab: Lab, place: Place
) -> None:
    target = of_nodes(place, name(), BY_ADMIN)
    secret = lab.secret(target)
    username = str(target.document["username"])
    target.change(username, f"#{'0' * 64}")
    event = created(secret)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    allow(secret, event, offered(secret))
    target.change(username, "off", f"#{'0' * 64}")
    with pytest.raises(LockedOut, match="off"):
        secret.step(event, Step.SET)
    target.change(username, "on", f"#{'0' * 64}")
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())
    assert all(len(target.hashes(server)) == 1 for server in target.servers)
