"""Whose word counts on how a single user's password changes: the function's, or its secret's."""

from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.asked.grants import Grants
from shared.errors import MalformedSecret
from shared.strategies.options import TWO_PASSWORDS, Options

ENGINE = cast("Any", SimpleNamespace(name="x", changes_itself=True))
OFF = Options(admin_sets=False, overlap=False, ends_on_finish=False, short_gap=False)


def grants(environment: dict[str, str]) -> Grants[Options]:
    make = partial(Options.granted, engine=ENGINE, two_passwords=True)
    return Grants(environment, TWO_PASSWORDS, make)


def options(asked: dict[str, Any], environment: dict[str, str]) -> Options:
    return grants(environment).granted({"rotation": asked})


@pytest.mark.parametrize(
    ("asked", "environment", "on"),
    [
        ({}, {}, set()),
        ({"short_gap": True}, {}, {"short_gap"}),
        ({"short_gap": "yes"}, {"SHORT_GAP": ""}, {"short_gap"}),
        ({"short_gap": False}, {"SHORT_GAP": "true"}, set()),
        ({"short_gap": None}, {"SHORT_GAP": "true"}, {"short_gap"}),
        ({"short_gap": False}, {"SHORT_GAP": "false"}, set()),
        ({"password_overlap": True}, {}, {"overlap"}),
        ({"password_overlap": False}, {"PASSWORD_OVERLAP": "true"}, set()),
        # What the secret says itself goes before what the function says for all of them.
        ({"password_overlap": True}, {"SHORT_GAP": "true"}, {"overlap"}),
        ({"short_gap": True}, {"PASSWORD_OVERLAP": "true"}, {"short_gap"}),
        ({"short_gap": True, "password_overlap": False}, {"PASSWORD_OVERLAP": "true"},
         {"short_gap"}),
        ({"short_gap": False}, {"PASSWORD_OVERLAP": "true"}, {"overlap"}),
        ({"old_password_ends": "on-finish"}, {"PASSWORD_OVERLAP": "true"},
         {"overlap", "ends_on_finish"}),
        ({"old_password_ends": "on-finish"}, {"OLD_PASSWORD_ENDS": "next-rotation"},
         {"ends_on_finish"}),
        ({"old_password_ends": "next-rotation"}, {"OLD_PASSWORD_ENDS": "next-rotation"}, set()),
        ({"old_password_ends": "on-finish"}, {"OLD_PASSWORD_ENDS": "on-finish"},
         {"ends_on_finish"}),
    ],
)  # fmt: skip
def test_what_is_asked_for_within_the_bounds_is_granted(
    asked: dict[str, Any], environment: dict[str, str], on: set[str]
) -> None:
    granted = options(asked, environment)
    names = ("overlap", "ends_on_finish", "short_gap", "admin_sets")
    assert {name for name in names if getattr(granted, name)} == on


@pytest.mark.parametrize(
    ("asked", "environment", "place", "says"),
    [
        ({"short_gap": True}, {"SHORT_GAP": "false"}, "short_gap", "unset SHORT_GAP"),
        ({"password_overlap": "y"}, {"PASSWORD_OVERLAP": "0"}, "password_overlap",
         "unset PASSWORD_OVERLAP"),
        ({"password_overlap": True, "short_gap": True}, {}, "short_gap", "there is no gap"),
        ({"old_password_ends": "next-rotation"}, {"OLD_PASSWORD_ENDS": "on-finish"},
         "old_password_ends", "is later than OLD_PASSWORD_ENDS=on-finish"),
        ({"old_password_ends": "hunter2"}, {}, "old_password_ends", "on-finish or next-rotation"),
        ({"old_password_ends": True}, {}, "old_password_ends", "must be a string"),
        ({"short_gap": 1}, {}, "short_gap", "true or false"),
    ],
)  # fmt: skip
def test_what_the_function_rules_out_is_refused_with_its_place(
    asked: dict[str, Any], environment: dict[str, str], place: str, says: str
) -> None:
    with pytest.raises(MalformedSecret) as caught:
        options(asked, environment)
    assert caught.value.field == f"rotation.{place}"
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    # A rotation that has begun goes on, as if nothing had been asked for.
    ours = grants(environment)
    assert ours.granted_or_unasked({"rotation": asked}) == ours.unasked == options({}, environment)


def test_two_secrets_of_one_function_get_what_each_asks_for() -> None:
    ours = grants({})
    for _ in range(2):
        assert ours.granted({"rotation": {"password_overlap": True}}).overlap
        assert ours.granted({"rotation": {"short_gap": True}}).short_gap
        assert ours.granted({}) == OFF
