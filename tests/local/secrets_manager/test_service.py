"""The service as a whole: what it keeps, what it reads, how it starts and ends."""

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import boto3
import pytest

from local.secrets_manager import ManualClock, SecretsManager
from tests.fixtures.secrets_manager import FIRST, FUNCTION, Scripted, assert_refused, token

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def test_create_secret_again_is_idempotent_with_the_same_token_and_value(
    client: "SecretsManagerClient", secret: str
) -> None:
    again = client.create_secret(Name="app/db", SecretString=FIRST, ClientRequestToken=token(1))
    assert (again["ARN"], again["VersionId"]) == (secret, token(1))
    with assert_refused("ResourceExistsException") as refusal:
        client.create_secret(Name="app/db", SecretString=FIRST)
    assert refusal.message == "The operation failed because the secret app/db already exists."
    with assert_refused("ResourceExistsException"):
        client.create_secret(Name="app/db", SecretString="other", ClientRequestToken=token(1))


def test_a_value_that_looks_like_a_form_is_a_value(client: "SecretsManagerClient") -> None:
    awkward = '{"password": "a&SecretId=b&Action=DeleteSecret&VersionStages=c"}'
    client.create_secret(Name="awkward", SecretString=awkward)
    assert client.get_secret_value(SecretId="awkward")["SecretString"] == awkward


def test_bytes_are_kept_as_bytes(client: "SecretsManagerClient") -> None:
    client.create_secret(Name="bytes", SecretBinary=b"\x00\xff")
    answer = client.get_secret_value(SecretId="bytes")
    assert answer["SecretBinary"] == b"\x00\xff"
    assert "SecretString" not in answer


def test_update_secret_keeps_what_it_is_not_given(
    client: "SecretsManagerClient", secret: str
) -> None:
    client.update_secret(SecretId=secret, Description="the database's owner")
    client.update_secret(SecretId=secret, SecretString="b", ClientRequestToken=token(2))
    described = client.describe_secret(SecretId=secret)
    assert described["Description"] == "the database's owner"
    assert described["VersionIdsToStages"][token(2)] == ["AWSCURRENT"]


def test_a_secret_deleted_at_once_is_unknown_and_its_name_is_free(
    client: "SecretsManagerClient", secret: str
) -> None:
    client.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    with assert_refused("ResourceNotFoundException"):
        client.get_secret_value(SecretId=secret)
    assert client.create_secret(Name="app/db", SecretString="anew")["ARN"] != secret
    client.delete_secret(SecretId="app/db", RecoveryWindowInDays=7)
    with assert_refused("InvalidRequestException"):
        client.create_secret(Name="app/db", SecretString="too soon")


def test_two_services_in_a_process_share_nothing(
    client: "SecretsManagerClient", secret: str
) -> None:
    with SecretsManager() as other:
        with assert_refused("ResourceNotFoundException"):
            other.client().describe_secret(SecretId=secret)
        with assert_refused("AccessDeniedException"):
            created = other.client().create_secret(Name="mine", SecretString="a")["ARN"]
            other.client().rotate_secret(SecretId=created, RotationLambdaARN=FUNCTION)
    assert client.describe_secret(SecretId=secret)["Name"] == "app/db"


def test_its_client_reads_nothing_of_the_users(
    service: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")
    client = service.client()
    assert client.meta.region_name == "us-east-1"
    assert client.list_secrets()["SecretList"] == []


def test_the_environment_points_any_sdk_at_it(
    service: SecretsManager, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("secretsmanager")
    assert client.get_secret_value(SecretId=secret)["SecretString"] == FIRST
    client.close()


def test_many_callers_at_once_are_served_one_after_the_other(
    client: "SecretsManagerClient", secret: str
) -> None:
    def put(number: int) -> None:
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=token(number), SecretString=str(number)
        )

    threads = [threading.Thread(target=put, args=(number,)) for number in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert sorted(label for on_it in stages.values() for label in on_it) == [
        "AWSCURRENT",
        "AWSPREVIOUS",
    ]


def test_closing_ends_its_threads_even_between_two_attempts(
    function: Scripted, clock: ManualClock
) -> None:
    before = set(threading.enumerate())
    service = SecretsManager(clock=clock, retries=5, retry_delay=3600)
    with service:
        # A home whose function is not there when it is invoked: each attempt fails.
        service.home = _Nowhere()
        client = service.client()
        client.create_secret(Name="a", SecretString="a")
        client.rotate_secret(SecretId="a", RotationLambdaARN=FUNCTION)
        service.wait_for(lambda: any(step.outcome == "failed" for step in service.steps))
    assert {thread for thread in threading.enumerate() if "rotation" in thread.name} <= before
    assert function.steps == []
    service.close()
    with pytest.raises(RuntimeError, match="isn't running"):
        _ = service.endpoint


class _Nowhere:
    def invoke(self, function: str, _event: object, /) -> None:
        raise LookupError(function)


def test_alone_it_says_what_to_export_keeps_quiet_and_ends_on_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local.secrets_manager"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        exports = next(line for line in lines if "AWS_ENDPOINT_URL_SECRETS_MANAGER" in line)
        client = boto3.session.Session(
            aws_access_key_id="local", aws_secret_access_key="local", region_name="us-east-1"
        ).client("secretsmanager", endpoint_url=exports.strip().partition("=")[2])
        client.create_secret(Name="a", SecretString="hidden-value")
        assert client.get_secret_value(SecretId="a")["SecretString"] == "hidden-value"
        with assert_refused("ResourceExistsException"):
            client.create_secret(Name="a", SecretString="hidden-value")
        client.close()
        os.kill(process.pid, signal.SIGINT)
        rest = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert "hidden-value" not in rest
    assert "Traceback" not in rest
