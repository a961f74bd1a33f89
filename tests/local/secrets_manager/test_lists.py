"""ListSecrets: what is found, in which order and in which portions."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.secrets_manager import assert_refused
from tests.local.secrets_manager.conftest import Running

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import FilterTypeDef

DESCRIBED = {
    "testing1/one": "a secret",
    "/testing2/two": "an secret",
    "testing3/three": "asecret",
    "/testing4/four": "thesecret",
}
TAGGED = {"tag/one": ("Team", "Data"), "tag/two": ("team", "data"), "tag/three": ("teams", "x")}


def names(running: Running, **request: Any) -> list[str]:  # noqa: ANN401 the API's own parameters
    return [item["Name"] for item in running.client.list_secrets(**request)["SecretList"]]


def found(running: Running, key: str, *values: str) -> set[str]:
    condition: FilterTypeDef = {"Key": key, "Values": values}  # type: ignore[typeddict-item]
    return set(names(running, Filters=[condition]))


@pytest.fixture(scope="module", autouse=True)
def secrets(running: Running) -> None:
    for name, description in DESCRIBED.items():
        running.client.create_secret(Name=name, Description=description)
        running.clock.advance(1)
    for name, (key, value) in TAGGED.items():
        running.client.create_secret(Name=name, Tags=[{"Key": key, "Value": value}])
        running.clock.advance(1)
    for name in ("ThisTestSecret", "Nexttestsecret", "credsDatabase892"):
        running.client.create_secret(Name=name)
        running.clock.advance(1)


@pytest.mark.parametrize(
    ("key", "value", "numbers"),
    [
        ("name", "/", {2, 4}),
        ("name", "!/", {1, 3}),
        ("name", "testing1 one", set()),
        ("name", "secret", set()),
        ("description", "a", {1, 2, 3}),
        ("description", "!a", {4}),
        ("description", "a secret", {1, 2}),
        ("description", "!c", {1, 2, 3, 4}),
        ("description", "A SECRET", {1, 2}),
    ],
)
def test_filters_match_as_they_were_recorded(
    running: Running, key: str, value: str, numbers: set[int]
) -> None:
    """LocalStack's test_list_secrets_filtering, which was validated on AWS; the last is ours."""
    these = list(DESCRIBED)
    expected = {these[number - 1] for number in numbers}
    assert found(running, key, value) & DESCRIBED.keys() == expected


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("tag-key", ["team"], {"tag/two", "tag/three"}),
        ("tag-key", ["Team"], {"tag/one"}),
        ("tag-value", ["D"], {"tag/one"}),
        ("tag-value", ["D", "x"], {"tag/one", "tag/three"}),
        ("name", ["tag/t"], {"tag/two", "tag/three"}),
        ("all", ["TEST secret"], {"ThisTestSecret"}),
        ("all", ["nexttest"], {"Nexttestsecret"}),
        ("all", ["creds_Database892"], {"credsDatabase892"}),
        ("all", ["data"], {"tag/one", "tag/two", "credsDatabase892"}),
        ("all", ["/"], set()),
        ("owning-service", ["rds"], set()),
        ("primary-region", ["us-east-1"], set()),
    ],
)
def test_prefixes_mind_case_and_words_do_not(
    running: Running, key: str, values: list[str], expected: set[str]
) -> None:
    """The user guide, "Find secrets in AWS Secrets Manager"."""
    assert found(running, key, *values) == expected


def test_every_filter_has_to_match(running: Running) -> None:
    one: FilterTypeDef = {"Key": "name", "Values": ["testing", "/testing"]}
    other: FilterTypeDef = {"Key": "description", "Values": ["a"]}
    assert names(running, Filters=[one, other]) == list(DESCRIBED)[:3]


@pytest.mark.parametrize("condition", [{"Values": ["a"]}, {"Key": "name"}])
def test_a_filter_that_lacks_its_key_or_values_is_refused(
    running: Running, condition: "FilterTypeDef"
) -> None:
    with assert_refused("InvalidParameterException"):
        running.client.list_secrets(Filters=[condition])


def test_the_oldest_is_the_first_unless_another_order_is_asked_for(running: Running) -> None:
    tags: list[FilterTypeDef] = [{"Key": "name", "Values": ["tag/"]}]
    assert names(running, Filters=tags) == list(TAGGED)
    assert names(running, Filters=tags, SortOrder="desc") == list(TAGGED)[::-1]
    assert names(running, Filters=tags, SortBy="name") == sorted(TAGGED)
    running.client.put_secret_value(SecretId="tag/one", SecretString="a")
    assert names(running, Filters=tags, SortBy="last-changed-date")[-1] == "tag/one"
    running.client.get_secret_value(SecretId="tag/one")
    assert names(running, Filters=tags, SortBy="last-accessed-date")[-1] == "tag/one"


def test_pages_hold_each_secret_once_and_their_tokens_tell_nothing(running: Running) -> None:
    everything = names(running)
    paginator = running.client.get_paginator("list_secrets")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 3}))
    assert [item["Name"] for page in pages for item in page["SecretList"]] == everything
    assert [len(page["SecretList"]) for page in pages] == [3, 3, 3, 1]
    assert "NextToken" not in pages[-1]
    assert not any(page["NextToken"].isdigit() for page in pages[:-1])


@pytest.mark.parametrize("token", ["1", "-1", "nonsense", "TGlzdFNlY3JldHMgZnJvbSAw", "ä", "%"])
def test_a_token_that_no_answer_held_is_refused(running: Running, token: str) -> None:
    with assert_refused("InvalidNextTokenException"):
        running.client.list_secrets(NextToken=token)


def test_a_token_of_another_list_is_refused(running: Running) -> None:
    token = running.client.list_secrets(MaxResults=1)["NextToken"]
    with assert_refused("InvalidNextTokenException"):
        running.client.list_secret_version_ids(SecretId="tag/one", NextToken=token)


def test_secrets_scheduled_for_deletion_are_listed_if_asked_for(running: Running) -> None:
    running.client.create_secret(Name="leaving")
    running.client.delete_secret(SecretId="leaving", RecoveryWindowInDays=7)
    assert "leaving" not in names(running)
    assert "leaving" in names(running, IncludePlannedDeletion=True)
    running.client.delete_secret(SecretId="leaving", ForceDeleteWithoutRecovery=True)
    assert "leaving" not in names(running, IncludePlannedDeletion=True)


def test_an_entry_has_the_versions_under_the_lists_own_name(running: Running, name: str) -> None:
    created = running.client.create_secret(Name=name, SecretString="a")
    reply = running.ask("ListSecrets", {"Filters": [{"Key": "name", "Values": [name]}]})
    (entry,) = reply.body["SecretList"]
    assert entry["SecretVersionsToStages"] == {created["VersionId"]: ["AWSCURRENT"]}
    assert "VersionIdsToStages" not in entry
    described = running.ask("DescribeSecret", {"SecretId": name}).body
    assert "SecretVersionsToStages" not in described
    running.client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
