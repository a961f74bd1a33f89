"""What a secret may ask of its passwords: every bound, and the passwords that come of it."""

import math
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.asked.grants import Grants
from shared.asked.passwords import ENOUGH_BITS, PASSWORD_RULES, password_policy
from shared.errors import MalformedSecret, Misconfigured
from shared.passwords import PasswordPolicy
from tests.wishes import CHARACTERS, assert_keeps_to_both

HIDDEN = "!#%KANARI"  # what a message must not repeat


ALL_BUT_EIGHT = "".join(set(string.printable) - set("abAB12_."))


def policy(asked: dict[str, Any], **environment: str) -> PasswordPolicy:
    return Grants(environment, PASSWORD_RULES, password_policy).granted({"rotation": asked})


def refused(asked: dict[str, Any], **environment: str) -> MalformedSecret:
    with pytest.raises(MalformedSecret) as caught:
        policy(asked, **environment)
    assert HIDDEN not in str(caught.value)
    return caught.value


def own(**environment: str) -> PasswordPolicy:
    return PasswordPolicy.from_environment(environment)


@pytest.mark.parametrize(
    ("asked", "environment"),
    [
        ({}, {}),
        ({"fields": {}, "urls": [], "short_gap": True}, {}),  # for others to read
        ({"password_length": None}, {"PASSWORD_LENGTH": "40"}),
        ({"password_length": 40}, {"PASSWORD_LENGTH": "40"}),
    ],
)
def test_who_asks_for_nothing_else_gets_what_the_function_makes(
    asked: dict[str, Any], environment: dict[str, str]
) -> None:
    assert policy(asked, **environment) == own(**environment)


@pytest.mark.parametrize(
    ("asked", "environment", "same_as"),
    [
        ({"password_length": 64}, {}, {"PASSWORD_LENGTH": "64"}),
        # Fewer bits than the function's 189, and more than 128.
        ({"minimum_numbers": 3}, {}, {"MINIMUM_NUMBERS": "3"}),
        ({"exclude_punctuation": True}, {}, {"EXCLUDE_PUNCTUATION": "true"}),
        # Where the function excludes none itself, the secret may have more punctuation.
        ({"exclude_characters": "'"}, {}, {"EXCLUDE_CHARACTERS": "'"}),
        ({"exclude_characters": "ab", "password_length": 40}, {"EXCLUDE_CHARACTERS": "!x"},
         {"EXCLUDE_CHARACTERS": "ab!x", "PASSWORD_LENGTH": "40"}),
        ({"exclude_numbers": "yes", "password_length": 40}, {"EXCLUDE_NUMBERS": "false"},
         {"EXCLUDE_NUMBERS": "true", "PASSWORD_LENGTH": "40"}),
        ({"exclude_numbers": "no"}, {}, {}),
        ({"require_each_included_type": True, "password_length": 40},
         {"REQUIRE_EACH_INCLUDED_TYPE": "false"}, {"PASSWORD_LENGTH": "40"}),
        ({"minimum_numbers": 0, "exclude_numbers": True, "password_length": 40}, {},
         {"EXCLUDE_NUMBERS": "true", "PASSWORD_LENGTH": "40"}),
    ],
)  # fmt: skip
def test_what_is_asked_for_within_the_bounds_is_granted(
    asked: dict[str, Any], environment: dict[str, str], same_as: dict[str, str]
) -> None:
    assert policy(asked, **environment) == own(**same_as)


