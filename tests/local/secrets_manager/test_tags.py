"""Tags: added, replaced, taken off, and bounded."""

from typing import TYPE_CHECKING

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import TagTypeDef


def tags(count: int) -> "list[TagTypeDef]":
    return [{"Key": f"tag{number}", "Value": f"value{number}"} for number in range(1, count + 1)]


def described(running: Running, name: str) -> "list[TagTypeDef] | None":
    return running.client.describe_secret(SecretId=name).get("Tags")


def test_none_is_absent_and_the_last_one_leaves_an_empty_list(running: Running, name: str) -> None:
    """As LocalStack recorded it: test_secret_tags."""
    running.client.create_secret(Name=name)
    assert described(running, name) is None
    running.client.untag_resource(SecretId=name, TagKeys=["tag1"])
    assert described(running, name) is None
    running.client.tag_resource(SecretId=name, Tags=tags(1))
    running.client.tag_resource(SecretId=name, Tags=tags(2)[1:])
    assert described(running, name) == tags(2)
    running.client.untag_resource(SecretId=name, TagKeys=["tag1", "nobody"])
    assert described(running, name) == tags(2)[1:]
    running.client.untag_resource(SecretId=name, TagKeys=["tag2"])
    assert described(running, name) == []


def test_a_key_has_one_value_and_its_case_matters(running: Running, name: str) -> None:
    running.client.create_secret(Name=name, Tags=[{"Key": "a", "Value": "1"}])
    running.client.tag_resource(SecretId=name, Tags=[{"Key": "a", "Value": "2"}])
    running.client.tag_resource(SecretId=name, Tags=[{"Key": "A", "Value": ""}])
    assert described(running, name) == [{"Key": "a", "Value": "2"}, {"Key": "A", "Value": ""}]


def test_a_secret_has_at_most_50(running: Running, name: str) -> None:
    with assert_refused("InvalidParameterException"):
        running.client.create_secret(Name=name, Tags=tags(51))
    running.client.create_secret(Name=name, Tags=tags(50))
    with assert_refused("InvalidParameterException"):
        running.client.tag_resource(SecretId=name, Tags=[{"Key": "more", "Value": ""}])
    running.client.tag_resource(SecretId=name, Tags=[{"Key": "tag1", "Value": "other"}])
    assert len(described(running, name) or ()) == 50


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("InvalidParameterException", [{"Key": "aws:mine", "Value": ""}]),
        ("InvalidParameterException", [{"Key": "AWS:mine", "Value": ""}]),
        ("InvalidParameterException", [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]),
        ("InvalidParameterException", [{"Value": "1"}]),
        ("ValidationException", [{"Key": "k" * 129, "Value": ""}]),
        ("ValidationException", [{"Key": "k", "Value": "v" * 257}]),
    ],
)
def test_a_tag_that_cannot_be_is_refused_and_none_is_added(
    running: Running, name: str, code: str, wrong: "list[TagTypeDef]"
) -> None:
    with assert_refused(code):
        running.client.create_secret(Name=name, Tags=wrong)
    running.client.create_secret(Name=name)
    with assert_refused(code):
        running.client.tag_resource(SecretId=name, Tags=[*tags(1), *wrong])
    assert described(running, name) is None


def test_a_change_of_tags_dates_the_secret(running: Running, name: str) -> None:
    running.client.create_secret(Name=name)
    running.clock.advance(1)
    running.client.tag_resource(SecretId=name, Tags=tags(1))
    assert changed(running, name) == running.clock.now()
    running.clock.advance(1)
    running.client.untag_resource(SecretId=name, TagKeys=["tag1"])
    assert changed(running, name) == running.clock.now()


def changed(running: Running, name: str) -> float:
    return running.client.describe_secret(SecretId=name)["LastChangedDate"].timestamp()
