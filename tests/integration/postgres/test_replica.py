"""A real streaming standby: the secret names the reader, its admin's the writer."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from local.servers import Server
from local.servers.postgres import login as as_superuser
from local.targets import create
from rotators.postgres.testing import PostgresAlternatingTarget
from shared.credentials import CLONE
from shared.errors import Misconfigured
from shared.secret import Secret
from tests.integration.postgres.pairs import PostgresPair
from tests.lab import Lab


def verifier(server: Server, user: str) -> object:
    with as_superuser(server) as admin:
        return admin.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", [user]
        ).fetchone()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end


def test_a_single_user_of_a_reader(postgres_writer: Server, postgres_reader: Server) -> None:
    writer, reader = postgres_writer, postgres_reader
    pair = PostgresPair(writer)
    until(lambda: verifier(reader, pair.app))
    login = replace(pair.login(pair.app), host=reader.host, port=reader.port)
    with pair.engine.connect(login) as session:
        with pytest.raises(Misconfigured, match="read-only replica") as caught:
            session.set_password(Secret("new"))
        session.ping()
    assert caught.value.field == "host"


def test_alternating_users_of_a_reader(
    lab: Lab, postgres_writer: Server, postgres_reader: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the reader is late: setSecret waits for it."""
    writer, reader = postgres_writer, postgres_reader
    # RDS itself is asked in tests/unit/shared/aws/test_rds.py; the same host by another name here.
    monkeypatch.setattr(
        "shared.aws.rds.Rds.same_data", lambda _, *hosts: hosts == (reader.host, "localhost")
    )
    name = f"app_{uuid.uuid4().hex[:8]}"
    target = PostgresAlternatingTarget(writer, name)
    secret = lab.secret(target)
    admin = {"username": writer.admin, "password": writer.password}
    masterarn = create(
        lab.client, f"writer-{uuid.uuid4()}", {**admin, "host": "localhost", "port": writer.port}
    )
    document = {**secret.value(), "host": reader.host, "port": reader.port}
    secret.store({**document, "masterarn": masterarn})
    until(lambda: verifier(reader, secret.value()["username"]))
    for late in (False, True, False, True):
        with ThreadPoolExecutor(1) as pool, as_superuser(reader) as replica:
            before = {user: verifier(writer, user) for user in (name, name + CLONE)}
            if late:
                replica.execute("SELECT pg_wal_replay_pause()")
                resumed = pool.submit(_resume, writer, replica, before)
            outcome = secret.rotate()
            assert outcome.state == "succeeded", outcome.error
            if late:
                resumed.result()


def _resume(writer: Server, replica: psycopg.Connection, before: dict[str, object]) -> None:
    """When the writer has the new password."""
    until(lambda: any(verifier(writer, user) != old for user, old in before.items()))
    replica.execute("SELECT pg_wal_replay_resume()")
