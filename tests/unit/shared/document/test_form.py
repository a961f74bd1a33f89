"""A secret by the names that functions read: what is where, and what a rotation writes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.bootstrap import ROOT
from rotators.http_api_key.issuer import HttpIssuer
from rotators.postgres.engine import PostgresEngine
from shared.credentials import Login
from shared.document.form import names_of, require_known, stored_of, with_fields
from shared.document.value import dump_document, load_document, load_value
from shared.errors import MalformedSecret, Misconfigured, RotationError, TargetMismatch
from shared.secret import Secret
from shared.strategies import SingleUser
from shared.tls import ca_bundle

FLAT = {
    "DB_USER": "app",
    "STRIPE_SECRET_KEY": "sk",
    "DB_PASSWORD": "old",
    "DB_HOST": "db.test",
    "DB_PORT": "6432",
    "rotation": {
        "fields": {
            "username": "DB_USER",
            "password": "DB_PASSWORD",
            "host": "DB_HOST",
            "port": "DB_PORT",
        }
    },
}
URL = "postgres://app:old@db.test:6432/orders?sslmode=require"
ONE_URL = {"DATABASE_URL": URL, "JWT": [1.5], "rotation": {"urls": ["DATABASE_URL"]}}
BACKEND = SingleUser(object.__new__(PostgresEngine), {})


def parse(document: object) -> Login:
    text = document if isinstance(document, str) else json.dumps(document)
    return BACKEND.parse(load_value(text))


def following(login: Login, username: str = "app", new: str = "new") -> str:
    """What is stored of the next login."""
    return dump_document(BACKEND.render(replace(login, username=username, password=Secret(new))))


@pytest.mark.parametrize("document", [FLAT, ONE_URL, URL], ids=["flat", "one URL", "plain"])
def test_a_login_is_read_in_each_form(document: object) -> None:
    login = parse(document)
    assert login.address == "user 'app' at db.test:6432"
    assert login.password == Secret("old")


def test_only_the_credential_is_written_and_in_place() -> None:
    assert json.loads(following(parse(FLAT))) == {**FLAT, "DB_PASSWORD": "new"}
    assert list(json.loads(following(parse(FLAT)))) == list(FLAT)
    written = {**ONE_URL, "DATABASE_URL": URL.replace("old", "n%20w")}
    assert following(parse(ONE_URL), new="n w") == json.dumps(written, separators=(",", ":"))
    assert following(parse(URL), "app_clone", "n/w") == URL.replace("app:old", "app_clone:n%2Fw")


def test_every_url_that_holds_the_credential_is_written() -> None:
    secret = {
        "password": "old",
        "username": "app",
        "host": "server.test",
        "port": 5432,
        "POOL": "postgres://app:old@pool.test:6432/orders",
        "JDBC": "jdbc:postgresql://pool.test/orders?ssl=true&password=old&user=app",
        "PSYCOPG": "postgresql+psycopg://app@server.test",
        "rotation": {"urls": ["POOL", "JDBC", "PSYCOPG"]},
    }
    login = parse(secret)
    assert (login.host, login.port, login.dbname) == ("server.test", 5432, "orders")
    assert json.loads(following(login, "app_clone", "new")) == {
        **secret,
        "password": "new",
        "username": "app_clone",
        "POOL": "postgres://app_clone:new@pool.test:6432/orders",
        "JDBC": "jdbc:postgresql://pool.test/orders?ssl=true&password=new&user=app_clone",
        "PSYCOPG": "postgresql+psycopg://app_clone@server.test",
    }


def test_explicit_fields_win_and_a_port_is_that_of_its_host() -> None:
    for host in ("db.test", "DB.test", None):
        assert parse({**ONE_URL, "host": host}).port == 6432
    portless = {**ONE_URL, "DATABASE_URL": "postgres://app:old@db.test/orders"}
    assert parse({**portless, "host": "other.test"}).port == 5432
    login = parse({**ONE_URL, "host": "db.test", "port": 7, "dbname": "d", "engine": "postgresql"})
    assert (login.port, login.dbname) == (7, "d")


@pytest.mark.parametrize(
    "place",
    ["db.test:6432/orders", "a:1,b:2/orders", "/orders?host=%2Frun&port=2", "a:1/orders?socket=x"],
)
def test_a_port_that_is_not_read_is_asked_for(place: str) -> None:
    secret = {**ONE_URL, "DATABASE_URL": f"postgres://app:old@{place}", "host": "server.test"}
    with pytest.raises(MalformedSecret, match="field 'port' of the secret is not said") as caught:
        parse(secret)
    assert caught.value.field == "port"
    login = parse({**secret, "port": 7})
    assert (login.host, login.port, login.dbname) == ("server.test", 7, "orders")


def test_no_port_is_assumed_for_one_among_the_options() -> None:
    secret = {**ONE_URL, "DATABASE_URL": "postgres://app:old@db.test:1/orders?port=2"}
    with pytest.raises(MalformedSecret, match="give it in a field 'port', in the secret"):
        parse(secret)


@pytest.mark.parametrize("value", ["old%21", "old!", "%6fld!"])
def test_a_password_in_another_option_is_refused(value: str) -> None:
    url = f"postgres://app:old%21@db.test/orders?sslpassword={value}"
    for secret in (url, {**ONE_URL, "DATABASE_URL": url}):
        with pytest.raises(MalformedSecret, match=r"an option of .* has the password") as caught:
            parse(secret)
        assert "old" not in str(caught.value)


@pytest.mark.parametrize(
    ("held", "said"),
    [("H.example.org", "h.example.org."), ("h.test.", "H.test"), ("[0:0::1]", "::1")],
)
def test_one_host_in_two_spellings_has_the_port_of_the_url(held: str, said: str) -> None:
    url = f"postgres://app:old@{held}:6432/orders"
    assert parse({**ONE_URL, "DATABASE_URL": url, "host": said}).port == 6432


def test_an_empty_database_name_counts_as_absent_beside_a_url() -> None:
    login = parse({**ONE_URL, "dbname": ""})
    assert login.dbname == "orders"
    assert json.loads(following(login))["dbname"] == ""


def test_a_field_whose_name_is_mapped_to_another_is_only_kept() -> None:
    secret = {**FLAT, "password": "of something else", "host": 7}
    login = parse(secret)
    assert login.password == Secret("old")
    assert json.loads(following(login)) == {**secret, "DB_PASSWORD": "new"}


def test_a_value_that_has_no_place_yet_becomes_a_field() -> None:
    document = load_document(json.dumps(FLAT))
    assert json.loads(dump_document(with_fields(document, {"more": 1}))) == {**FLAT, "more": 1}


def test_documents_are_equal_where_what_is_stored_is() -> None:
    document, same = (load_document(json.dumps(ONE_URL)) for _ in range(2))
    assert document == same
    assert document == ONE_URL
    assert document == ONE_URL
    moved = load_document(json.dumps({**ONE_URL, "DATABASE_URL": URL + "&a=b"}))
    assert dict(document) == dict(moved) | {"JWT": [1.5]}
    assert document != moved
    assert moved != document


@pytest.mark.parametrize(
    ("secret", "field", "told"),
    [
        ({**FLAT, "DB_PASSWORD": 7}, "DB_PASSWORD", "field 'DB_PASSWORD' of the secret must be"),
        ({**FLAT, "DB_PASSWORD": None}, "DB_PASSWORD", "field 'DB_PASSWORD' of the secret is mis"),
        ({**FLAT, "DB_HOST": "a:1"}, "DB_HOST", "the port in it; move that to 'DB_PORT'"),
        ({**FLAT, "DB_USER": "x" * 64}, "DB_USER", "correct 'DB_USER' in the secret"),
        ({**FLAT, "ssl": False}, "ssl", "'ssl' switches TLS off"),
        (
            {**ONE_URL, "DATABASE_URL": "postgres://app@db"},
            "DATABASE_URL",
            "the password in 'DATABASE_URL' of the secret is missing.*in a field 'password'",
        ),
        (
            {**ONE_URL, "DATABASE_URL": "postgres://app:p@a,b"},
            "DATABASE_URL",
            "the host in 'DATABASE_URL' of the secret is missing, or not a single one",
        ),
        (
            {**ONE_URL, "DATABASE_URL": "postgres://app:p@db:canary"},
            "DATABASE_URL",
            "the port in 'DATABASE_URL' of the secret must be a port",
        ),
        (
            {**ONE_URL, "DATABASE_URL": "mysql://app:p@db"},
            "DATABASE_URL",
            "the engine in 'DATABASE_URL'.*or say one of these in a field 'engine' beside 'DATA",
        ),
        (
            "postgis://app:p@db",
            "SecretString",
            "or store a JSON object, with the URL in a field .* and a field 'engine' that says one",
        ),
        (
            {**ONE_URL, "engine": "oracle"},
            "engine",
            "field 'engine' of the secret is not one .* or correct 'engine'",
        ),
        (
            {
                "DATABASE_URL": "postgres://app@db",
                "DB_PASSWORD": None,
                "rotation": {"fields": {"password": "DB_PASSWORD"}, "urls": ["DATABASE_URL"]},
            },
            "DATABASE_URL",
            "give it there, or in the field 'DB_PASSWORD', in the secret",
        ),
        (
            {
                "DATABASE_URL": "postgres://app:12345@db",
                "P": 12345,
                "rotation": {"fields": {"password": "P"}, "urls": ["DATABASE_URL"]},
            },
            "P",
            "field 'P' of the secret must be a string of at least one character; correct it in",
        ),
        ({**ONE_URL, "password": "another"}, "DATABASE_URL", "is not that in 'password'"),
        ({**ONE_URL, "password": {}}, "password", "must be a string"),
        ({**ONE_URL, "username": "another"}, "DATABASE_URL", "is not that in 'username'"),
        ({**FLAT, "rotation": {"fields": {"user": "DB_USER"}}}, "rotation.fields.user", "none of"),
        ("canary", "SecretString", "neither a JSON object nor a connection URL"),
        ('["postgres://a:b@db"]', "SecretString", "is no connection URL"),
        (
            "postgres://app@db",
            "SecretString",
            "store a JSON object, with the URL in a field that .* lists and a field 'password', as",
        ),
    ],
)
def test_what_is_wrong_is_told_by_the_names_of_the_secret(
    secret: object, field: str, told: str
) -> None:
    with pytest.raises((MalformedSecret, TargetMismatch), match=told) as caught:
        parse(secret)
    assert caught.value.field == field
    assert "another" not in str(caught.value).replace("another one", "")
    assert "canary" not in str(caught.value)


def test_a_plain_string_has_no_room_for_an_admin() -> None:
    with pytest.raises(MalformedSecret, match="store a JSON object, with the URL in a field") as e:
        BACKEND.admins.login(parse(URL), None)  # type: ignore[arg-type]  # it asks for none
    assert e.value.field == "masterarn"


def test_an_error_is_told_once_by_the_names_of_the_secret() -> None:
    what, do = "user 'host' at db: field 'host' is odd", "check 'host' and 'port', not 'host'@'%'"
    error: RotationError = Misconfigured(what, do=do, field="host")
    error.rename_fields(names_of(load_document(json.dumps(ONE_URL))))
    assert error.what == "user 'host' at db: field 'DATABASE_URL' is odd"
    assert (error.do, error.field) == ("check 'DATABASE_URL', not 'host'@'%'", "DATABASE_URL")
    again = error.rename_fields({"DATABASE_URL": "other"})
    assert again.field == "DATABASE_URL"


KEY_FIELDS = {
    "issuer_url": "HUB",
    "owner": "OWNER",
    "key_id": "HUB_TOKEN_ID",
    "api_key": "HUB_TOKEN",
}
KEY = {
    "issuer": "jupyterhub",
    "HUB": "https://issuer.test/api",
    "OWNER": "app",
    "HUB_TOKEN_ID": "a1",
    "HUB_TOKEN": "old",
    "admin_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:any-AbCdEf",
    "rotation": {"fields": KEY_FIELDS},
}
ISSUER = HttpIssuer(ca_bundle({}), {})


def test_a_key_is_read_and_written_likewise() -> None:
    key = ISSUER.parse(load_document(json.dumps(KEY)))
    written = dump_document(key.with_key(Secret("new"), key_id="a2").render())
    assert json.loads(written) == {**KEY, "HUB_TOKEN": "new", "HUB_TOKEN_ID": "a2"}


def test_a_key_in_a_url_is_refused_where_no_rotation_would_change_it() -> None:
    rotation = {"fields": KEY_FIELDS, "urls": ["URL"]}
    document = {**KEY, "URL": "https://app:old@issuer.test/api", "rotation": rotation}
    with pytest.raises(MalformedSecret, match="its key is in 'api_key'") as caught:
        ISSUER.parse(load_document(json.dumps(document)))
    assert caught.value.field == "rotation.urls"


KIND = ROOT / "rotators" / "http_api_key"
BROKER = {
    "issuer": "rabbitmq",
    "issuer_url": "https://broker.test/api",
    "username": "app",
    "admin_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:broker-AbCdEf",
    "AMQP_URL": "amqps://app:old@broker.test:5671/orders",
    "rotation": {"urls": ["AMQP_URL"]},
}


def test_a_key_in_the_field_password_may_be_in_a_url() -> None:
    key = ISSUER.parse(load_document(json.dumps(BROKER)))
    written = json.loads(dump_document(key.with_key(Secret("n/w")).render()))
    assert written == {**BROKER, "AMQP_URL": "amqps://app:n%2Fw@broker.test:5671/orders"}


@pytest.mark.parametrize(
    ("name", "field", "told"),
    [
        ("api_kye", "NOTE", "api_kye' is none of"),
        ("owner", "admin_secret_arn", "'admin_secret_arn', which this function reads for itself"),
    ],
)
def test_a_key_has_known_names_as_well(name: str, field: str, told: str) -> None:
    rotation = {"fields": {**KEY_FIELDS, name: field}}
    document = load_document(json.dumps({**KEY, "NOTE": None, "rotation": rotation}))
    with pytest.raises(MalformedSecret, match=told):
        ISSUER.parse(document)


names = st.sampled_from(["username", "password", "host", "A", "B", "C", "port"])


@settings(max_examples=500)
@given(
    secret=st.dictionaries(names, st.sampled_from(["a", "b", None, 7, "x://a:b@c", "x://a@c"])),
    fields=st.dictionaries(names, names),
    urls=st.lists(names, unique=True),
    changes=st.dictionaries(st.sampled_from(["username", "password"]), st.text(min_size=1)),
)
def test_what_is_written_is_read_back_and_nothing_else_changes(
    secret: dict[str, Any], fields: dict[str, str], urls: list[str], changes: dict[str, str]
) -> None:
    """Of any mapping that a function takes, and values that a login has."""
    text = json.dumps({**secret, "rotation": {"fields": fields, "urls": urls}})
    try:
        before = load_document(text)
        require_known(before, {"username", "password", "host", "port"}, of="the secret")
    except MalformedSecret:
        return
    changes = {name: value for name, value in changes.items() if before.get(name) is not None}
    written = load_document(dump_document(with_fields(before, changes)))
    assert dict(written) == {**before, **changes}
    assert list(stored_of(written)) == list(stored_of(before))
