"""One login, or one request with a key, by a driver itself; what the rivals use."""

import contextlib
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import pymysql
import requests

from local.bench.clients.rivals import Document, Use
from local.bench.clients.where import Where

SECONDS = 10


def libpq(where: Where) -> dict[str, Any]:
    """What psycopg needs besides the secret's own fields."""
    return {
        "dbname": where.database,
        "sslmode": "verify-full",
        "sslrootcert": str(where.ca),
        "channel_binding": "disable",  # as in local/servers/postgres/__init__.py
        "connect_timeout": SECONDS,
    }


def mysql(where: Where) -> dict[str, Any]:
    """What PyMySQL needs besides."""
    context = ssl.create_default_context(cafile=where.ca)
    return {"ssl": context, "connect_timeout": SECONDS, "read_timeout": 3 * SECONDS}


def plain(where: Where) -> Use:
    """Log in with the fields of a document, and leave."""
    return _PLAIN[where.engine](where)


def _postgres(where: Where) -> Use:
    rest = libpq(where)

    def use(document: Document) -> None:
        user, password = document["username"], document["password"]
        psycopg.connect(
            host=where.host, port=where.port, user=user, password=password, **rest
        ).close()

    return use


def _mysql(where: Where) -> Use:
    rest = mysql(where)

    def use(document: Document) -> None:
        user, password = document["username"], document["password"]
        pymysql.connect(
            host=where.host, port=where.port, user=user, password=password, **rest
        ).close()

    return use


def _http(where: Where) -> Use:
    session = requests.Session()
    session.trust_env = False  # a bundle of the machine's would go before ours
    session.verify = str(where.ca)

    def use(document: Document) -> None:
        headers = {"Authorization": f"Bearer {document['api_key']}"}
        session.get(where.url, headers=headers, timeout=SECONDS).raise_for_status()

    return use


_PLAIN: Mapping[str, Callable[[Where], Use]] = {
    "postgres": _postgres,
    "mysql": _mysql,
    "mariadb": _mysql,
    "http": _http,
}


def ended(connection: Any) -> None:  # noqa: ANN401 - any driver's
    """A connection is what was wanted: it is closed, whatever the other side says to that."""
    with contextlib.suppress(Exception):
        connection.close()