@pytest.mark.parametrize(
    ("asked", "environment", "place", "says"),
    [
        ({"password_length": 31}, {}, "password_length", "must be 32 at least"),
        ({"password_length": 63}, {"PASSWORD_LENGTH": "64"}, "password_length", "64 at least"),
        ({"minimum_numbers": 0}, {}, "minimum_numbers", "must be 1 at least"),
        ({"minimum_numbers": 2}, {"MINIMUM_NUMBERS": "3"}, "minimum_numbers", "3 at least"),
        ({"require_each_included_type": False}, {}, "require_each_included_type", "false"),
        ({"exclude_numbers": False}, {"EXCLUDE_NUMBERS": "true"}, "exclude_numbers", "false"),
        ({"exclude_characters": ALL_BUT_EIGHT}, {}, "password_length", "must be 43 at least"),
        ({"exclude_characters": HIDDEN + string.digits},
         {"EXCLUDE_CHARACTERS": "~", "PASSWORD_LENGTH": "20"}, "password_length", "21 at least"),
        ({"exclude_numbers": True}, {"PASSWORD_LENGTH": "20"}, "password_length", "21 at least"),
        ({"minimum_punctuation": 40}, {}, "password_length", "must be 53 at least"),
        ({"exclude_numbers": True, "password_length": 64}, {"MINIMUM_NUMBERS": "2"},
         "exclude_numbers", "MINIMUM_NUMBERS asks for characters that are all excluded"),
        ({"minimum_numbers": 2, "exclude_numbers": True}, {}, "minimum_numbers", "all excluded"),
        ({"exclude_characters": string.printable, "password_length": 4096}, {},
         "exclude_characters", "no password of up to 4096"),
        ({"minimum_numbers": 4096}, {}, "minimum_numbers", "no password of up to 4096"),
    ],
)  # fmt: skip
def test_what_would_be_weaker_is_refused_with_its_place(
    asked: dict[str, Any], environment: dict[str, str], place: str, says: str
) -> None:
    error = refused(asked, **environment)
    assert error.field == f"rotation.{place}"
    assert says in str(error)


@pytest.mark.parametrize("name", [name.lower() for name in PASSWORD_RULES])
def test_a_value_of_another_type_is_refused_with_its_place(name: str) -> None:
    kinds: dict[str, list[object]] = {
        "number": [True, "40", 40.0, -1, 4097, 10**4000, [], {}, HIDDEN],
        "flag": [1, 0, HIDDEN, [], {}, ""],
        "text": [True, 7, [HIDDEN], {}, "", "\0", "\ud800"],
    }
    for value in kinds[PASSWORD_RULES[name.upper()]]:
        assert refused({name: value}).field == f"rotation.{name}"


@pytest.mark.parametrize("rotation", [[], "x", 7, True, [HIDDEN]])
def test_what_is_no_object_is_refused(rotation: object) -> None:
    grants = Grants({}, PASSWORD_RULES, password_policy)
    with pytest.raises(MalformedSecret, match="must be an object") as caught:
        grants.granted({"rotation": rotation})
    assert caught.value.field == "rotation"


WISHES = st.fixed_dictionaries(
    {},
    optional={
        "password_length": st.integers(20, 120),
        "exclude_characters": st.text(st.sampled_from(string.printable), min_size=1, max_size=40),
        "require_each_included_type": st.booleans(),
        **{f"exclude_{name}": st.booleans() for name in CHARACTERS},
        **{f"minimum_{name}": st.integers(0, 6) for name in CHARACTERS},
    },
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "PASSWORD_LENGTH": st.integers(24, 48).map(str),
        "EXCLUDE_CHARACTERS": st.text(st.sampled_from(string.printable), max_size=12),
        "REQUIRE_EACH_INCLUDED_TYPE": st.sampled_from(["true", "false"]),
        "EXCLUDE_PUNCTUATION": st.sampled_from(["true", "false"]),
        "MINIMUM_NUMBERS": st.integers(0, 3).map(str),
    },
)


@settings(max_examples=400, deadline=None)
@given(WISHES, SETTINGS)
def test_every_password_keeps_to_both_rules(
    asked: dict[str, Any], environment: dict[str, str]
) -> None:
    try:
        unasked = own(**environment)
    except Misconfigured:
        return
    try:
        granted = policy(asked, **environment)
    except MalformedSecret as error:
        assert error.field is not None
        assert error.field.removeprefix("rotation.") in {*asked, "password_length"}
        assert_the_length_that_is_told_is_enough(error, asked, environment)
        return
    assert math.floor(granted.bits()) >= min(math.floor(unasked.bits()), ENOUGH_BITS)
    assert_keeps_to_both(granted.generate().reveal(), asked, environment)


def assert_the_length_that_is_told_is_enough(
    error: MalformedSecret, asked: dict[str, Any], environment: dict[str, str]
) -> None:
    """Who asks for so many is granted it, and not one fewer."""
    if "with what else the secret asks for" not in str(error):
        return
    least = int(str(error).partition("must be ")[2].partition(" ")[0])
    assert policy({**asked, "password_length": least}, **environment).length == least
    assert "with what else" in str(refused({**asked, "password_length": least - 1}, **environment))
