"""What messages call the parts of a secret: fields that it has, and nothing that it has not."""

from typing import Any

import pytest

from rotators.http_api_key.http import naming
from tests.unit.rotators.http_api_key.description.samples import GOOD
from tests.unit.rotators.http_api_key.description.test_model import described

URL = "https://keys.example.org"


@pytest.mark.parametrize(
    ("changes", "secret", "field"),
    [
        ({}, {"issuer_url": URL}, "issuer_url"),
        ({}, {}, "issuer"),
        ({"base": URL}, {"issuer_url": URL}, "issuer"),
        ({"values": {"issuer_url": URL}}, {"issuer_url": URL}, "issuer"),
        (
            {"base": "https://{secret.region}.keys.test", "fields__region": "where"},
            {"where": "eu", "region": "x"},
            "where",
        ),
        (
            {"base": "https://{secret.host}", "defaults": {"host": "keys.example.org"}},
            {"owner": "app"},
            "issuer",
        ),
    ],
)
def test_only_what_the_secret_says_of_the_url_is_named(
    changes: dict[str, Any], secret: dict[str, Any], field: str
) -> None:
    assert naming.field_names(described(GOOD, **changes), secret).url == field


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("app", "app"),
        (4711, "owner 4711"),
        ("4711", "owner 4711"),
        ("0123456789abcdef0123", "owner 0123456789abcdef0123"),
        ("everybody", ""),
    ],
)
def test_an_owner_is_called_by_a_name(value: object, shown: str) -> None:
    description = described(GOOD, defaults={"owner": "everybody"})
    assert "owner" in description.owner_names
    assert naming.owner_name(description, {"owner": value}) == shown
