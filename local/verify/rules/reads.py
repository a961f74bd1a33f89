"""Reads of values, and what DescribeSecret leaves out (facts 12 and 14)."""

from http import HTTPStatus

from local.verify.expect import equal, refused
from local.verify.probe import CURRENT, FIRST, PENDING, PREVIOUS, Probe, new_id
from local.verify.registry import rule

NOT_FOUND = "Secrets Manager can't find the specified secret value for"


@rule(12)
def a_read_has_the_value_its_version_and_its_labels(probe: Probe) -> None:
    """GetSecretValue answers with the value, its version's id and that version's labels."""
    secret = probe.secret()
    answer = probe.client.get_secret_value(SecretId=secret.name)
    equal("the secret", (answer["ARN"], answer["Name"]), (secret.arn, secret.name))
    read = answer["SecretString"], answer["VersionId"], answer["VersionStages"]
    equal("what was read", read, (FIRST, secret.version, [CURRENT]))


@rule(12)
def a_label_on_no_version_is_not_found(probe: Probe) -> None:
    """A label that no version has is ResourceNotFoundException, which names it."""
    secret = probe.secret()
    with refused("ResourceNotFoundException", f"{NOT_FOUND} staging label: {PREVIOUS}"):
        probe.client.get_secret_value(SecretId=secret.arn, VersionStage=PREVIOUS)


@rule(12)
def a_secret_without_a_value_has_none_to_read(probe: Probe) -> None:
    """Of a secret that never had a value, AWSCURRENT is not found."""
    secret = probe.secret(None)
    with refused("ResourceNotFoundException", f"{NOT_FOUND} staging label: {CURRENT}"):
        probe.client.get_secret_value(SecretId=secret.arn)


@rule(12)
def an_unknown_version_is_not_found(probe: Probe) -> None:
    """A version id that is no version's is ResourceNotFoundException, which names it."""
    secret, unknown = probe.secret(), new_id()
    with refused("ResourceNotFoundException", f"{NOT_FOUND} VersionId: {unknown}"):
        probe.client.get_secret_value(SecretId=secret.arn, VersionId=unknown)


@rule(12)
def an_id_and_a_label_that_disagree_are_an_invalid_request(probe: Probe) -> None:
    """A version id with a label that another version has is InvalidRequestException."""
    secret = probe.secret()
    probe.put(secret, "pending", PENDING)
    text = "You provided a VersionStage that is not associated to the provided VersionId."
    with refused("InvalidRequestException", text):
        probe.client.get_secret_value(
            SecretId=secret.arn, VersionId=secret.version, VersionStage=PENDING
        )


@rule(12)
def every_refusal_is_http_400(probe: Probe) -> None:
    """What is not there, and what is an invalid request, is HTTP 400."""
    secret = probe.secret()
    probe.put(secret, "pending", PENDING)
    with refused("ResourceNotFoundException") as unknown:
        probe.client.get_secret_value(SecretId=probe.name())
    with refused("ResourceNotFoundException") as unlabelled:
        probe.client.get_secret_value(SecretId=secret.arn, VersionStage=PREVIOUS)
    with refused("InvalidRequestException") as disagreeing:
        probe.client.get_secret_value(
            SecretId=secret.arn, VersionId=secret.version, VersionStage=PENDING
        )
    refusals = (unknown, unlabelled, disagreeing)
    found = [each["ResponseMetadata"]["HTTPStatusCode"] for each in refusals]
    equal("the statuses", found, [HTTPStatus.BAD_REQUEST] * 3)


@rule(12)
def a_read_without_a_label_reads_awscurrent(probe: Probe) -> None:
    """GetSecretValue without id and label reads AWSCURRENT, also right after it has moved by id."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    probe.move(secret, CURRENT, MoveToVersionId=pending, RemoveFromVersionId=secret.version)
    probe.see(
        "the version that is read",
        lambda: probe.client.get_secret_value(SecretId=secret.arn)["VersionId"],
        pending,
    )


@rule(12)
def a_binary_value_comes_back_as_it_was(probe: Probe) -> None:
    """A SecretBinary is read as it was put, and there is no SecretString."""
    secret = probe.secret(None, SecretBinary=b"\x00\xff")
    answer = probe.client.get_secret_value(SecretId=secret.arn)
    equal("the value", answer["SecretBinary"], b"\x00\xff")
    equal("SecretString", answer.get("SecretString"), None)


@rule(14)
def a_secret_that_never_rotated_has_no_rotationenabled(probe: Probe) -> None:
    """DescribeSecret of a secret that never rotated says nothing of rotation."""
    secret = probe.secret()
    described = probe.client.describe_secret(SecretId=secret.arn)
    equal("what it says of rotation", [key for key in described if "Rotat" in key], [])


@rule(14)
def describesecret_returns_only_fields_that_have_a_value(probe: Probe) -> None:
    """DescribeSecret of a plain secret has its ARN, name, dates and versions, and no more."""
    secret = probe.secret()
    described = probe.client.describe_secret(SecretId=secret.arn)
    fields = {"ARN", "CreatedDate", "LastChangedDate", "Name", "VersionIdsToStages"}
    equal("its fields", set(described) - {"ResponseMetadata"}, fields)
