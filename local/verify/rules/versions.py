"""Versions: immutable, and limited in size and labels (facts 8, 15 and 17)."""

from local.verify.expect import equal, refused
from local.verify.notes import PLAIN
from local.verify.probe import CURRENT, FIRST, PENDING, PREVIOUS, Probe, new_id
from local.verify.registry import rule

MAX_BYTES, MAX_LABELS = 65_536, 20


@rule(8)
def the_same_value_again_succeeds_and_changes_nothing(probe: Probe) -> None:
    """PutSecretValue with a version's id and value succeeds, and moves no label."""
    secret = probe.secret()
    second = probe.put(secret, "second")
    probe.put(secret, FIRST, version=secret.version)
    probe.see_labels(secret, {second: [CURRENT], secret.version: [PREVIOUS]})


@rule(8)
def another_value_for_a_version_is_refused(probe: Probe) -> None:
    """PutSecretValue with a version's id and another value is ResourceExistsException."""
    secret = probe.secret()
    text = f"You can't use ClientRequestToken {secret.version} because that value is already in use"
    with refused("ResourceExistsException", text):
        probe.put(secret, "other", version=secret.version)
    answer = probe.client.get_secret_value(SecretId=secret.arn)
    equal("the value", answer["SecretString"], FIRST)


@rule(8)
def a_secret_created_again_with_the_same_token_and_value_is_the_same(probe: Probe) -> None:
    """CreateSecret with the same name, token and value succeeds again, and makes nothing."""
    name, version = probe.name(), new_id()
    request = {"Name": name, "ClientRequestToken": version, "SecretString": FIRST}
    first = probe.client.create_secret(**request)
    second = probe.client.create_secret(**request)
    equal("the second answer", (second["ARN"], second["VersionId"]), (first["ARN"], version))


@rule(8)
def another_secret_of_a_name_is_refused(probe: Probe) -> None:
    """CreateSecret with a name in use is ResourceExistsException."""
    secret = probe.secret()
    text = f"The operation failed because the secret {secret.name} already exists."
    with refused("ResourceExistsException", text):
        probe.client.create_secret(Name=secret.name, SecretString="other")


@rule(15)
def describesecret_has_a_version_without_a_value_and_the_list_has_not(probe: Probe) -> None:
    """DescribeSecret shows a labelled version without a value, ListSecretVersionIds does not."""
    secret = probe.rotating({**PLAIN, "createSecret": ["fail"]})
    version = probe.rotate(secret)
    probe.notes(secret, 1)
    probe.see_labels(secret, {secret.version: [CURRENT], version: [PENDING]})
    listed = probe.client.list_secret_version_ids(SecretId=secret.arn, IncludeDeprecated=True)
    found = [each["VersionId"] for each in listed["Versions"]]
    equal("the versions that are listed", found, [secret.version])


@rule(15)
def describesecret_leaves_out_versions_without_a_label(probe: Probe) -> None:
    """DescribeSecret shows no version that has lost its last label."""
    secret = probe.secret()
    second = probe.put(secret, "second")
    third = probe.put(secret, "third")
    probe.see_labels(secret, {third: [CURRENT], second: [PREVIOUS]})


@rule(17)
def a_value_has_at_most_65536_bytes(probe: Probe) -> None:
    """A value of 65,536 bytes is stored, and one byte more is refused."""
    secret = probe.secret("x" * MAX_BYTES)
    answer = probe.client.get_secret_value(SecretId=secret.arn)
    equal("its length", len(answer["SecretString"]), MAX_BYTES)
    with refused("ValidationException"):
        probe.put(secret, "x" * (MAX_BYTES + 1))


@rule(17)
def a_secret_has_at_most_20_labels(probe: Probe) -> None:
    """A label more than 20 over all versions is LimitExceededException."""
    secret = probe.secret()
    probe.put(secret, "labelled", *(f"label-{number}" for number in range(MAX_LABELS - 1)))
    with refused("LimitExceededException"):
        probe.put(secret, "one more", "label-more")
