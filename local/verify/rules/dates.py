"""What is told of a secret's and a version's use and key (fact 32)."""

from datetime import UTC, datetime

from local.verify.expect import equal, holds
from local.verify.probe import Probe
from local.verify.registry import rule


@rule(32)
def lastaccesseddate_is_the_day_of_the_last_read(probe: Probe) -> None:
    """After a GetSecretValue, DescribeSecret has LastAccessedDate, a day at midnight in UTC."""
    secret = probe.secret()
    probe.client.get_secret_value(SecretId=secret.arn)
    date = probe.until(
        "LastAccessedDate",
        lambda: probe.client.describe_secret(SecretId=secret.arn).get("LastAccessedDate"),
        lambda seen: seen is not None,
        within=probe.place.patience.settle,
        wanted="a date",
    )
    holds(f"its time: {date}", date.astimezone(UTC).time() == datetime.min.time())


@rule(32)
def a_version_that_is_listed_names_its_key_and_its_date(probe: Probe) -> None:
    """ListSecretVersionIds has KmsKeyIds, DefaultEncryptionKey without a key of one's own."""
    secret = probe.secret()
    (version,) = probe.client.list_secret_version_ids(SecretId=secret.arn)["Versions"]
    equal("KmsKeyIds", version.get("KmsKeyIds"), ["DefaultEncryptionKey"])
    holds("CreatedDate is missing", "CreatedDate" in version)


@rule(32)
def a_version_that_was_read_has_lastaccesseddate_too(probe: Probe) -> None:
    """ListSecretVersionIds has LastAccessedDate for a version that was read, and for no other."""
    secret = probe.secret()
    read = probe.put(secret, "second")
    probe.client.get_secret_value(SecretId=secret.arn)

    def dated() -> list[str]:
        listed = probe.client.list_secret_version_ids(SecretId=secret.arn)["Versions"]
        return [each["VersionId"] for each in listed if "LastAccessedDate" in each]

    probe.see("the versions with a LastAccessedDate", dated, [read])


@rule(32)
def the_default_key_is_not_named(probe: Probe) -> None:
    """DescribeSecret has no KmsKeyId for a secret with the default key, or its alias."""
    for given in ({}, {"KmsKeyId": "alias/aws/secretsmanager"}):
        secret = probe.secret(**given)
        described = probe.client.describe_secret(SecretId=secret.arn)
        equal(f"KmsKeyId, created with {given}", described.get("KmsKeyId"), None)
