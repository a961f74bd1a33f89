"""What fuzzing found, each as an example: see tests/faults/fuzz/test_*.py."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.build.artifacts import ROOT
from rotators.http_api_key.account.listing import id_of
from rotators.http_api_key.account.lists import next_page
from rotators.http_api_key.description.places import DescriptionError, Place
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.sources import Sources
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.network import Rules
from rotators.http_api_key.issuer import HttpIssuer
from shared.aws import clients
from shared.credentials import Login
from shared.errors import InvalidEvent, MalformedSecret, Misconfigured
from shared.protocol.event import RotationRequest
from shared.tls import ca_bundle
from tests.unit.rotators.http_api_key.description.samples import GOOD, changed
from tests.unit.shared.protocol.test_event import GOOD as EVENT
from tests.unit.shared.test_documents import KEY, LOGIN, parse_key

HALF = "\ud800"  # of a pair: legal in JSON, and no character


# --- hosts that Python looks up by an error of its own ---


@pytest.mark.parametrize("host", ["a..b", "l" * 64, "db." + "l" * 64, "a..", "db.example..com"])
def test_a_host_with_a_label_that_cannot_be(host: str) -> None:
    with pytest.raises(MalformedSecret, match="'host'"):
        Login.parse({**LOGIN, "host": host}, default_port=5432)
    with pytest.raises(MalformedSecret, match="'issuer_url'"):
        parse_key({**KEY, "issuer_url": f"https://{host}/api"})


@pytest.mark.parametrize("host", ["db", "l" * 63, "::1", "2001:db8::1", "db_1.a-b.c"])
def test_a_host_that_can_be(host: str) -> None:
    assert Login.parse({**LOGIN, "host": host}, default_port=5432).host == host


@pytest.mark.parametrize(
    ("host", "same"),
    [
        ("db.example.org.", "db.example.org"),
        ("DB.Example.ORG", "db.example.org"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("2001:DB8::A", "2001:db8::a"),
        ("fd00:0:0::00:1", "fd00::1"),
    ],
)
def test_what_dns_takes_for_equal_is_equal_and_kept_in_the_secret(host: str, same: str) -> None:
    login = Login.parse({**LOGIN, "host": host}, default_port=5432)
    assert login.host == same
    assert login.render()["host"] == host


@pytest.mark.parametrize("host", ["db:5432", "10.0.0.1:5432", "[::1]:5432", "db.example.org:1"])
def test_a_host_with_the_port_in_it_says_where_that_belongs(host: str) -> None:
    with pytest.raises(MalformedSecret, match="has the port in it; move that to 'port'"):
        Login.parse({**LOGIN, "host": host}, default_port=5432)


@pytest.mark.parametrize(
    "host",
    [
        "[::1]",
        "fe80::1%eth0",
        "db:",
        ":5432",
        "db:5432:1",
        "-a",
        "127.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "db.1",
        "1.2.3.4.5",
        "1.2.3.4.",
    ],
)
def test_a_host_that_is_neither_a_name_nor_an_address(host: str) -> None:
    with pytest.raises(MalformedSecret, match="must be one host name or IP address"):
        Login.parse({**LOGIN, "host": host}, default_port=5432)


@pytest.mark.parametrize("proxy", ["http://", "http://[", "https://h:99999", "http://a b", "x"])
def test_a_proxy_that_cannot_be(proxy: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Rules.from_environment({"ISSUER_PROXY": proxy})
    assert caught.value.field == "ISSUER_PROXY"


# --- half a surrogate pair, which nothing can send ---


@pytest.mark.parametrize("field", ["owner", "key_id", "api_key", "admin_secret_arn"])
def test_half_a_character_in_a_secret(field: str) -> None:
    issuer = HttpIssuer(ca_bundle({}), {"ISSUER": json.dumps(changed(GOOD, "probe/query", ALL))})
    issuer.parse(KEY)
    with pytest.raises(MalformedSecret) as caught:
        issuer.parse({**KEY, field: f"a{HALF}"})
    assert caught.value.field == field


ALL = {"o": "{secret.owner}", "i": "{id}"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("probe/headers", {"A": HALF}),
        ("probe/query", {HALF: "b"}),
        ("issue/body/note", HALF),
        ("probe/expect", {HALF: 1}),
        ("issue/read/id", HALF),
    ],
)
def test_half_a_character_in_a_description(path: str, value: object) -> None:
    with pytest.raises(DescriptionError):
        read_description(changed(GOOD, path, value), "issuer")


@pytest.mark.parametrize("field", ["SecretId", "ClientRequestToken"])
def test_half_a_character_in_an_event(field: str) -> None:
    """Its log line would be lost: nothing can write that."""
    with pytest.raises(InvalidEvent) as caught:
        RotationRequest.from_event({**EVENT, field: HALF * 40})
    assert caught.value.field == field


def test_half_a_character_in_a_list() -> None:
    assert id_of(HALF) is None
    call = Call("GET", "https://issuer.test/x", {}, None)
    listing = changed(GOOD, "list/pages", {"query": "c", "value": "n"})
    request = read_description(listing, "issuer").list
    assert request is not None
    assert request.pages is not None
    following = next_page(call, request.pages, {"n": HALF}, {}, 0)
    assert following is not None
    assert following.url == ""  # which is no URL of the issuer's, so it is refused


# --- expressions ---


@pytest.mark.parametrize(
    "expression",
    ["9" * 5000, "a[" + "9" * 5000 + "]", "&a", "[&a]", "not_null(&a)", "`" + "[" * 9999],
)
def test_an_expression_that_is_none(expression: str) -> None:
    with pytest.raises(DescriptionError, match="JMESPath"):
        Place(expression, "read.id").expression()


@pytest.mark.parametrize(
    ("expression", "answer"),
    [("ceil(@)", float("inf")), ("avg(@)", [10**400]), ("floor(@)", float("-inf"))],
)
def test_an_expression_that_does_not_apply(expression: str, answer: object) -> None:
    assert Place(expression, "p").expression().search(answer) is None


@pytest.mark.parametrize(
    ("expression", "found"),
    [("sort_by(@, &n)[0].n", 1), ("map(&n, @)", [2, 1]), ("[::-1].n", [1, 2]), ("[?n>`1`].n", [2])],
)
def test_an_expression_with_one_in_it(expression: str, found: object) -> None:
    assert Place(expression, "p").expression().search([{"n": 2}, {"n": 1}]) == found


# --- descriptions ---


def nested(depth: int) -> Any:  # noqa: ANN401 - any JSON
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def test_a_body_has_an_end() -> None:
    read_description(changed(GOOD, "issue/body/deep", nested(20)), "issuer")
    with pytest.raises(DescriptionError, match="deeply"):
        read_description(changed(GOOD, "issue/body/deep", nested(500)), "issuer")


def test_an_admin_by_no_name_at_all() -> None:
    with pytest.raises(DescriptionError, match=r"issuer\.admin\.secret"):
        read_description(changed(GOOD, "admin/secret", ""), "issuer")


def test_the_page_is_not_said_twice() -> None:
    listing = changed(GOOD, "list/pages", {"query": "page", "first": 1, "size": 5})
    read_description(listing, "issuer")
    with pytest.raises(DescriptionError, match=r"list\.query\.page"):
        read_description(changed(listing, "list/query", {"page": "all"}), "issuer")


def test_no_text_of_a_broken_description_is_kept() -> None:
    with pytest.raises(Misconfigured) as caught:
        Sources({"ISSUER": '{"base": "canary"'})
    assert caught.value.__context__ is None  # JSONDecodeError keeps the document


# --- the environment ---

REGION = """
from local.functions.home import LambdaContext
from rotators.postgres import single_user
event = {"Step": "createSecret", "SecretId": "x", "ClientRequestToken": "t" * 32}
try:
    single_user(event, LambdaContext(function_name="f", timeout=9, memory_limit_in_mb="256"))
