"""What a secret may hold, and what is derived from it."""

from typing import Any

import pytest

from rotators.iam.account.labels import Making, is_label, label_of
from rotators.iam.smtp import smtp_password
from rotators.iam.stored import read_stored
from shared.errors import MalformedSecret
from shared.secret import Secret

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:{}-AbCdEf"
VERSION = "11111111-2222-3333-4444-555555555555"
GOOD: dict[str, Any] = {
    "username": "mailer",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "k" * 40,
}


@pytest.mark.parametrize(
    ("region", "key", "password"),
    [
        ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("eu-central-1", "another+secret+key", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("us-west-1", "some+secret+key", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
    ],
)
def test_the_smtp_password_is_as_others_derive_it(region: str, key: str, password: str) -> None:
    """Values of Terraform's AWS provider, whose `ses_smtp_password_v4` is the same."""
    assert smtp_password(Secret(key), region) == Secret(password)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", None),
        ("username", "/rotation/mailer"),
        ("username", "x" * 65),
        ("access_key_id", ""),
        ("access_key_id", "AKIA"),
        ("access_key_id", ["AKIAIOSFODNN7EXAMPLE"]),
        ("access_key_id", "k" * 40),
        ("access_key_id", "ASIAIOSFODNN7EXAMPLE"),
        ("secret_access_key", None),
        ("secret_access_key", "k\nk"),
        ("secret_access_key", {"is": "k"}),
        ("ses_smtp_region", None),
        ("ses_smtp_region", "Frankfurt"),
        ("ses_smtp_password", 1),
    ],
)
def test_what_cannot_be_a_key_is_refused_by_its_field_and_not_repeated(
    field: str, value: object
) -> None:
    document = {**GOOD, "ses_smtp_region": "eu-central-1", "ses_smtp_password": None, field: value}
    with pytest.raises(MalformedSecret, match=f"'{field}'") as caught:
        read_stored(document)
    assert caught.value.field == field
    assert "kkkk" not in str(caught.value)


def test_a_whole_secret_is_kept_with_its_next_key_in_it() -> None:
    more = {"note": 1, "ses_smtp_password": "", "ses_smtp_region": "us-east-1"}
    stored = read_stored({**GOOD, **more})
    following = stored.with_key(Secret("next"), key_id="AKIAOTHER7EXAMPLEKEY")
    assert following.render() == {
        **GOOD,
        **more,
        "access_key_id": "AKIAOTHER7EXAMPLEKEY",
        "secret_access_key": "next",
    }


@pytest.mark.parametrize("name", ["a", "app/db", "x" * 512, "a/_+=.@-b"])
def test_a_label_is_known_again_and_fits_into_a_tag(name: str) -> None:
    label = label_of(ARN.format(name), VERSION)
    assert is_label(label)
    assert label.startswith(label_of(ARN.format(name), ""))
    assert not label.startswith(label_of(ARN.format(f"{name}x"), ""))
    making = Making(label_of(ARN.format(name), "v" * 64), frozenset({"AKIAIOSFODNN7EXAMPLE"}))
    assert len(making.begun) <= 256
    assert Making.read(making.begun) == making
    assert Making.read(making.ended) is None


@pytest.mark.parametrize("text", ["", "the mail server", "secret a b c", "x beside none"])
def test_a_persons_words_are_no_label(text: str) -> None:
    assert not is_label(text)
    assert Making.read(text) is None


def test_a_user_without_another_key_is_noted_too() -> None:
    making = Making(label_of(ARN.format("a"), VERSION), frozenset())
    assert Making.read(making.begun) == making
