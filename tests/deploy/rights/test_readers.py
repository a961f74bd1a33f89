"""The policies of docs/consumers.md: which version of a secret a reader gets by them."""

import json
from collections.abc import Mapping

import pytest

from tests.deploy.documents.pages import section
from tests.deploy.rights.iam import Statement, allows, listed

POLICIES: list[list[Statement]] = [
    json.loads(block)["Statement"] for block in section("consumers", "Rights").blocks("json")
]
STAGE, VERSION = "secretsmanager:VersionStage", "secretsmanager:VersionId"
REQUESTS = {
    "current": {STAGE: "AWSCURRENT"},
    "pending": {STAGE: "AWSPENDING"},
    "previous": {STAGE: "AWSPREVIOUS"},
    "of no label": {},
    "of an id": {VERSION: "id"},
    "of an id that is current": {VERSION: "id", STAGE: "AWSCURRENT"},
    "of an id that is pending": {VERSION: "id", STAGE: "AWSPENDING"},
}


def granted(statements: list[Statement]) -> set[str]:
    """The requests that they let a reader make; only of the page's secret."""
    action, (arn,) = "secretsmanager:GetSecretValue", {each["Resource"] for each in statements}
    assert not allows(statements, action, f"{arn}-2", REQUESTS["current"])
    return {name for name, context in REQUESTS.items() if allows(statements, action, arn, context)}


def without(statement: Statement, label: str) -> Statement:
    """As the page says: take the label out."""
    ((operator, keys),) = statement["Condition"].items()
    left = [each for each in listed(keys[STAGE]) if each != label]
    return {**statement, "Condition": {operator: {STAGE: left}}}


def everything(statements: list[Statement]) -> list[Statement]:
    """With the wider rights that somebody has besides."""
    wide: Mapping[str, str] = {"Effect": "Allow", "Action": "secretsmanager:*"}
    return [*statements, {**wide, "Resource": statements[0]["Resource"]}]


def test_each_policy_lets_a_reader_read_what_the_page_says() -> None:
    (reader,), denying = POLICIES
    current = {"current", "of an id that is current"}
    assert granted([reader]) == current | {"pending", "of an id that is pending"}
    assert granted([without(reader, "AWSPENDING")]) == current
    assert granted(everything(denying)) == {"current", "previous", "of no label"}


@pytest.mark.parametrize("left_out", [0, 1])
def test_each_half_of_the_denial_is_needed(left_out: int) -> None:
    _, denying = POLICIES
    (half,) = (each for place, each in enumerate(denying) if place != left_out)
    assert granted(everything([half])) & {"pending", "of an id"}