except Exception as error:
    print("caught", type(error).__name__, getattr(error, "field", None))
"""


@pytest.mark.parametrize(
    ("environment", "caught"),
    [
        ({"LOG_LEVEL": "canary"}, "Misconfigured LOG_LEVEL"),
        ({"LOG_LEVEL": ""}, "Misconfigured None"),
        ({"LOG_LEVEL": "Warning"}, "Misconfigured None"),
        # In Lambda all that is made before the first step, which tells it all the same.
        ({"LOG_LEVEL": "canary", "AWS_LAMBDA_FUNCTION_NAME": "f"}, "Misconfigured LOG_LEVEL"),
        ({"LOG_LEVEL": "", "AWS_LAMBDA_FUNCTION_NAME": "f"}, "Misconfigured None"),
    ],
)
def test_a_start_with_a_wrong_variable(environment: dict[str, str], caught: str) -> None:
    """There is no region either, which is told once the level is right."""
    done = subprocess.run(
        [sys.executable, "-c", REGION],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(Path("/nowhere")), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"caught {caught}" in done.stdout
    assert "canary" not in done.stdout + done.stderr


def test_an_endpoint_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "canary")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients._session.cache_clear()
    with pytest.raises(Misconfigured, match="ValueError") as caught:
        clients.client.__wrapped__("secretsmanager")
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None
