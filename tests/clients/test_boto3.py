"""The program of docs/clients.md for boto3: an access key that was replaced, on moto."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import rotating
from botocore.exceptions import ClientError
from moto.core import set_initial_no_auth_action_count
from moto.server import ThreadedMotoServer

from tests.clients.examples import program
from tests.lab import Lab

ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its endpoint, and S3's for the program."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def iam(aws: str) -> Any:  # noqa: ANN401 - the environment has no types of this client
    """IAM of an account with one user and one bucket."""
    iam = boto3.client("iam", "us-east-1", endpoint_url=aws)
    iam.create_user(UserName="partner")
    iam.put_user_policy(UserName="partner", PolicyName="own", PolicyDocument=json.dumps(ALLOWED))
    boto3.client("s3", "us-east-1", endpoint_url=aws).create_bucket(Bucket="reports")
    return iam


def issue(iam: Any) -> str:  # noqa: ANN401
    """A new access key, as the secret has it."""
    key = iam.create_access_key(UserName="partner")["AccessKey"]
    return json.dumps(
        {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    )


def test_a_key_that_was_replaced(lab: Lab, iam: Any, tmp_path: Path) -> None:  # noqa: ANN401
    first, second = issue(iam), issue(iam)
    arn = lab.client.create_secret(Name="partner/key", SecretString=first)["ARN"]
    buckets = program("boto3 and others", tmp_path, {"prod/partner": arn})["buckets"]
    old = json.loads(first)
    ended = old["access_key_id"]
    s3 = boto3.Session(ended, old["secret_access_key"], region_name="us-east-1").client("s3")

    @set_initial_no_auth_action_count(1)
    def rotated() -> None:
        iam.delete_access_key(UserName="partner", AccessKeyId=ended)
        lab.client.put_secret_value(SecretId=arn, SecretString=second, VersionStages=["AWSPENDING"])
        with pytest.raises(ClientError, match="InvalidAccessKeyId") as caught:
            s3.list_buckets()
        assert rotating.is_rejection(caught.value)
        assert buckets() == ["reports"]

    assert buckets() == ["reports"]
    rotated()
