"""What every example is held against: the function's parser, the service's rules, cfn-lint."""

import json
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local import examples, template
from local.build import artifacts
from tests.lab import Lab

FOLDER = artifacts.ROOT / "docs" / "examples"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:Rotates"
KEY_ID = "AKIAIOSFODNN7EXAMPLE"
PARAMETERS = {
    "Host": "db.example.org",
    "HubUrl": "https://hub.example.org/hub/api",
}


def backend_of(function: str) -> Any:  # noqa: ANN401 - whichever it is
    """Of a handler of its own: the shared one keeps the environment that it first sees."""
    return template.handler(function, {"LOG_LEVEL": "INFO"})._backend


def schedule_and_describe(lab: Lab, document: Mapping[str, object], rules: object) -> object:
    """The schedule as DescribeSecret has it, once RotateSecret has taken it."""
    lab.gate.open = False  # there is no such user anywhere: the rules alone are asked about
    arn = lab.client.create_secret(
        Name=f"example/{uuid.uuid4()}", SecretString=json.dumps(document)
    )["ARN"]
    asked: Any = {"RotationLambdaARN": FUNCTION_ARN, "RotationRules": rules}
    lab.client.rotate_secret(SecretId=arn, RotateImmediately=False, **asked)
    lab.service.wait_for_rotation(arn)
    return lab.client.describe_secret(SecretId=arn)["RotationRules"]


def lint(*paths: Path) -> tuple[int, str]:
    done = subprocess.run(
        [artifacts.ROOT / ".venv" / "bin" / "cfn-lint", "--include-checks", "I", "--", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def run(*command: str | Path, given: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """A program with the examples' environment around it."""
    return subprocess.run(
        [str(word) for word in command],
        input=given,
        env=examples.variables(more),
        capture_output=True,
        text=True,
        check=False,
    )
