"""A credential that has leaked, as the function is asked to end it, and sessions that are to go."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

import psycopg
import pymysql
from pymysql.connections import Connection as MySQLConnection
from pymysql.cursors import Cursor

from local.functions.home import LambdaContext
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from tests.lab import Document, LabSecret

DatabaseTarget = PostgresTarget | MySQLTarget
Session: TypeAlias = "psycopg.Connection[tuple[object, ...]] | MySQLConnection[Cursor]"


def event_of(secret: LabSecret, leaked: str, version: str | None = None) -> dict[str, str]:
    """What rotctl asks with, by default about the version in use."""
    return {
        "Step": "endLeaked",
        "SecretId": secret.arn,
        "VersionId": version or secret.holder("AWSCURRENT") or "",
        "LeakedVersionId": leaked,
    }


def end_leaked(secret: LabSecret, leaked: str, version: str | None = None) -> Document:
    """What the function answers; raises what it raises."""
    context = LambdaContext(function_name=secret.function, timeout=60, memory_limit_in_mb="256")
    handler = secret.lab.functions.handler(secret.function)
    return dict(handler(event_of(secret, leaked, version), context) or {})


def is_open(session: Session) -> bool:
    """Whether the server still answers in it."""
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (psycopg.Error, pymysql.Error):
        return False
    return True


@contextmanager
def sessions(*logins: tuple[DatabaseTarget, Document]) -> Iterator[list[Session]]:
    """One of each of these users."""
    opened = [target.open(document) for target, document in logins]
    yield opened
    for each in opened:
        with suppress(pymysql.Error):  # closed by the server
            each.close()
