"""GetRandomPassword: what is in a password, where, and which requests cannot be met."""

import string
from typing import Any

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

CLASSES = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
EVERYTHING = "".join(CLASSES.values())


def password(running: Running, **request: Any) -> str:  # noqa: ANN401 the API's own parameters
    return running.client.get_random_password(**request)["RandomPassword"]


def test_it_has_32_characters_of_every_class_and_no_space(running: Running) -> None:
    made = password(running)
    assert len(made) == 32
    assert all(set(made) & set(characters) for characters in CLASSES.values())
    assert " " not in made


@pytest.mark.parametrize("switch", CLASSES)
def test_an_excluded_class_is_not_in_it(running: Running, switch: str) -> None:
    made = password(running, PasswordLength=4096, **{switch: True})
    assert set(made) == set(EVERYTHING) - set(CLASSES[switch])


def test_excluded_characters_are_not_in_it(running: Running) -> None:
    made = password(running, PasswordLength=1000, ExcludeCharacters="abc]^\\-019")
    assert not set(made) & set("abc]^\\-019")


def test_each_class_is_in_the_shortest_and_in_any_place(running: Running) -> None:
    made = [password(running, PasswordLength=4) for _ in range(200)]
    for characters in CLASSES.values():
        assert all(len(set(each) & set(characters)) == 1 for each in made)
        # One chance in 10 ** 24 that a place is never taken in 200.
        assert all(any(each[place] in characters for each in made) for place in range(4))


def test_a_class_may_be_missing_if_none_is_required(running: Running) -> None:
    made = [password(running, PasswordLength=4, RequireEachIncludedType=False) for _ in range(200)]
    assert any(not set(each) & set(string.digits) for each in made)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_short_one_is_made_if_it_can_have_every_class(running: Running, length: int) -> None:
    with assert_refused("InvalidParameterException") as refusal:
        password(running, PasswordLength=length)
    assert refusal.message == "Password length is too short based on the required types."
    assert len(password(running, PasswordLength=length, RequireEachIncludedType=False)) == length
    only = {"ExcludeUppercase": True, "ExcludeNumbers": True, "ExcludePunctuation": True}
    assert len(password(running, PasswordLength=length, **only)) == length


def test_a_space_is_allowed_and_never_required(running: Running) -> None:
    assert " " in password(running, PasswordLength=4096, IncludeSpace=True)
    made = [password(running, PasswordLength=4, IncludeSpace=True) for _ in range(50)]
    assert any(" " not in each for each in made)
    spaces = dict.fromkeys(CLASSES, True)
    assert password(running, PasswordLength=3, IncludeSpace=True, **spaces) == "   "


@pytest.mark.parametrize(
    "request_",
    [
        dict.fromkeys(CLASSES, True),
        {"ExcludeCharacters": EVERYTHING},
        {"ExcludeCharacters": " ", "IncludeSpace": True, **dict.fromkeys(CLASSES, True)},
    ],
)
def test_nothing_can_be_made_of_no_characters(running: Running, request_: dict[str, Any]) -> None:
    with assert_refused("InvalidParameterException") as refusal:
        password(running, **request_)
    assert refusal.message == "All characters have been excluded from selection."


def test_a_class_that_is_emptied_is_refused_only_if_required(running: Running) -> None:
    with assert_refused("InvalidParameterException") as refusal:
        password(running, ExcludeCharacters=string.digits)
    assert refusal.message == "All characters of the desired type have been excluded."
    made = password(running, ExcludeCharacters=string.digits, RequireEachIncludedType=False)
    assert not set(made) & set(string.digits)
    assert password(running, ExcludeCharacters=string.digits, ExcludeNumbers=True)
