import json
import ssl
from typing import Any

import pytest
from rotating import MalformedSecret, Version
from rotating.login import libpq, mysql
from sqlalchemy import make_url

AWS = {
    "engine": "postgres",
    "host": "db.example.org",
    "port": 5433,
    "username": "app",
    "password": "it's \\ ✓",
    "dbname": "orders",
}
VALUES = ("cut", "70000", "5432x", "99", "it's", "half")
LIBPQ = {
    "sslmode": "verify-full",
    "host": "db.example.org",
    "port": 5433,
    "user": "app",
    "password": "it's \\ ✓",
    "dbname": "orders",
}


def version(**changed: object) -> Version:
    value = {name: each for name, each in {**AWS, **changed}.items() if each is not ...}
    return Version("orders/db", "id", text=json.dumps(value))


def test_the_fields_of_aws_are_the_arguments_of_libpq() -> None:
    assert libpq(version(), {}) == LIBPQ


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({"host": "reader"}, {"host": "reader", "port": 5433}),
        ({"port": 6432, "dbname": "b"}, {"port": 6432, "dbname": "b"}),
        ({"user": "other", "password": "other"}, {}),
        ({"host": None, "prepare_threshold": None}, {"prepare_threshold": None}),
        ({"sslmode": "require"}, {"sslmode": "require"}),
        ({"sslmode": None}, {}),
        ({"host": "", "port": "", "dbname": "", "sslmode": ""}, {}),
        ({"hostaddr": "127.0.0.1"}, {"hostaddr": "127.0.0.1"}),
    ],
)
def test_the_callers_own_go_first_but_for_user_and_password(
    own: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert libpq(version(), own) == {**LIBPQ, **expected}


def test_who_names_a_service_names_host_and_port_there() -> None:
    found = libpq(version(host=..., port=...), {"service": "orders"})
    assert found.keys() & {"host", "port"} == set()
    assert libpq(version(), {"service": "orders"}).keys() & {"host", "port"} == set()


def test_a_database_is_not_the_users_name_which_alternates() -> None:
    assert libpq(version(dbname=...), {})["dbname"] == "postgres"
    assert libpq(version(dbname=""), {})["dbname"] == "postgres"
    assert "database" not in mysql(version(engine="mysql", dbname=...), {})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": ...}, "username"),
        ({"password": None}, "password"),
        ({"password": ""}, "password"),
        ({"password": "cut\0off"}, "password"),
        ({"host": ...}, "host"),
        ({"port": "70000"}, "port"),
        ({"port": "5432x"}, "port"),
        ({"port": "9" * 5000}, "port"),
        ({"password": "half \ud83d"}, "password"),
        ({"dbname": "half \ud83d"}, "dbname"),
        ({"engine": "oracle"}, "engine"),
        ({"username": ["app"]}, "username"),
    ],
)
def test_what_is_missing_or_wrong_is_told_by_its_field_and_without_a_value(
    changed: dict[str, object], field: str
) -> None:
    for read, engine in ((libpq, "postgres"), (mysql, "mysql")):
        with pytest.raises(MalformedSecret, match=rf"'orders/db'.*{field}") as told:
            read(version(**{"engine": engine, **changed}), {})
        assert told.value.field == field
        shown = [
            each for each in ("cut", "70000", "5432x", "it's", "half") if each in str(told.value)
        ]
        assert not shown


def test_a_login_of_the_callers_own_reads_other_shapes() -> None:
    url = "postgresql://app:p%40ss@db.example.org:5433/orders"
    found = libpq(
        Version("orders/db", "id", text=url),
        {"dbname": "other"},
        lambda version: make_url(version.text).translate_connect_args(
            username="user", database="dbname"
        ),
    )
    assert found == {**LIBPQ, "password": "p@ss", "dbname": "other"}
    assert "p@ss" not in repr(found)


def test_what_a_login_of_the_callers_own_could_not_read_is_not_shown() -> None:
    text = "postgresql://app:hush@db.example.org:port/orders"
    with pytest.raises(MalformedSecret, match="'orders/db': ValueError") as told:
        libpq(
            Version("orders/db", "id", text=text),
            {},
            lambda version: {"host": make_url(version.text).host},
        )
    assert told.value.__context__ is None  # it would quote the value


def test_a_password_beyond_latin_1_reaches_mysql_as_utf_8() -> None:
    found = mysql(version(engine="mariadb"), {"ssl": object()})
    assert found["password"].encode("latin-1") == "it's \\ ✓".encode()
    assert "it's" not in repr(found)


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"ssl": None},
        {"ssl": {}},
        {"ssl_disabled": False},
        {"ssl_verify_identity": True},
        {"ssl_verify_cert": True, "ssl_verify_identity": None},
    ],
)
def test_mysql_is_verified_unless_the_caller_says_other(own: dict[str, Any]) -> None:
    context = mysql(version(engine="mysql"), own)["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "own",
    [
        {"ssl": {"ca": "ca.pem"}},
        {"ssl_disabled": True},
        {"ssl_ca": "ca.pem", "ssl_verify_identity": False},
        {"ssl_verify_cert": False, "ssl_verify_identity": True},
        {"unix_socket": "/run/mysqld.sock"},
    ],
)
def test_what_the_caller_says_of_tls_is_left_alone(own: dict[str, Any]) -> None:
    found = mysql(version(engine="mysql"), own)
    assert {name: found.get(name) for name in ("ssl", *own)} == {"ssl": None, **own}


def test_the_older_names_of_pymysql_are_the_newer_ones() -> None:
    secret = version(engine="mysql")
    found = mysql(secret, {"db": "mine", "passwd": "other", "ssl": object()})
    assert found == {**mysql(secret, {"ssl": found["ssl"]}), "database": "mine"}
    given = mysql(secret, {}, lambda version: {"db": "theirs", "passwd": version["password"]})
    assert given["database"] == "theirs"
    assert given["password"].encode("latin-1") == "it's \\ ✓".encode()
    assert not {"db", "passwd"} & (found.keys() | given.keys())
