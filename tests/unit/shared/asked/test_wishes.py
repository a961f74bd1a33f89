"""Which members a secret's `rotation` may have, for each of the functions."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from local import template
from rotators.generated.backend import GeneratedValues
from rotators.generated.rules.rule import VARIABLE
from rotators.iam.backend import AccessKeys
from shared.asked.grants import Grants, check_wishes
from shared.asked.passwords import PASSWORD_RULES
from shared.asked.wishes import FUNCTIONS_OWN
from shared.errors import MalformedSecret
from shared.keys.backend import _VARIABLES as OF_KEYS
from shared.keys.backend import ApiKeyBackend
from shared.protocol.contract import Backend
from shared.strategies.database import DatabaseBackend
from shared.strategies.options import ONE_PASSWORD, TWO_PASSWORDS

FUNCTIONS = template.functions()
ASKABLE = {**PASSWORD_RULES, **TWO_PASSWORDS, **OF_KEYS, VARIABLE: "object"}


@cache
def backend_of(function: str) -> Backend[Any]:
    """Of the function without settings."""
    return template.handler(function).build({})


def takes(function: str) -> set[str]:
    """The variables that a secret of the function may ask for."""
    backend = backend_of(function)
    if isinstance(backend, AccessKeys):
        return {"OLD_KEY_ENDS"}  # IAM makes keys as it likes, and beside the old one
    if isinstance(backend, ApiKeyBackend):
        return {*backend._strategies.variables, *PASSWORD_RULES}
    if isinstance(backend, GeneratedValues):
        return {VARIABLE, *PASSWORD_RULES}
    assert isinstance(backend, DatabaseBackend)
    return {variable for each in backend.grants for variable in each.variables}


def grants(variables: Mapping[str, Any]) -> Grants[None]:
    return Grants({}, variables, lambda _asked: None)


def test_each_setting_is_the_functions_alone_or_one_that_a_secret_may_ask_for() -> None:
    variables = {name for each in FUNCTIONS.values() for name in each.environment}
    runtime = {name for name in variables if name.startswith(("POWERTOOLS_", "AWS_"))}
    assert variables - runtime == FUNCTIONS_OWN | ASKABLE.keys()
    assert not FUNCTIONS_OWN & ASKABLE.keys()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_a_secret_may_ask_for_is_set_on_its_function(function: str) -> None:
    assert takes(function) <= FUNCTIONS[function].environment.keys()


@pytest.mark.parametrize("variable", sorted(FUNCTIONS_OWN))
def test_what_is_for_the_function_to_say_is_told_as_such(variable: str) -> None:
    name = variable.lower()
    with pytest.raises(MalformedSecret, match="for the function to say") as caught:
        check_wishes({"rotation": {name: True}}, [grants(ASKABLE)])
    assert caught.value.field == f"rotation.{name}"
    assert f"set {variable} on the function" in caught.value.do


@pytest.mark.parametrize(
    "name", ["password_overlap", "pasword_length", "PASSWORD_LENGTH", "fields_"]
)
def test_what_nobody_here_takes_is_refused_naming_what_they_take(name: str) -> None:
    with pytest.raises(MalformedSecret, match="is not one that it may have") as caught:
        check_wishes({"rotation": {"fields": {}, "urls": [], name: None}}, [grants(ONE_PASSWORD)])
    assert caught.value.field == f"rotation.{name}"
    assert "the secret may say fields, short_gap, urls" in caught.value.do


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("url", "urls"),
        ("field", "fields"),
        ("URLS", "urls"),
        ("pasword_length", "password_length"),
        ("nonsense", None),
    ],
)
def test_a_misspelt_member_is_told_what_it_may_be_meant_for(name: str, meant: str | None) -> None:
    """ "Take it out" alone would leave a URL with the old password."""
    with pytest.raises(MalformedSecret) as caught:
        check_wishes({"rotation": {name: ["DATABASE_URL"]}}, [grants(PASSWORD_RULES)])
    told = f"did you mean 'rotation.{meant}'? Else take it out; " if meant else "take it out; "
    assert caught.value.do.startswith(told)


@pytest.mark.parametrize("name", ["", "a b", "hunter2!", "x" * 41, "\ud800", "p4ss"])
def test_a_member_that_looks_like_no_name_is_not_repeated(name: str) -> None:
    with pytest.raises(MalformedSecret) as caught:
        check_wishes({"rotation": {name: "x"}}, [grants(ONE_PASSWORD)])
    assert caught.value.field == "rotation"
    assert not name or name not in str(caught.value)


def test_one_of_several_grants_has_to_know_a_member_and_some_are_nothing_to_ask_for() -> None:
    both = [grants(PASSWORD_RULES), grants(OF_KEYS)]
    document = {"rotation": {"password_length": 40, "short_gap": True}}
    check_wishes(document, both)
    with pytest.raises(MalformedSecret) as caught:
        check_wishes(document, both, but=["SHORT_GAP"])
    assert caught.value.field == "rotation.short_gap"


def test_what_secrets_ask_for_is_worked_out_once_for_all_that_ask_the_same() -> None:
    made: list[object] = []
    these = Grants({}, ONE_PASSWORD, lambda asked: made.append(asked.names))
    for flag in (True, "yes", "TRUE", None, False):
        for _ in range(3):
            these.granted({"rotation": {"short_gap": flag}})
    assert len(made) == 3  # unasked, on and off
    for number in range(100):
        Grants.granted(these, {"rotation": {"short_gap": number % 2 == 0}})
    assert len(made) == 3
