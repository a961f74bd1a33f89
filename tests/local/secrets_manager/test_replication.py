"""Replicas in other regions, as a rotation and its consumers see them."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from local.functions.home import InProcess
from local.secrets_manager import ManualClock, SecretsManager
from tests.fixtures.secrets_manager import (
    CREATED,
    FIRST,
    FUNCTION,
    Event,
    Scripted,
    assert_refused,
    labels,
    put_pending,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

THERE, ELSEWHERE = "eu-west-3", "us-west-2"
ON_REPLICA = (
    "Operation not permitted on a replica secret. Call must be made in primary secret's region."
)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "secretsmanager:DeleteSecret",
                "Resource": "*",
            }
        ],
    }
)
IN_SYNC = {
    "Region": THERE,
    "KmsKeyId": "alias/aws/secretsmanager",
    "Status": "InSync",
    "StatusMessage": "Replication succeeded",
}


@pytest.fixture(scope="module")
def function() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def service(function: Scripted) -> Iterator[SecretsManager]:
    """One for all of the file: each test has a name of its own."""
    home = InProcess({"Scripted": function})
    with SecretsManager(home, clock=ManualClock(), retry_delay=0) as running:
        function.client = running.client()
        yield running


@pytest.fixture
def here(service: SecretsManager) -> "SecretsManagerClient":
    return service.client()


@pytest.fixture
def there(service: SecretsManager) -> "SecretsManagerClient":
    return service.client(THERE)


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"app/{request.node.name.partition('[')[0]}/{abs(hash(request.node.name))}"


@pytest.fixture
def primary(here: "SecretsManagerClient", name: str) -> str:
    """The ARN of a secret that has a replica."""
    return here.create_secret(
        Name=name,
        SecretString=FIRST,
        ClientRequestToken=token(1),
        Description="the database",
        Tags=[{"Key": "team", "Value": "data"}],
        AddReplicaRegions=[{"Region": THERE}],
    )["ARN"]


def in_region(arn: str, region: str = THERE) -> str:
    return arn.replace(":us-east-1:", f":{region}:")


def status(client: "SecretsManagerClient", secret_id: str) -> list[Any]:
    return client.describe_secret(SecretId=secret_id).get("ReplicationStatus", [])


# --- making, and what it looks like ---


def test_create_secret_begins_it_and_describe_secret_tells_the_rest(
    here: "SecretsManagerClient", name: str
) -> None:
    made = here.create_secret(
        Name=name,
        SecretString=FIRST,
        AddReplicaRegions=[{"Region": ELSEWHERE, "KmsKeyId": "alias/mine"}, {"Region": THERE}],
    )
    assert [(each["Region"], each["Status"]) for each in made["ReplicationStatus"]] == [
        (THERE, "InProgress"),
        (ELSEWHERE, "InProgress"),
    ]
    described = here.describe_secret(SecretId=name)
    assert described["PrimaryRegion"] == "us-east-1"
    assert described["ReplicationStatus"] == [
        IN_SYNC,
        {**IN_SYNC, "Region": ELSEWHERE, "KmsKeyId": "alias/mine"},
    ]


def test_a_secret_that_never_was_replicated_says_nothing_of_it(
    here: "SecretsManagerClient", name: str
) -> None:
    made = here.create_secret(Name=name, SecretString=FIRST)
    described = here.describe_secret(SecretId=name)
    assert not {"PrimaryRegion", "ReplicationStatus"} & (made.keys() | described.keys())


def test_an_existing_secret_is_replicated_once(here: "SecretsManagerClient", name: str) -> None:
    arn = here.create_secret(Name=name, SecretString=FIRST)["ARN"]
    wanted: Any = [{"Region": THERE}, {"Region": THERE}]
    begun = here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=wanted)
    key = IN_SYNC["KmsKeyId"]
    assert begun["ARN"] == arn
    assert begun["ReplicationStatus"] == [
        {"Region": THERE, "KmsKeyId": key, "Status": "InProgress"}
    ]
    again = here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=wanted)
    assert again["ReplicationStatus"] == [IN_SYNC]


def test_the_replica_is_the_primary_seen_from_there(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    read = there.get_secret_value(SecretId=name)
    assert (read["ARN"], read["SecretString"]) == (in_region(primary), FIRST)
    assert there.get_secret_value(SecretId=in_region(primary))["VersionId"] == token(1)
    described = there.describe_secret(SecretId=name)
    assert described["PrimaryRegion"] == "us-east-1"
    assert "ReplicationStatus" not in described
    for key in ("Name", "Description", "Tags", "VersionIdsToStages", "LastChangedDate"):
        assert described[key] == here.describe_secret(SecretId=name)[key], key


def test_metadata_follows(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    here.put_resource_policy(SecretId=primary, ResourcePolicy=POLICY)
    here.tag_resource(SecretId=primary, Tags=[{"Key": "stage", "Value": "test"}])
    here.untag_resource(SecretId=primary, TagKeys=["team"])
    here.update_secret(SecretId=primary, Description="another")
    described = there.describe_secret(SecretId=name)
    assert described["Tags"] == [{"Key": "stage", "Value": "test"}]
    assert described["Description"] == "another"
    assert there.get_resource_policy(SecretId=name)["ResourcePolicy"] == POLICY
    assert there.list_secrets(Filters=[{"Key": "name", "Values": [name]}])["SecretList"]


def test_the_day_of_the_last_read_is_each_regions_own(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    assert "LastAccessedDate" not in status(here, name)[0]
    there.get_secret_value(SecretId=name)
    described = there.describe_secret(SecretId=name)
    assert status(here, primary) == [{**IN_SYNC, "LastAccessedDate": described["LastAccessedDate"]}]
    assert "LastAccessedDate" not in here.describe_secret(SecretId=primary)


def test_lists_are_filtered_by_the_primarys_region(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str
) -> None:
    def found(client: "SecretsManagerClient", region: str) -> set[str]:
        filters: Any = [{"Key": "primary-region", "Values": [region]}]
        return {each["ARN"] for each in client.list_secrets(Filters=filters)["SecretList"]}

    assert in_region(primary) in found(there, "us-east-1")
    assert found(there, THERE) == set()
    assert primary in found(here, "us-east-1")


# --- rotation ---


def test_versions_and_labels_follow_through_a_rotation(
    service: SecretsManager,
    function: Scripted,
    here: "SecretsManagerClient",
    there: "SecretsManagerClient",
    primary: str,
) -> None:
    seen: dict[str, dict[str, str]] = {}

    def look(event: Event) -> None:
        seen[event["Step"]] = labels(there, in_region(event["SecretId"]))

    function.before = dict.fromkeys(["createSecret", "testSecret", "finishSecret"], look)
    assert service.rotate(primary, "Scripted", version=token(2)).state == "succeeded"
    function.before = {}
    assert seen["createSecret"] == {"AWSCURRENT": token(1), "AWSPENDING": token(2)}
    assert seen["finishSecret"] == seen["testSecret"] == seen["createSecret"]
    after = labels(there, in_region(primary))
    assert after == labels(here, primary)
    assert (after["AWSCURRENT"], after["AWSPREVIOUS"]) == (token(2), token(1))
    assert there.get_secret_value(SecretId=in_region(primary))["SecretString"] == CREATED


def test_awspending_is_read_there_while_it_is_pending(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    put_pending(here, primary, 5, "pending")
    read = there.get_secret_value(SecretId=name, VersionStage="AWSPENDING")
    assert (read["SecretString"], read["VersionId"]) == ("pending", token(5))
    listed = there.list_secret_version_ids(SecretId=name)["Versions"]
    assert {each["VersionId"] for each in listed} == {token(1), token(5)}


def test_the_replica_is_rotated_by_its_primary_alone(
    here: "SecretsManagerClient", there: "SecretsManagerClient", service: SecretsManager, name: str
) -> None:
    arn = here.create_secret(Name=name, SecretString=FIRST, AddReplicaRegions=[{"Region": THERE}])[
        "ARN"
    ]
    rules: Any = {"AutomaticallyAfterDays": 1}
    here.rotate_secret(SecretId=arn, RotationLambdaARN=FUNCTION, RotationRules=rules)
    service.wait_for_rotation(arn)
    assert here.describe_secret(SecretId=arn)["RotationEnabled"]
    assert "RotationEnabled" not in there.describe_secret(SecretId=name)
    assert service.outcomes(in_region(arn)) == ()


# --- what a replica refuses ---
WRITES: dict[str, Callable[["SecretsManagerClient", str], object]] = {
    "CancelRotateSecret": lambda c, s: c.cancel_rotate_secret(SecretId=s),
    "DeleteResourcePolicy": lambda c, s: c.delete_resource_policy(SecretId=s),
    "DeleteSecret": lambda c, s: c.delete_secret(SecretId=s),
    "DeleteSecret at once": lambda c, s: c.delete_secret(
        SecretId=s, ForceDeleteWithoutRecovery=True
    ),
    "PutResourcePolicy": lambda c, s: c.put_resource_policy(SecretId=s, ResourcePolicy=POLICY),
    "PutSecretValue": lambda c, s: c.put_secret_value(SecretId=s, SecretString="b"),
    "RemoveRegionsFromReplication": lambda c, s: c.remove_regions_from_replication(
        SecretId=s, RemoveReplicaRegions=[ELSEWHERE]
    ),
    "ReplicateSecretToRegions": lambda c, s: c.replicate_secret_to_regions(
        SecretId=s, AddReplicaRegions=[{"Region": ELSEWHERE}]
    ),
    "RestoreSecret": lambda c, s: c.restore_secret(SecretId=s),
    "RotateSecret": lambda c, s: c.rotate_secret(SecretId=s, RotationLambdaARN=FUNCTION),
    "TagResource": lambda c, s: c.tag_resource(SecretId=s, Tags=[{"Key": "a", "Value": "b"}]),
    "UntagResource": lambda c, s: c.untag_resource(SecretId=s, TagKeys=["team"]),
    "UpdateSecret": lambda c, s: c.update_secret(SecretId=s, SecretString="b"),
    "UpdateSecret of the description": lambda c, s: c.update_secret(SecretId=s, Description="b"),
    "UpdateSecretVersionStage": lambda c, s: c.update_secret_version_stage(
        SecretId=s, VersionStage="MINE", MoveToVersionId=token(1)
    ),
}


def test_nothing_is_written_there(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    before = here.describe_secret(SecretId=primary)
    for operation, write in WRITES.items():
        with assert_refused("InvalidParameterException") as refusal:
            write(there, name)
        assert refusal.message == ON_REPLICA, operation
    after = here.describe_secret(SecretId=primary)
    assert {**before, "ResponseMetadata": 0} == {**after, "ResponseMetadata": 0}


def test_but_its_key_may_be_another(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    there.update_secret(SecretId=name, KmsKeyId="alias/mine")
    assert there.describe_secret(SecretId=name)["KmsKeyId"] == "alias/mine"
    assert status(here, primary) == [{**IN_SYNC, "KmsKeyId": "alias/mine"}]
    assert "KmsKeyId" not in here.describe_secret(SecretId=primary)


# --- a name that is taken ---


def test_a_name_that_is_taken_fails_unless_it_is_overwritten(
    here: "SecretsManagerClient", there: "SecretsManagerClient", name: str
) -> None:
    there.create_secret(Name=name, SecretString="theirs")
    arn = here.create_secret(Name=name, SecretString=FIRST, AddReplicaRegions=[{"Region": THERE}])[
        "ARN"
    ]
    why = f"Replication failed: Secret name {name} already exists in region {THERE}."
    assert status(here, name) == [{**IN_SYNC, "Status": "Failed", "StatusMessage": why}]
    assert there.get_secret_value(SecretId=name)["SecretString"] == "theirs"
    with assert_refused("InvalidParameterException"):
        here.delete_secret(SecretId=name)  # until the region is removed, or it succeeds
    here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": THERE}])
    assert status(here, name)[0]["Status"] == "Failed"
    here.replicate_secret_to_regions(
        SecretId=name, AddReplicaRegions=[{"Region": THERE}], ForceOverwriteReplicaSecret=True
    )
    assert status(here, name) == [IN_SYNC]
    read = there.get_secret_value(SecretId=name)
    assert (read["ARN"], read["SecretString"]) == (in_region(arn), FIRST)


def test_create_secret_overwrites_if_it_is_told_to_but_no_other_replica(
    service: SecretsManager, there: "SecretsManagerClient", primary: str, name: str
) -> None:
    third = service.client(ELSEWHERE)
    third.create_secret(
        Name=name,
        SecretString="third",
        AddReplicaRegions=[{"Region": THERE}, {"Region": "us-east-1"}],
        ForceOverwriteReplicaSecret=True,
    )
    assert [each["Status"] for each in status(third, name)] == ["Failed", "Failed"]
    assert there.describe_secret(SecretId=name)["ARN"] == in_region(primary)


@pytest.mark.parametrize("region", ["us-east-1", "mars-north-1", "cn-north-1"])
def test_a_region_that_can_have_no_replica_is_refused_and_nothing_is_made(
    here: "SecretsManagerClient", name: str, region: str
) -> None:
    wanted: Any = [{"Region": THERE}, {"Region": region}]
    with assert_refused("InvalidParameterException") as refusal:
        here.create_secret(Name=name, SecretString="a", AddReplicaRegions=wanted)
    assert refusal.message == "Invalid replica region."
    here.create_secret(Name=name, SecretString="a")
    with assert_refused("InvalidParameterException"):
        here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=wanted)
    assert status(here, name) == []


# --- ending it ---


@pytest.mark.parametrize("force", [True, False])
def test_a_primary_is_deleted_after_its_replicas(
    here: "SecretsManagerClient",
    there: "SecretsManagerClient",
    primary: str,
    name: str,
    *,
    force: bool,
) -> None:
    here.replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": "eu-west-1"}])
    with assert_refused("InvalidParameterException") as refusal:
        here.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=force)
    assert refusal.message == (
        f"You can't delete secret {primary} that still has replica regions [eu-west-1, {THERE}]."
    )
    removed = here.remove_regions_from_replication(
        SecretId=name, RemoveReplicaRegions=[THERE, ELSEWHERE]
    )
    assert (removed["ARN"], len(removed["ReplicationStatus"])) == (primary, 1)
    with assert_refused("ResourceNotFoundException"):
        there.describe_secret(SecretId=name)
    removed = here.remove_regions_from_replication(
        SecretId=name, RemoveReplicaRegions=["eu-west-1"]
    )
    assert removed["ReplicationStatus"] == []
    assert "PrimaryRegion" not in here.describe_secret(SecretId=name)
    here.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=force)


@pytest.mark.parametrize("by", ["name", "its own ARN", "the primary's ARN"])
def test_a_promoted_replica_is_a_secret_of_its_own(  # noqa: PLR0913, PLR0917 fixtures
    service: SecretsManager,
    here: "SecretsManagerClient",
    there: "SecretsManagerClient",
    primary: str,
    name: str,
    by: str,
) -> None:
    here.rotate_secret(SecretId=primary, RotationLambdaARN=FUNCTION)
    service.wait_for_rotation(primary)
    secret_id = {"name": name, "its own ARN": in_region(primary)}.get(by, primary)
    promoted = there.stop_replication_to_replica(SecretId=secret_id)
    assert promoted["ARN"] == in_region(primary)
    assert status(here, primary) == []
    described = there.describe_secret(SecretId=name)
    assert not {"PrimaryRegion", "RotationEnabled", "RotationLambdaARN"} & described.keys()
    assert described["Tags"] == [{"Key": "team", "Value": "data"}]
    assert there.get_secret_value(SecretId=name)["SecretString"] == CREATED

    there.put_secret_value(SecretId=name, SecretString="there alone")
    there.tag_resource(SecretId=name, Tags=[{"Key": "stage", "Value": "test"}])
    here.put_secret_value(SecretId=name, SecretString="here alone")
    assert there.get_secret_value(SecretId=name)["SecretString"] == "there alone"
    assert here.get_secret_value(SecretId=name)["SecretString"] == "here alone"
    assert len(here.describe_secret(SecretId=name)["Tags"]) == 1
    here.delete_secret(SecretId=name)


def test_what_is_no_replica_is_not_promoted(
    here: "SecretsManagerClient", there: "SecretsManagerClient", primary: str, name: str
) -> None:
    with assert_refused("InvalidRequestException"):
        here.stop_replication_to_replica(SecretId=primary)
    with assert_refused("ResourceNotFoundException"):
        there.stop_replication_to_replica(SecretId=f"{name}/other")
    with assert_refused("ValidationException"):
        there.stop_replication_to_replica(SecretId="arn:other")


@pytest.mark.parametrize("verb", ["associate", "disassociate"])
def test_replicas_of_other_accounts_are_not_offered(
    here: "SecretsManagerClient", primary: str, verb: str
) -> None:
    ask = getattr(here, f"{verb}_cross_account_replica")  # which the stubs lack
    with assert_refused("InvalidParameterException") as refusal:
        ask(SecretId=primary, CrossAccountReplicaARN=primary.replace("123456789012", "1" * 12))
    assert "not offered here" in refusal.message
