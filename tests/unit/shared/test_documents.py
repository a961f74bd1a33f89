import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotators.http_api_key.issuer import HttpIssuer
from rotators.postgres.engine import PostgresEngine
from shared.credentials import LOGIN_FIELDS, Login
from shared.document.form import TEXT_FIELD, with_fields
from shared.document.value import dump_document, load_document, load_value
from shared.errors import MalformedSecret, RotationError
from shared.keys.api_key import ApiKey
from shared.strategies import SingleUser
from shared.tls import ca_bundle

LOGIN = {"engine": "postgres", "host": "db", "username": "app", "password": "old"}
KEY = {
    "issuer_url": "https://issuer.test/api/",
    "issuer": "jupyterhub",
    "owner": "app",
    "key_id": "a1",
    "api_key": "old",
    "admin_secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:any-AbCdEf",
}

ISSUER = HttpIssuer(ca_bundle({}), {})


def parse_key(document: dict[str, Any]) -> ApiKey:
    return ISSUER.parse(document)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)  # fmt: skip


@given(extra=st.dictionaries(st.text().filter(lambda key: key not in LOGIN_FIELDS), values))
def test_unknown_keys_survive_a_rotation_with_their_meaning(extra: dict[str, Any]) -> None:
    document = load_document(json.dumps({**extra, **LOGIN}))
    rendered = dump_document(Login.parse(document, default_port=5432).render())
    assert json.loads(rendered) == {**extra, **LOGIN}
    assert list(json.loads(rendered)) == list({**extra, **LOGIN})
    assert len(rendered.encode()) <= len(json.dumps({**extra, **LOGIN}).encode())


@given(before=st.text(), after=st.text())
def test_any_text_is_a_document_or_a_typed_error_without_the_text(before: str, after: str) -> None:
    try:
        load_document(f"{before}canary{after}")
    except MalformedSecret as error:
        assert error.field == "SecretString"
        assert "canary" not in str(error)
        assert error.__context__ is None  # JSONDecodeError keeps the document


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("canary", "is not JSON"),
        ("", "is not JSON"),
        ('{"a": "canary"', "is not JSON"),
        ('["canary"]', "not an object"),
        ('"canary"', "not an object"),
        ('{"a": NaN, "b": "canary"}', "NaN or Infinity"),
        ('{"a": 3.14159265358979323846}', "cannot be kept exactly"),
        ('{"a": 1e999}', "cannot be kept exactly"),
        ('{"a": 1e9999999999999999999999}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": ' + "9" * 5000 + "}", "is not JSON"),
    ],
)
def test_what_is_wrong_with_the_value_is_said(text: str, problem: str) -> None:
    with pytest.raises(MalformedSecret, match=problem) as caught:
        load_document(text)
    assert "canary" not in str(caught.value)


def test_an_unpaired_surrogate_in_an_unknown_key_is_kept() -> None:
    text = '{"note": "\\ud800"}'
    assert json.loads(dump_document(load_document(text))) == json.loads(text)


def test_a_tutorials_secret_without_engine_and_with_a_port_as_a_string() -> None:
    document = {"host": "db", "username": "app", "password": "old", "port": "6432"}
    login = Login.parse(document, default_port=5432)
    assert login.port == 6432
    assert login.dbname is None
    assert login.render() == document


def test_an_empty_dbname_is_none_at_all() -> None:
    assert Login.parse({**LOGIN, "dbname": ""}, default_port=5432).dbname is None


def test_a_value_of_the_full_size_can_be_rotated() -> None:
    """65,536 bytes as small as JSON gets: fact 17 leaves no room for spaces."""
    padding = "x" * (65_536 - len(json.dumps({**LOGIN, "pad": ""}, separators=(",", ":"))))
    document = {**LOGIN, "pad": padding}
    assert len(dump_document(document).encode()) == 65_536


def test_the_port_has_the_engines_default() -> None:
    assert Login.parse(LOGIN, default_port=3306).port == 3306


