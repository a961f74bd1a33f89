"""The SDK as a source, against the local Secrets Manager."""

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.stub import Stubber
from rotating import Absent, Denied, Misconfigured, RotatingError, Secret, Unavailable
from rotating.sdk import Sdk

from local.bootstrap import ROOT
from local.secrets_manager import SecretsManager
from tests.fixtures.secrets_manager import FIRST, put_pending, token

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def a_client(port: int = 1) -> BaseClient:
    config = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    return botocore.session.get_session().create_client(
        "secretsmanager",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )


def test_it_reads_the_label_that_is_asked_for(client: "SecretsManagerClient", secret: str) -> None:
    source = Sdk(secret, client)
    current = source.read("AWSCURRENT")
    assert (current.id, current.text) == (token(1), FIRST)
    with pytest.raises(Absent, match=r"AWSPENDING of the secret 'arn:.*ResourceNotFoundException"):
        source.read("AWSPENDING")
    put_pending(client, secret, 2, '{"password": "next"}')
    assert source.read("AWSPENDING")["password"] == "next"
    assert source.next_rotation() is None


def test_it_knows_when_the_next_rotation_is(client: "SecretsManagerClient", secret: str) -> None:
    client.rotate_secret(
        SecretId=secret,
        RotationLambdaARN="arn:aws:lambda:us-east-1:123456789012:function:Scripted",
        RotationRules={"AutomaticallyAfterDays": 7},
        RotateImmediately=False,
    )
    assert Sdk(secret, client).next_rotation() is not None


def test_a_binary_secret_and_one_that_is_not_there(client: "SecretsManagerClient") -> None:
    client.create_secret(Name="binary", SecretBinary=b"\x00\x01")
    assert Secret("binary", client=client).current().binary == b"\x00\x01"
    with pytest.raises(Absent, match="'missing'"):
        Secret("missing", client=client).current()


def test_a_secret_that_is_being_deleted_is_told(
    client: "SecretsManagerClient", secret: str
) -> None:
    client.delete_secret(SecretId=secret)
    with pytest.raises(Absent, match="InvalidRequestException"):
        Secret(secret, client=client).current()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", Denied),
        ("ExpiredTokenException", Denied),
        ("ValidationException", Misconfigured),
        ("ThrottlingException", Unavailable),
        ("InternalServiceError", Unavailable),
        ("DecryptionFailure", Unavailable),
    ],
)
def test_what_aws_answers_is_of_a_kind(code: str, kind: type[RotatingError]) -> None:
    client = a_client()
    with Stubber(client) as stubbed:
        stubbed.add_client_error("get_secret_value", code)
        with pytest.raises(kind, match=f"AWSCURRENT of the secret 'app' cannot be read: {code}"):
            Sdk("app", client).read("AWSCURRENT")


def test_no_answer_is_unavailable() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(Unavailable, match="ReadTimeoutError"),
    ):
        Sdk("app", a_client(silent.getsockname()[1])).read("AWSCURRENT")
    with pytest.raises(Unavailable, match="EndpointConnectionError"):
        Sdk("app", a_client()).read("AWSCURRENT")


def test_without_a_client_it_makes_one_as_the_environment_says(
    service: SecretsManager, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    assert Secret(secret).current().text == FIRST


def test_an_empty_name_is_told_as_what_it_is(client: "SecretsManagerClient") -> None:
    with pytest.raises(Misconfigured, match="that is no name of a secret"):
        Secret("", client=client).current()


def test_an_arn_says_the_region_and_without_any_it_cannot_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    with pytest.raises(Misconfigured, match="region"):
        Secret("app").current()
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf"
    with pytest.raises(Unavailable, match="EndpointConnectionError"):
        Secret(arn).current()


def test_no_value_is_in_the_log_though_botocore_writes_all_that_it_does(
    service: SecretsManager, secret: str
) -> None:
    program = (
        "import logging, rotating; logging.basicConfig(level=logging.DEBUG); "
        f"print(len(rotating.Secret({secret!r}).current().text))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **service.environment, "PYTHONPATH": str(ROOT / "clients")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{len(FIRST)}\n"
    assert "GetSecretValue" in done.stderr, "it was not heard at all"
    assert FIRST not in done.stderr
