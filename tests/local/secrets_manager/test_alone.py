"""The program alone, with functions of one's own, as a newcomer with the real AWS CLI uses it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import examples
from local.bootstrap import ROOT

SCRIPT = Path(__file__).with_name("script")
PROGRAM = (sys.executable, "-m", "local.secrets_manager")
OWN = ("--function=AwsLike=rotation:lambda_handler", "--function=Tidy=rotation:tidy_handler")


@dataclass(frozen=True)
class Alone:
    """The running program, by what it prints: its variables and its functions' ARNs by name."""

    variables: dict[str, str]
    functions: dict[str, str]
    lines: Iterator[str]

    def wait_for_rotation(self, name: str) -> str:
        """What it says of the next rotation that ends."""
        begins = f"rotation of {name} "
        line = next(line for line in self.lines if line.startswith(begins))
        return line.removeprefix(begins).strip()

    def aws(self, command: str, *words: str) -> Any:  # noqa: ANN401 the CLI's own JSON
        """What `aws secretsmanager <command> <words>` answers."""
        done = self.run(command, *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def run(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        program = examples.environment() / "bin" / "aws"
        return subprocess.run(
            [program, "secretsmanager", *command.split(), *words],
            env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def alone() -> Iterator[Alone]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
    with subprocess.Popen(
        [*PROGRAM, *OWN], cwd=SCRIPT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        said = next(lines)
        while not said.endswith(":Tidy\n"):
            said += next(lines)
        yield Alone(
            dict(re.findall(r"export (\w+)=(\S+)", said)),
            {arn.rpartition(":")[2]: arn for arn in re.findall(r"arn:aws:lambda:\S+", said)},
            lines,
        )
        process.terminate()


def test_a_newcomers_session(alone: Alone) -> None:
    """Only variables that the program prints, and only the CLI."""
    aws = alone.aws
    made = aws("create-secret --name app/db --secret-string first --tags Key=team,Value=data")
    arn = made["ARN"]
    assert aws("describe-secret --secret-id app/db")["VersionIdsToStages"] == {
        made["VersionId"]: ["AWSCURRENT"]
    }
    aws("create-secret --name other --secret-string second")
    listed = aws("list-secrets --filters Key=name,Values=app/")["SecretList"]
    assert [(each["ARN"], each["Tags"]) for each in listed] == [
        (arn, [{"Key": "team", "Value": "data"}])
    ]

    rotation = aws(
        "rotate-secret --secret-id app/db --rotation-rules AutomaticallyAfterDays=30",
        "--rotation-lambda-arn",
        alone.functions["AwsLike"],
    )
    assert alone.wait_for_rotation("app/db") == f"succeeded, version {rotation['VersionId']}"
    batch = aws("batch-get-secret-value --secret-id-list app/db other nobody")
    values = {each["Name"]: each["SecretString"] for each in batch["SecretValues"]}
    assert values["other"] == "second"
    assert values["app/db"] != "first"
    assert [each["ErrorCode"] for each in batch["Errors"]] == ["ResourceNotFoundException"]

    assert alone.run("tag-resource --secret-id app/db --tags Key=stage,Value=test").stdout == ""
    tags = aws("describe-secret --secret-id app/db --query Tags")
    assert {each["Key"] for each in tags} == {"team", "stage"}
    aws("delete-secret --secret-id app/db --recovery-window-in-days 7")
    refused = alone.run("get-secret-value --secret-id app/db")
    assert refused.returncode != 0
    assert "InvalidRequestException" in refused.stderr
    aws("restore-secret --secret-id app/db")
    value = aws("get-secret-value --secret-id app/db")["SecretString"]
    assert value == values["app/db"]
    assert aws("list-secrets --region eu-west-1")["SecretList"] == []
    password = aws("get-random-password --password-length 20 --exclude-punctuation")
    assert re.fullmatch(r"[A-Za-z0-9]{20}", password["RandomPassword"])


def test_rotctl_sees_why_it_failed_by_the_printed_variables(alone: Alone) -> None:
    alone.aws("create-secret --name app/odd --secret-string odd")
    function = alone.functions["PostgresSingleUser"]
    alone.aws("rotate-secret --secret-id app/odd --rotation-lambda-arn", function)
    assert alone.wait_for_rotation("app/odd").startswith("failed, ")
    done = subprocess.run(
        [sys.executable, "-m", "rotctl", "history", "app/odd", "--output", "json"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", **alone.variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (past,) = json.loads(done.stdout)
    assert (past["step"], past["code"], past["attempts"]) == ("createSecret", "MalformedSecret", 3)


@pytest.mark.parametrize("function", ["AwsLike", "Tidy"])
def test_a_script_like_aws_own_rotates_unmodified(
    alone: Alone, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in alone.variables.items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("secretsmanager")
    client.create_secret(Name=function, SecretString="first")
    for _ in range(2):
        version = client.rotate_secret(
            SecretId=function, RotationLambdaARN=alone.functions[function]
        )["VersionId"]
        assert alone.wait_for_rotation(function) == f"succeeded, version {version}"
        stages = client.describe_secret(SecretId=function)["VersionIdsToStages"]
        assert stages[version] == ["AWSCURRENT"]
    client.close()


def test_a_function_that_is_not_there_is_an_error_before_anything_starts() -> None:
    module = "tests.local.secrets_manager.script.rotation"
    # A make above this one would have it say which folder it is in.
    mine = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--silent", "secrets-manager", f"ARGS=--function Mine={module}:handler"],  # noqa: S607 - as a person has it
        cwd=ROOT,
        env={**mine, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "rotation.py has no function 'handler' for 'Mine'" in done.stderr
    assert "Traceback" not in done.stderr