@pytest.mark.parametrize("ssl", [True, "true", "True", "yes", None])
def test_an_ssl_that_asks_for_tls_is_accepted(ssl: object) -> None:
    document = LOGIN if ssl is None else {**LOGIN, "ssl": ssl}
    assert Login.parse(document, default_port=5432).render() == document


@pytest.mark.parametrize("ssl", [False, "false", "False", "0"])
def test_an_ssl_that_switches_tls_off_is_refused(ssl: object) -> None:
    document = {**LOGIN, "ssl": ssl}
    assert not Login.parse(document, default_port=5432).tls
    strategy = SingleUser(object.__new__(PostgresEngine), {})
    with pytest.raises(MalformedSecret, match="TLS") as caught:
        strategy.parse(document)
    assert "ALLOW_UNENCRYPTED" in caught.value.do
    allowing = SingleUser(object.__new__(PostgresEngine), {"ALLOW_UNENCRYPTED": "true"})
    assert not allowing.parse(document).tls


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": None}, "username"),
        ({"username": 7}, "username"),
        ({"username": ""}, "username"),
        ({"username": "a\0b"}, "username"),
        ({"username": "\ud800"}, "username"),
        ({"password": None}, "password"),
        ({"password": ["canary"]}, "password"),
        ({"host": None}, "host"),
        ({"host": "db1,db2"}, "host"),
        ({"host": "/var/run/postgresql"}, "host"),
        ({"host": "db canary"}, "host"),
        ({"port": "canary"}, "port"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "port"),
        ({"port": True}, "port"),
        ({"port": 5432.0}, "port"),
        ({"dbname": 5}, "dbname"),
        ({"ssl": "canary"}, "ssl"),
    ],
)
def test_a_wrong_field_of_a_login_is_named_and_not_quoted(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedSecret, match=f"'{field}'") as caught:
        Login.parse({**LOGIN, **change}, default_port=5432)
    assert caught.value.field == field
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.test/api",
        "https://",
        "https://admin:canary@issuer.test/",
        "https://issuer.test/?key=canary",
        "https://issuer.test/#canary",
        "https://issuer.test:canary/",
        "https://issuer.test:0/",
        "https://iss uer.test/",
        "ftp://issuer.test",
        "//issuer.test",
        5,
    ],
)
def test_only_a_plain_https_url_is_an_issuer(url: object) -> None:
    with pytest.raises(MalformedSecret, match="'issuer_url'") as caught:
        parse_key({**KEY, "issuer_url": url})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("field", list(KEY))
def test_a_missing_field_of_an_api_key_is_named(field: str) -> None:
    with pytest.raises(MalformedSecret, match=f"'{field}'"):
        parse_key({key: value for key, value in KEY.items() if key != field})


def test_a_key_that_would_break_an_http_header_is_refused() -> None:
    with pytest.raises(MalformedSecret, match="'api_key'"):
        parse_key({**KEY, "api_key": "canary\r\nX: 1"})


@given(document=st.dictionaries(st.sampled_from([*LOGIN, *KEY, "port", "ssl", "dbname"]), values))
def test_any_document_is_parsed_or_refused_with_the_field(document: dict[str, Any]) -> None:
    for parse in (lambda: Login.parse(document, default_port=1), lambda: parse_key(document)):
        try:
            parse()
        except RotationError as error:
            assert isinstance(error, MalformedSecret)
            assert error.field


@given(text=st.text(min_size=1).filter(lambda text: not text.lstrip().startswith("{")))
def test_a_plain_string_is_kept_as_it_is(text: str) -> None:
    document = load_value(text)
    assert document == {TEXT_FIELD: text}
    assert dump_document(document) == text
    assert dump_document(with_fields(document, {TEXT_FIELD: "another"})) == "another"


def test_an_object_is_no_plain_string_nor_is_a_broken_one() -> None:
    assert load_value('{"a": 1}') == {"a": 1}
    assert dump_document(with_fields(load_value('{"a": 1}'), {"a": 2})) == '{"a":2}'
    assert dump_document({TEXT_FIELD: "x"}) == '{"SecretString":"x"}'
    with pytest.raises(MalformedSecret, match="not JSON") as caught:
        load_value('{"api_key": "canary"')
    assert "canary" not in str(caught.value)
