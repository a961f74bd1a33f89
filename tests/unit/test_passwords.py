import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.errors import Misconfigured
from shared.passwords import MIN_BITS, PasswordPolicy

POSTGRES = ":/@\"'\\"


def policy(exclude: str = POSTGRES, **environment: str) -> PasswordPolicy:
    return PasswordPolicy.from_environment(environment, exclude=exclude)


def test_the_defaults_are_aws() -> None:
    password = policy().make().reveal()
    assert len(password) == 32
    assert not set(password) & set(POSTGRES)
    for characters in (
        string.ascii_lowercase,
        string.ascii_uppercase,
        string.digits,
        string.punctuation,
    ):
        assert set(password) & set(characters)


def test_two_passwords_differ() -> None:
    assert policy().make() != policy().make()


@pytest.mark.parametrize(
    ("setting", "characters"),
    [
        ("EXCLUDE_LOWERCASE", string.ascii_lowercase),
        ("EXCLUDE_UPPERCASE", string.ascii_uppercase),
        ("EXCLUDE_NUMBERS", string.digits),
        ("EXCLUDE_PUNCTUATION", string.punctuation),
    ],
)
def test_a_class_can_be_excluded(setting: str, characters: str) -> None:
    made = [policy(**{setting: "true"}).make().reveal() for _ in range(50)]
    assert not set("".join(made)) & set(characters)


@given(
    length=st.integers(14, 200),
    excluded=st.sets(st.sampled_from(string.printable), max_size=90),
)
def test_every_password_keeps_to_its_policy(length: int, excluded: set[str]) -> None:
    settings = {"PASSWORD_LENGTH": str(length), "EXCLUDE_CHARACTERS": "".join(sorted(excluded))}
    try:
        made = policy(**settings)
    except Misconfigured:
        assume(False)  # noqa: FBT003 - hypothesis' signature; too weak, and refused: see below
    password = made.make().reveal()
    assert len(password) == length
    assert not excluded & set(password)
    assert all(set(password) & set(characters) for characters in made.classes)


def test_without_the_rule_a_class_may_be_missing() -> None:
    lax = policy(PASSWORD_LENGTH="14", REQUIRE_EACH_INCLUDED_TYPE="false")
    passwords = (lax.make().reveal() for _ in range(2000))
    assert any(not set(password) & set(string.digits) for password in passwords)


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "y", "yes", " Yes "])
def test_the_aws_functions_words_for_true(word: str) -> None:
    assert policy(EXCLUDE_NUMBERS=word) == policy(EXCLUDE_NUMBERS="true")


@pytest.mark.parametrize("setting", ["PASSWORD_LENGTH", "EXCLUDE_CHARACTERS", "EXCLUDE_NUMBERS"])
def test_an_empty_variable_is_an_unset_one(setting: str) -> None:
    assert policy(**{setting: ""}) == policy()


@pytest.mark.parametrize(
    ("environment", "field"),
    [
        ({"PASSWORD_LENGTH": "canary"}, "PASSWORD_LENGTH"),
        ({"PASSWORD_LENGTH": "0"}, "PASSWORD_LENGTH"),
        ({"PASSWORD_LENGTH": "-1"}, "PASSWORD_LENGTH"),
        ({"PASSWORD_LENGTH": "99999"}, "PASSWORD_LENGTH"),
        ({"EXCLUDE_NUMBERS": "canary"}, "EXCLUDE_NUMBERS"),
        ({"REQUIRE_EACH_INCLUDED_TYPE": "2"}, "REQUIRE_EACH_INCLUDED_TYPE"),
        ({"PASSWORD_LENGTH": "8"}, "PASSWORD_LENGTH"),
        ({"EXCLUDE_CHARACTERS": string.printable}, "PASSWORD_LENGTH"),
    ],
)
def test_a_setting_that_makes_no_good_password_is_refused(
    environment: dict[str, str], field: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        policy(**environment)
    assert caught.value.field == field
    assert "canary" not in str(caught.value)


def test_a_weak_policy_says_how_weak() -> None:
    with pytest.raises(Misconfigured, match=f"51 bits .* {MIN_BITS}"):
        policy(PASSWORD_LENGTH="8")
