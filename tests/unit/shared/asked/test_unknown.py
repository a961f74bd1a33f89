"""A misspelt member of `rotation` is told first where a secret cannot be read: it may be why."""

import json
from typing import Any

import pytest

from shared.document.value import load_value
from shared.errors import MalformedSecret
from tests.unit.shared.asked.test_wishes import FUNCTIONS, backend_of

FLAT = {"DB_USER": "app", "DB_PASSWORD": "old", "DB_HOST": "db.test"}


def refusal(function: str, rotation: dict[str, Any]) -> MalformedSecret:
    with pytest.raises(MalformedSecret) as caught:
        backend_of(function).parse(load_value(json.dumps({**FLAT, "rotation": rotation})))
    return caught.value


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_misspelt_member_is_told_ahead_of_what_it_leads_to(function: str) -> None:
    error = refusal(function, {"field": {"username": "DB_USER", "password": "DB_PASSWORD"}})
    assert error.field == "rotation.field"
    assert error.do.startswith("did you mean 'rotation.fields'?")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_else_is_wrong_is_told_where_every_member_is_known(function: str) -> None:
    assert "rotation" not in str(refusal(function, {"password_length": 64}).field)
