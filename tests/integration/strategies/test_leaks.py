"""A leaked password: ended whatever the settings say, with its sessions, and proved to be refused."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pymysql
import pytest

from local.functions.home import LambdaContext
from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Document, Lab, LabSecret

ENGINES = pytest.mark.parametrize(
    "server", ["postgres_server", "mysql_server", "mariadb_server"], indirect=True
)
OF_MYSQL = pytest.mark.parametrize("server", ["mysql_server", "mariadb_server"], indirect=True)
OVERLAP = {"PASSWORD_OVERLAP": "true"}
DatabaseTarget = PostgresTarget | MySQLTarget


def end_leaked(secret: LabSecret, leaked: str, version: str | None = None) -> Document:
    """What the function answers; raises what it raises."""
    event = {
        "Step": "endLeaked",
        "SecretId": secret.arn,
        "VersionId": version or secret.holder("AWSCURRENT"),
        "LeakedVersionId": leaked,
    }
    context = LambdaContext(function_name=secret.function, timeout=60, memory_limit_in_mb="256")
    return dict(secret.lab.functions.handler(secret.function)(event, context) or {})


def target_of(server: Server, kind: Mapping[str, Any], **settings: str) -> DatabaseTarget:
    target: DatabaseTarget = kind[server.engine](server, f"leak_{uuid.uuid4().hex[:8]}", settings)
    return target


def is_open(session: Any) -> bool:
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (psycopg.Error, pymysql.Error):
        return False
    return True


@contextmanager
def sessions(target: DatabaseTarget, document: Document) -> Iterator[list[Any]]:
    """Two of the document's user, and one of somebody else, the last."""
    opened = [target.open(document), target.open(document), target.open(target.stranger())]
    yield opened
    for each in opened:
        with suppress(pymysql.Error):  # closed by the server
            each.close()


def assert_is_dead(secret: LabSecret, leaked: str, answer: Document, opened: list[Any]) -> None:
    assert answer["left"] == []
    assert answer["sessions"]["ended"] >= 2
    assert answer["refused"]["proven"], answer
    assert answer["refused"]["code"] == "Rejected"
    assert [is_open(each) for each in opened] == [False, False, True]
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}
    assert leaked != secret.holder("AWSCURRENT")


@pytest.mark.parametrize("settings", [{}, {"ADMIN_SETS_PASSWORD": "true"}], ids=["", "by admin"])
@ENGINES
def test_a_single_users_ended_in_the_rotation(
    lab: Lab, server: Server, settings: dict[str, str]
) -> None:
    secret = lab.secret(target_of(server, SINGLE, **settings))
    leaked = secret.holder("AWSCURRENT") or ""
    with sessions(secret.target, secret.value()) as opened:
        secret.rotate()
        answer = end_leaked(secret, leaked)
        assert [each["at"] for each in answer["ended"]] == [None]
        assert_is_dead(secret, leaked, answer, opened)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("by", [{}, {"ADMIN_SETS_PASSWORD": "true"}], ids=["", "by admin"])
@OF_MYSQL
def test_overlap_ends_now(lab: Lab, server: Server, by: dict[str, str]) -> None:
    secret = lab.secret(target_of(server, SINGLE, **OVERLAP, **by))
    leaked = secret.holder("AWSCURRENT") or ""
    with sessions(secret.target, secret.value()) as opened:
        secret.rotate()
        assert leaked in secret.accepted_versions()
        answer = end_leaked(secret, leaked)
        assert [bool(each["at"]) for each in answer["ended"]] == [True]
        assert_is_dead(secret, leaked, answer, opened)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("turn", ["the original's", "the clone's"])
@ENGINES
def test_alternating_users_go_on_alternating(lab: Lab, server: Server, turn: str) -> None:
    secret = lab.secret(target_of(server, ALTERNATING))
    if turn == "the clone's":
        secret.rotate()
    leaked = secret.holder("AWSCURRENT") or ""
    with sessions(secret.target, secret.value()) as opened:
        secret.rotate()
        assert leaked in secret.accepted_versions()
        answer = end_leaked(secret, leaked)
        assert_is_dead(secret, leaked, answer, opened)
    for _ in range(2):
        before = secret.value()["username"]
        assert secret.rotate().state == "succeeded"
        assert secret.value()["username"] != before
    again = end_leaked(secret, leaked)
    assert again["refused"]["proven"]
