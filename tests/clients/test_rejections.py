"""Which errors are rejections; the faces' tests have those that real servers give."""

import gettext
import urllib.error
from email.message import Message

import botocore.exceptions
import httpx
import psycopg
import pymysql
import pytest
import requests
import sqlalchemy.exc
from rotating import is_rejection

from local.servers.postgres.releases import recipe
from local.servers.prefix import prefix


def libpq(answer: str) -> psycopg.OperationalError:
    where = 'connection to server at "db" (10.0.0.1), port 5432'
    return psycopg.OperationalError(f"{where} failed: {answer}")


def of(package: str, *args: object, **attributes: object) -> Exception:
    """An error as a driver has it that is not installed here: only its package's name counts."""
    kind = type("Error", (Exception,), {"__module__": f"{package}.exceptions", **attributes})
    error: Exception = kind(*args)
    return error


def asyncpg(state: str, text: str) -> Exception:
    return of("asyncpg", text, sqlstate=state)


def pg8000(state: str, text: str) -> Exception:
    return of("pg8000", {"S": "FATAL", "C": state, "M": text})


def http(status: int) -> list[Exception]:
    response = requests.Response()
    response.status_code = status
    request = httpx.Request("GET", "https://issuer.test")
    return [
        requests.HTTPError(response=response),
        httpx.HTTPStatusError("", request=request, response=httpx.Response(status)),
        urllib.error.HTTPError("https://issuer.test", status, "", Message(), None),
    ]


def aws(code: str) -> botocore.exceptions.ClientError:
    return botocore.exceptions.ClientError({"Error": {"Code": code}}, "GetCallerIdentity")


REJECTED = [
    libpq('FATAL:  password authentication failed for user "app"'),
    libpq('FATAL:  role "app" is not permitted to log in'),
    libpq("FATAL:  SASL authentication failed"),
    libpq("FATAL:  no such user"),
    libpq('FATAL:  pg_hba.conf rejects connection for host "10.0.0.2", user "app"'),
    psycopg.OperationalError('FATAL:  password authentication failed for user "app"'),  # libpq 13
    asyncpg("28P01", "password authentication failed"),
    asyncpg("08P01", "SASL authentication failed"),  # PgBouncer's
    pg8000("08P01", "password authentication failed"),
    psycopg.errors.InvalidPassword("no"),
    psycopg.errors.InvalidAuthorizationSpecification("no"),
    pymysql.err.OperationalError(1045, "Access denied"),
    pymysql.err.OperationalError(1698, "Access denied"),
    sqlalchemy.exc.OperationalError("", None, pymysql.err.OperationalError(1045, "no")),
    *http(401),
    aws("InvalidClientTokenId"),
    aws("SignatureDoesNotMatch"),
]
NOT = [
    libpq("Connection refused"),
    asyncpg("08P01", "no more connections allowed (max_client_conn)"),
    asyncpg("57P03", "the database system is starting up"),
    pg8000("08P01", "unsupported startup parameter"),
    libpq("timeout expired"),
    libpq('FATAL:  database "app" does not exist'),
    libpq("FATAL:  sorry, too many clients already"),
    libpq("FATAL:  the database system is starting up"),
    libpq("FATAL:  the database system is shutting down"),
    libpq('FATAL:  rejecting connection, user "app" has been banned'),
    libpq("SSL error: certificate verify failed"),
    libpq("FATAL:  server login has been failing, try again later (server_login_retry)"),
    psycopg.errors.AdminShutdown("no"),
    psycopg.errors.InsufficientPrivilege("no"),
    psycopg.errors.TooManyConnections("no"),
    pymysql.err.OperationalError(2003, "Can't connect"),
    pymysql.err.OperationalError(2013, "Lost connection"),
    pymysql.err.OperationalError(1040, "Too many connections"),
    pymysql.err.OperationalError(1044, "Access denied for user to database"),
    pymysql.err.OperationalError(3955, "blocked by FAILED_LOGIN_ATTEMPTS"),
    pymysql.err.OperationalError(),
    sqlalchemy.exc.OperationalError("", None, pymysql.err.OperationalError(2003, "no")),
    *http(403),
    *http(429),
    *http(500),
    requests.ConnectionError(),
    httpx.ConnectTimeout(""),
    aws("AccessDenied"),
    aws("Throttling"),
    aws("ExpiredToken"),
    ConnectionRefusedError(),
    TimeoutError(),
    ValueError("password authentication failed"),
]


@pytest.mark.parametrize("error", REJECTED, ids=repr)
def test_a_rejection(error: Exception) -> None:
    assert is_rejection(error)


@pytest.mark.parametrize("error", NOT, ids=repr)
def test_no_rejection(error: Exception) -> None:
    assert not is_rejection(error)


REFUSED = ('password authentication failed for user "%s"', 'role "%s" is not permitted to log in')
OUTAGES = (
    'too many connections for role "%s"',
    'too many connections for database "%s"',
    'database "%s" does not exist',
    "sorry, too many clients already",
    'permission denied for database "%s"',
    "the database system is starting up",
)


def test_in_each_language_of_the_server_it_is_the_sentence_that_counts() -> None:
    catalogues = sorted(prefix(recipe("17")).glob("usr/share/locale/*/LC_MESSAGES/postgres-17.mo"))
    assert len(catalogues) >= 15
    for catalogue in catalogues:
        with catalogue.open("rb") as file:
            said = gettext.GNUTranslations(file).gettext
        severity = said("FATAL")
        for sentence in REFUSED:
            told = said(sentence).replace("%s", "app")
            assert is_rejection(libpq(f"{severity}:  {told}")), catalogue
        for sentence in OUTAGES:
            told = said(sentence).replace("%s", "app")
            assert not is_rejection(libpq(f"{severity}:  {told}")), (catalogue, sentence)
