"""What a secret says of its KMS key and of when it was read."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fixtures.secrets_manager import token
from tests.local.secrets_manager.conftest import Running

KEY, OTHER = "alias/mine", "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444"
DEFAULT = "DefaultEncryptionKey"


def versions(running: Running, name: str) -> dict[str, Any]:
    listed = running.client.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)
    return {version["VersionId"]: version for version in listed["Versions"]}


def keys(running: Running, name: str) -> list[list[str]]:
    return [version["KmsKeyIds"] for version in versions(running, name).values()]


def today(running: Running) -> datetime:
    return datetime.fromtimestamp(running.clock.now(), UTC).replace(hour=0, minute=0, second=0)


@pytest.mark.parametrize(
    "key",
    ["", "alias/aws/secretsmanager", "arn:aws:kms:us-east-1:123456789012:alias/aws/secretsmanager"],
)
def test_the_default_key_is_not_named_but_as_a_versions(
    running: Running, name: str, key: str
) -> None:
    """The API reference, KmsKeyId; the version's as LocalStack recorded it."""
    running.client.create_secret(Name=name, SecretString="a", KmsKeyId=key)
    assert "KmsKeyId" not in running.client.describe_secret(SecretId=name)
    assert keys(running, name) == [[DEFAULT]]
    running.client.update_secret(SecretId=name, KmsKeyId=KEY)
    assert running.client.describe_secret(SecretId=name)["KmsKeyId"] == KEY
    running.client.update_secret(SecretId=name, KmsKeyId=key)
    assert "KmsKeyId" not in running.client.describe_secret(SecretId=name)


def test_a_new_key_is_for_the_versions_that_have_one_of_awss_labels(
    running: Running, name: str
) -> None:
    """The API reference, UpdateSecret."""
    running.client.create_secret(Name=name, SecretString="1", KmsKeyId=KEY)
    for number in (2, 3):
        running.client.put_secret_value(SecretId=name, SecretString=str(number))
    assert keys(running, name) == [[KEY], [KEY], [KEY]]
    running.client.update_secret(SecretId=name, KmsKeyId=OTHER)
    assert keys(running, name) == [[KEY], [OTHER], [OTHER]]
    running.client.put_secret_value(SecretId=name, SecretString="4")
    running.client.update_secret(SecretId=name, KmsKeyId="")
    assert keys(running, name) == [[KEY], [OTHER], [DEFAULT], [DEFAULT]]


def test_a_secret_is_last_accessed_on_a_day_once_its_value_was_read(
    running: Running, name: str
) -> None:
    """The API reference: the date alone; and only of a value that was retrieved."""
    running.client.create_secret(Name=name, SecretString="1", ClientRequestToken=token(1))
    running.client.put_secret_value(SecretId=name, SecretString="2", ClientRequestToken=token(2))
    assert "LastAccessedDate" not in running.client.describe_secret(SecretId=name)
    assert not any("LastAccessedDate" in item for item in versions(running, name).values())

    running.clock.advance(1000)
    running.client.get_secret_value(SecretId=name)
    read = today(running)
    assert read.timestamp() < running.clock.now()
    assert running.client.describe_secret(SecretId=name)["LastAccessedDate"] == read
    assert versions(running, name)[token(2)]["LastAccessedDate"] == read
    assert "LastAccessedDate" not in versions(running, name)[token(1)]

    running.clock.advance(24 * 3600)
    running.client.get_secret_value(SecretId=name, VersionId=token(1))
    assert running.client.describe_secret(SecretId=name)["LastAccessedDate"] == today(running)
    assert versions(running, name)[token(2)]["LastAccessedDate"] == read


def test_a_batch_reads_too_and_a_refused_read_does_not(running: Running, name: str) -> None:
    running.client.create_secret(Name=name)
    running.client.batch_get_secret_value(SecretIdList=[name])
    assert "LastAccessedDate" not in running.client.describe_secret(SecretId=name)
    running.client.put_secret_value(SecretId=name, SecretString="a")
    running.client.batch_get_secret_value(SecretIdList=[name])
    assert "LastAccessedDate" in running.client.describe_secret(SecretId=name)
