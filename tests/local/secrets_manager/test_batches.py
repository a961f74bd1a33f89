"""BatchGetSecretValue: values by name or by filter, and an error for each that has none."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import FilterTypeDef


@pytest.fixture
def group(running: Running, name: str) -> "list[FilterTypeDef]":
    """The filter for three secrets: one with a value, one without, one on its way out."""
    for what in ("full", "empty", "leaving"):
        running.client.create_secret(Name=f"{name}/{what}")
    for what in ("full", "leaving"):
        running.client.put_secret_value(SecretId=f"{name}/{what}", SecretString=what)
    running.client.delete_secret(SecretId=f"{name}/leaving")
    return [{"Key": "name", "Values": [f"{name}/"]}]


def test_a_filter_finds_no_secret_that_is_scheduled_for_deletion(
    running: Running, name: str, group: "list[FilterTypeDef]"
) -> None:
    answer = running.client.batch_get_secret_value(Filters=group)
    assert [value["SecretString"] for value in answer["SecretValues"]] == ["full"]
    assert [error["ErrorCode"] for error in answer["Errors"]] == ["ResourceNotFoundException"]
    assert f"{name}/empty" in answer["Errors"][0]["SecretId"]


@pytest.mark.usefixtures("group")
def test_what_is_named_and_has_no_value_to_give_is_an_error(running: Running, name: str) -> None:
    ids = [f"{name}/{what}" for what in ("leaving", "full", "empty", "nobody")]
    answer = running.client.batch_get_secret_value(SecretIdList=ids)
    assert [value["Name"] for value in answer["SecretValues"]] == [f"{name}/full"]
    assert [(error["SecretId"], error["ErrorCode"]) for error in answer["Errors"]] == [
        (f"{name}/leaving", "InvalidRequestException"),
        (f"{name}/empty", "ResourceNotFoundException"),
        (f"{name}/nobody", "ResourceNotFoundException"),
    ]


def test_twenty_at_most_and_the_rest_by_tokens(running: Running, name: str) -> None:
    ids = [f"{name}/{number:02}" for number in range(21)]
    for secret_id in ids:
        running.client.create_secret(Name=secret_id, SecretString="a")
    assert len(running.client.batch_get_secret_value(SecretIdList=ids[:20])["SecretValues"]) == 20
    with assert_refused("ValidationException"):
        running.client.batch_get_secret_value(SecretIdList=ids)
    group: list[FilterTypeDef] = [{"Key": "name", "Values": [f"{name}/"]}]
    first = running.client.batch_get_secret_value(Filters=group)
    rest = running.client.batch_get_secret_value(Filters=group, NextToken=first["NextToken"])
    read = [value["Name"] for part in (first, rest) for value in part["SecretValues"]]
    assert read == ids
    assert "NextToken" not in rest


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"SecretIdList": ["a"], "Filters": [{"Key": "name", "Values": ["a"]}]},
        {"SecretIdList": ["a"], "MaxResults": 1},
        {"SecretIdList": ["a"], "NextToken": "ZnJvbSAx"},
    ],
)
def test_either_names_or_filters(running: Running, request_: dict[str, Any]) -> None:
    with assert_refused("InvalidParameterException"):
        running.client.batch_get_secret_value(**request_)
