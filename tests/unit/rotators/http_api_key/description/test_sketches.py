"""What real issuers need of the language, by sketches of descriptions that do not come with it."""

import json
from typing import Any

import pytest

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.templates import Values
from rotators.http_api_key.http.calls import make_call
from shared.secret import Secret

ADMIN = {"secret": "{secret.admin_secret_arn}", "auth": {"bearer": "{admin.api_key}"}}

# docs.getunleash.io, "API tokens": the token is its only id.
UNLEASH: dict[str, Any] = {
    "base": "https://{secret.host}/api/admin",
    "fields": {"key": "token", "id": "token"},
    "confidential": ["id"],
    "label": "{tag}-{version}",
    "auth": {"headers": {"Authorization": "{key}"}},
    "admin": {**ADMIN, "auth": {"headers": {"Authorization": "{admin.api_key}"}}},
    "issue": {
        "request": "POST /api-tokens",
        "body": {
            "tokenName": "{label}",
            "type": "{kept.type}",
            "environment": "{kept.environment}",
            "projects": "{kept.projects}",
            "expiresAt": "{kept.ends}",
        },
        "read": {"id": "secret", "key": "secret", "projects": "projects", "type": "type"},
    },
    "list": {
        "request": "GET /api-tokens",
        "read": {
            "keys": "tokens",
            "id": "secret",
            "label": "tokenName",
            "created": "createdAt",
            "expires": "expiresAt",
            "type": "type",
            "environment": "environment",
            "projects": "projects",
        },
    },
    "revoke": {"request": "DELETE /api-tokens/{id}", "proved": True},
    "probe": {
        "base": "https://{secret.host}",
        "request": "GET /api/client/features",
        "rejected": [401],
        "authenticated": [403],
    },
    "propagation": "30s",
}

# github.com/verdaccio/verdaccio, packages/api/src/v1/token.ts: the list shows a masked value.
VERDACCIO: dict[str, Any] = {
    "base": "https://{secret.host}",
    "fields": {"key": "token", "id": "token_key"},
    "auth": {"bearer": "{key}"},
    "admin": ADMIN,
    "issue": {
        "request": "POST /-/npm/v1/tokens",
        "body": {
            "password": "{admin.password}",
            "readonly": "{kept.readonly}",
            "cidr_whitelist": "{kept.cidr}",
        },
        "read": {"id": "key", "key": "token", "readonly": "readonly"},
    },
    "list": {
        "request": "GET /-/npm/v1/tokens",
        "read": {
            "keys": "objects",
            "id": "key",
            "shown": "token",
            "readonly": "readonly",
            "cidr": "cidr",
        },
    },
    "revoke": {"request": "DELETE /-/npm/v1/tokens/token/{id}"},
    "probe": {
        "request": "GET /-/whoami",
        "expect": {"username": "{secret.user}"},
        "rejected": [401],
        "authenticated": [],
    },
}

# etcd.io, "gRPC gateway": errors are gRPC's codes, and a wrong password is 400 with code 3.
ETCD: dict[str, Any] = {
    "base": "https://{secret.host}/v3",
    "fields": {"key": "password"},
    "auth": "none",
    "admin": {
        "secret": "{secret.admin_secret_arn}",
        "login": {
            "request": "POST /auth/authenticate",
            "body": {"name": "{admin.username}", "password": "{admin.password}"},
            "rejected": ["code == `3`"],
            "read": {"token": "token"},
        },
        "auth": {"headers": {"Authorization": "{token}"}},
    },
    "set": {
        "request": "POST /auth/user/changepw",
        "body": {"name": "{secret.username}", "password": "{key}"},
        "because": {"code == `9`": "authentication is not enabled on this cluster"},
    },
    "probe": {
        "request": "POST /auth/authenticate",
        "body": {"name": "{secret.username}", "password": "{key}"},
        "rejected": ["code == `3`"],
        "authenticated": [],
    },
}

# docs.influxdata.com/influxdb/v1, "Manage authentication": a statement, and errors inside a 200.
INFLUXDB: dict[str, Any] = {
    "base": "https://{secret.host}:8086",
    "fields": {"key": "password"},
    "auth": {"basic": ["{secret.username}", "{key}"]},
    "admin": {**ADMIN, "auth": {"basic": ["{admin.username}", "{admin.password}"]}},
    "set": {
        "request": "POST /query",
        "form": {"q": "SET PASSWORD FOR \"{secret.username|influxql}\" = '{key|influxql}'"},
        "expect": {"results[0].error": None},
        "because": {"results[0].error": "the statement was refused"},
    },
    "probe": {
        "request": "POST /query",
        "form": {"q": "SHOW DATABASES"},
        "rejected": ["error == 'authorization failed'"],
        "authenticated": [403],
    },
}
SKETCHES = {"unleash": UNLEASH, "verdaccio": VERDACCIO, "etcd": ETCD, "influxdb": INFLUXDB}


def described(name: str) -> Description:
    return read_description(SKETCHES[name], "issuer")


@pytest.mark.parametrize("name", SKETCHES)
def test_it_can_be_described(name: str) -> None:
    assert described(name).probe.outcomes.keys() == {"rejected", "authenticated"}


def test_an_id_that_is_the_key_is_bound_to_it() -> None:
    unleash = described("unleash")
    assert unleash.is_id_confidential
    assert unleash.binds_id
    assert unleash.compared_names == ("projects", "type")


def test_a_masked_value_in_a_list() -> None:
    listing = described("verdaccio").list
    assert listing is not None
    assert listing.found["shown"].search({"key": "k", "token": "eyJ...x1z"}) == "eyJ...x1z"
    assert not described("verdaccio").binds_id


def test_a_wrong_password_by_the_code_in_the_answer() -> None:
    probe, wrong = described("etcd").probe, {"error": "etcdserver: …", "code": 3}
    assert probe.outcome(400, wrong) == "rejected"
    assert probe.outcome(400, {"code": 9}) is None
    assert described("etcd").renew.reason({"code": 9}) == (
        "authentication is not enabled on this cluster"
    )


def test_a_statement_and_an_error_inside_a_success() -> None:
    influxdb = described("influxdb")
    values = Values(secret={"username": 'a"b'}, confidential={"key": Secret("it's")})
    body = make_call(influxdb.renew, "https://keys.test", values, {}).body or b""
    assert body == (
        b"q=SET+PASSWORD+FOR+%22a%5C%22b%22+%3D+%27it%5C%27s%27"  # "a\"b" and 'it\'s'
    )
    ((expression, wanted),) = influxdb.renew.expect
    assert wanted is None
    failed = json.loads('{"results": [{"statement_id": 0, "error": "user not found"}]}')
    assert expression.search(failed) == "user not found"
    assert influxdb.renew.reason(failed) == "the statement was refused"
    assert influxdb.probe.outcome(403, {"error": "error authorizing query"}) == "authenticated"
