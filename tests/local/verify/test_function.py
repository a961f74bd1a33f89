"""The function that is deployed: one file that needs nothing but what Lambda has."""

import ast
import json

import pytest

from local.secrets_manager import SecretsManager
from local.verify import function, stack

PREFIX = "secret-rotators-verify/0123456789ab"


def test_it_imports_what_lambda_has() -> None:
    tree = ast.parse(stack.SOURCE.read_text())
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert imported == {"json", "time", "typing", "boto3", "botocore.exceptions"}


def test_its_rights_end_with_the_prefix() -> None:
    role = stack.template(PREFIX)["Resources"]["Role"]["Properties"]
    (policy,) = role["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"]["Fn::Sub"].endswith(f":secret:{PREFIX}/*")
    assert not [action for action in statement["Action"] if "*" in action]


def test_as_on_lambda_it_finds_the_service_by_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with SecretsManager() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        client = service.client()
        arn = client.create_secret(Name="app", SecretString="old")["ARN"]
        script = json.dumps({"createSecret": ["put see", "fail"]})
        client.create_secret(Name="app-notes", Description=script)
        assert function.handler({"Canary": arn}, None) == {"Name": "app"}
        event = {"Step": "createSecret", "SecretId": arn, "ClientRequestToken": "1" * 32}
        with pytest.raises(KeyError):  # the token is not optional, and nothing is noted
            function.handler(event, None)
        bare = json.dumps({"createSecret": ["put-bare see", "fail"]})
        client.update_secret(SecretId="app-notes", Description=bare)
        function.handler(event, None)
        with pytest.raises(RuntimeError, match="createSecret"):
            function.handler(event, None)
        notes = client.describe_secret(SecretId="app-notes")["Tags"]
        came = f"{'1' * 32} keys:ClientRequestToken+SecretId+Step id:arn"
        assert sorted(tag["Value"] for tag in notes) == [
            f"{came} fail:Exception",
            f"{came} put-bare:ok see:ok",
        ]
        assert function.VALUE not in json.dumps(notes)
