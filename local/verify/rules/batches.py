"""BatchGetSecretValue (fact 27)."""

from local.verify.expect import equal, refused
from local.verify.probe import FIRST, Probe
from local.verify.registry import rule

MOST = 20


@rule(27)
def values_come_with_their_secrets_and_versions(probe: Probe) -> None:
    """BatchGetSecretValue by ids has each current value, with its secret, version and labels."""
    secrets = [probe.secret(), probe.secret("another")]
    answer = probe.client.batch_get_secret_value(SecretIdList=[each.arn for each in secrets])
    found = {item["Name"]: item["SecretString"] for item in answer["SecretValues"]}
    equal("the values", found, {secrets[0].name: FIRST, secrets[1].name: "another"})
    equal("the errors", answer.get("Errors", []), [])


@rule(27)
def a_secret_that_cannot_be_read_is_an_error_of_its_own(probe: Probe) -> None:
    """An unknown id is under Errors, and the others' values are there."""
    secret, unknown = probe.secret(), probe.name()
    answer = probe.client.batch_get_secret_value(SecretIdList=[secret.arn, unknown])
    equal("the values", [each["ARN"] for each in answer["SecretValues"]], [secret.arn])
    (error,) = answer["Errors"]
    told = error["SecretId"], error["ErrorCode"], error["Message"]
    message = "Secrets Manager can't find the specified secret."
    equal("the error", told, (unknown, "ResourceNotFoundException", message))


@rule(27)
def filters_find_what_listsecrets_finds(probe: Probe) -> None:
    """By a filter it has the values of the secrets that ListSecrets finds."""
    secret = probe.secret()
    chosen = [{"Key": "name", "Values": [secret.name]}]
    probe.until(
        "the values by a filter",
        lambda: [
            each["ARN"]
            for each in probe.client.batch_get_secret_value(Filters=chosen)["SecretValues"]
        ],
        lambda seen: seen == [secret.arn],
        within=probe.place.patience.settle * 4,
        wanted=secret.arn,
    )


@rule(27)
def a_filter_finds_no_deleted_secret(probe: Probe) -> None:
    """A deleted secret is neither among the values nor among the errors of a filter."""
    secret = probe.secret()
    probe.client.delete_secret(SecretId=secret.arn)
    chosen = [{"Key": "name", "Values": [secret.name]}]

    def found() -> int:
        answer = probe.client.batch_get_secret_value(Filters=chosen)
        return len(answer["SecretValues"]) + len(answer.get("Errors", []))

    probe.see("how many are found", found, 0)


@rule(27)
def either_ids_or_filters_are_given(probe: Probe) -> None:
    """Neither ids nor filters, or both, are InvalidParameterException."""
    with refused("InvalidParameterException"):
        probe.client.batch_get_secret_value()
    chosen = [{"Key": "name", "Values": ["any"]}]
    with refused("InvalidParameterException"):
        probe.client.batch_get_secret_value(SecretIdList=["any"], Filters=chosen)


@rule(27)
def at_most_20_ids_and_filters_of_known_keys(probe: Probe) -> None:
    """More than 20 ids, and a filter with another key, are ValidationException."""
    with refused("ValidationException"):
        probe.client.batch_get_secret_value(SecretIdList=[f"any-{n}" for n in range(MOST + 1)])
    chosen = [{"Key": "colour", "Values": ["green"]}]
    with refused("ValidationException"):
        probe.client.batch_get_secret_value(Filters=chosen)
