"""A password that a secret asks to be longer than MySQL takes: told early, and by its place."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rotators.mysql.passwords.policy import LONGEST_PASSWORDS, explaining_policy_refusals
from shared.credentials import Login
from shared.document.value import load_value
from shared.errors import MalformedSecret, RejectedByPolicy
from shared.secret import Secret
from tests.unit.shared.asked.test_wishes import backend_of

FIELDS = {"host": "db.test", "username": "app", "password": "old"}
FUNCTIONS = ("MySqlSingleUser", "MySqlAlternatingUsers")
URL = "mysql://app:old@db.test/orders"


def parsed(function: str, **more: object) -> tuple[Any, Login]:
    backend = cast("Any", backend_of(function))
    return backend, backend.parse(load_value(json.dumps({**FIELDS, **more})))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("engine", LONGEST_PASSWORDS)
def test_a_secret_of_mysql_that_asks_for_more_is_told_before_anything_is_stored(
    function: str, engine: str
) -> None:
    backend, login = parsed(function, engine=engine, rotation={"password_length": 257})
    with pytest.raises(MalformedSecret, match=f"more than the 256 that {engine} takes") as caught:
        backend.create(login, None)
    assert caught.value.field == "rotation.password_length"


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("engine", "length"), [("mysql", 256), ("mariadb", 257), (None, 257), ("aurora-mysql", None)]
)
def test_any_other_may_have_what_it_asks_for(
    function: str, engine: str | None, length: int | None
) -> None:
    backend, login = parsed(function, engine=engine, rotation={"password_length": length})
    backend.check_wishes(login)


def test_a_urls_scheme_may_be_another_engines_too() -> None:
    rotation = {"password_length": 257, "urls": ["DATABASE_URL"]}
    backend, login = parsed("MySqlSingleUser", DATABASE_URL=URL, rotation=rotation)
    with pytest.raises(MalformedSecret) as caught:
        backend.create(login, None)
    told = caught.value.rename_fields(cast("Any", login.document).names).do
    assert "correct 'engine', in 'DATABASE_URL' or in a field of its own if the server is" in told


@pytest.mark.parametrize(
    ("rotation", "field", "do"),
    [
        ({"password_length": 257}, "rotation.password_length", "let 'rotation.password_length' in"),
        ({}, "PASSWORD_LENGTH", "set PASSWORD_LENGTH to 256 or less, on the function"),
    ],
)
def test_setting_one_is_told_by_whoever_asked_for_its_length(
    rotation: dict[str, int], field: str, do: str
) -> None:
    _, login = parsed("MySqlSingleUser", rotation=rotation)
    server = cast("Any", SimpleNamespace(mariadb=False))
    with (
        pytest.raises(RejectedByPolicy) as caught,
        explaining_policy_refusals(server, Secret("x" * 257), login),
    ):
        pass
    assert caught.value.field == field
    assert caught.value.do.startswith(do)
