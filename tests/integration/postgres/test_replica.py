"""A real streaming standby: the secret names the reader, its admin's the writer."""

import importlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from local.servers import Server
from local.servers.certificates import Authority
from local.servers.home import Home
from local.servers.postgres import login as as_superuser
from local.targets import create
from rotators.postgres.testing import PostgresAlternatingTarget
from shared.credentials import CLONE
from shared.errors import Misconfigured
from shared.secret import Secret
from tests.integration.postgres.pairs import PostgresPair
from tests.lab import Lab

# By its path it is the function of that name that is found.
servers = importlib.import_module("local.servers.postgres")


@pytest.fixture
def writer(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    replication = "hostssl replication all 127.0.0.1/32 scram-sha-256\n"
    monkeypatch.setattr(servers, "ACCESS", replication + servers.ACCESS)
    folder = tmp_path / "writer"
    folder.mkdir()
    with servers.postgres(folder, authority) as server:
        yield server


@pytest.fixture
def reader(
    tmp_path: Path, authority: Authority, writer: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """Instead of by initdb, its data are the writer's."""

    def initialise(_: Path, place: Home, server: Server, __: Mapping[str, str]) -> None:
        _copy(writer, place.data)
        settings = {
            "port": server.port,
            "ssl_cert_file": place.certificate.cert,
            "ssl_key_file": place.certificate.key,
            "primary_conninfo": f"host={writer.host} port={writer.port} user={writer.admin} "
            f"password={writer.password} sslmode=require",
        }
        with (place.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        for path in (place.data, *place.data.rglob("*")):
            if place.account:
                os.chown(path, place.account.uid, place.account.gid)
        place.data.chmod(0o700)

    folder = tmp_path / "reader"
    folder.mkdir()
    monkeypatch.setattr(servers, "_initialise", initialise)
    made = servers.new_server
    monkeypatch.setattr(
        servers,
        "new_server",
        lambda *words, **more: replace(made(*words, **more), password=writer.password),
    )
    with servers.postgres(folder, authority) as server:
        yield server


def _copy(writer: Server, data: Path) -> None:
    with as_superuser(writer) as admin:
        (source,) = admin.execute("SHOW data_directory").fetchone() or ("",)
        admin.execute("SELECT pg_backup_start('reader', fast => true)")
        unwanted = shutil.ignore_patterns("postmaster.*", "pg_wal")
        shutil.copytree(source, data, ignore=unwanted, dirs_exist_ok=True)
        (data / "pg_wal").mkdir()
        (label,) = admin.execute("SELECT labelfile FROM pg_backup_stop(false)").fetchone() or ("",)
    (data / "backup_label").write_text(label)
    (data / "standby.signal").touch()


def verifier(server: Server, user: str) -> object:
    with as_superuser(server) as admin:
        return admin.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", [user]
        ).fetchone()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end


def test_a_single_user_of_a_reader(writer: Server, reader: Server) -> None:
    pair = PostgresPair(writer)
    until(lambda: verifier(reader, pair.app))
    login = replace(pair.login(pair.app), host=reader.host, port=reader.port)
    with pair.engine.connect(login) as session:
        with pytest.raises(Misconfigured, match="read-only replica") as caught:
            session.set_password(Secret("new"))
        session.ping()
    assert caught.value.field == "host"


def test_alternating_users_of_a_reader(
    lab: Lab, writer: Server, reader: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the reader is late: setSecret waits for it."""
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
