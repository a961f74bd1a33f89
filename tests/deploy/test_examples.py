"""The stacks to copy: linted, their secrets read by the functions, their schedules accepted.

moto's CloudFormation knows neither secrets nor rotation schedules, so what these resources would
make is made here, in the local Secrets Manager.
"""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from local import build, template
from local.functions import ARN_PREFIX
from shared.errors import MalformedSecret
from tests.lab import Lab

FOLDER = build.ROOT / "docs" / "examples"
STACKS = {path.stem: path for path in sorted(FOLDER.glob("*.yaml"))}
FUNCTIONS = {
    "postgres-single-user": "PostgresSingleUser",
    "postgres-alternating-users": "PostgresAlternatingUsers",
    "mysql-single-user": "MySqlSingleUser",
    "api-key": "HttpApiKey",
    "replicated-secret": "PostgresSingleUser",
}
PARAMETERS = {"Host": "db.example.org", "HubUrl": "https://hub.example.org"}
# What SecretTargetAttachment writes into the secret of a database.
ATTACHED = {"engine": "postgres", "host": "db.example.org", "port": 5432, "dbname": "orders"}


def document_of(resource: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, object]:
    """The value that Secrets Manager would generate, with a password that is none."""
    generated = resource["Properties"]["GenerateSecretString"]
    template_text = generated["SecretStringTemplate"]
    if isinstance(template_text, dict):
        template_text = re.sub(r"\$\{(\w+)\}", lambda m: known[m[1]], template_text["Fn::Sub"])
    return {**json.loads(template_text), generated["GenerateStringKey"]: "generated"}


def test_every_stack_is_of_a_function() -> None:
    assert STACKS.keys() == FUNCTIONS.keys()


@pytest.mark.parametrize("stack", STACKS)
def test_cfn_lint_finds_nothing(stack: str) -> None:
    done = subprocess.run(
        [build.ROOT / ".venv" / "bin" / "cfn-lint", "--include-checks", "I", "--", STACKS[stack]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("stack", STACKS)
def test_the_function_reads_its_secrets_and_the_schedule_is_accepted(stack: str, lab: Lab) -> None:
    resources = template.document(STACKS[stack])["Resources"]
    secrets = {
        name: each
        for name, each in resources.items()
        if each["Type"] == "AWS::SecretsManager::Secret"
    }
    known = dict(PARAMETERS)
    documents = {}
    for name, resource in secrets.items():
        documents[name] = document_of(resource, known)
        if "Attachment" in resources:
            documents[name] |= ATTACHED
        known[name] = lab.client.create_secret(
            Name=f"{resource['Properties']['Name']}-{stack}",
            SecretString=json.dumps(documents[name]),
        )["ARN"]

    backend = template.handler(FUNCTIONS[stack])._backend
    assert backend.parse(documents["Secret"])
    with pytest.raises(MalformedSecret):
        backend.parse({})

    (schedule,) = (
        each["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::SecretsManager::RotationSchedule"
    )
    assert schedule["RotateImmediatelyOnUpdate"] is False
    assert schedule["SecretId"] == {"Ref": "Secret"}
    parsed = _schedule_of(lab, known["Secret"], schedule["RotationRules"])
    assert parsed == schedule["RotationRules"]


def _schedule_of(lab: Lab, arn: str, rules: Any) -> object:  # noqa: ANN401 - the template's own
    lab.gate.open = False  # there is no such user anywhere: the rules alone are asked about
    lab.client.rotate_secret(
        SecretId=arn,
        RotationLambdaARN=ARN_PREFIX + "PostgresSingleUser",
        RotationRules=rules,
        RotateImmediately=False,
    )
    lab.service.wait_for_rotation(arn)
    return lab.client.describe_secret(SecretId=arn)["RotationRules"]


@pytest.mark.parametrize("stack", STACKS)
def test_names_have_the_documented_prefixes_and_values_are_made_by_aws(stack: str) -> None:
    for name, each in template.document(STACKS[stack])["Resources"].items():
        if each["Type"] == "AWS::SecretsManager::Secret":
            prefix = "rotation-admin/" if name == "Admin" else "rotated/"
            assert each["Properties"]["Name"].startswith(prefix)
            assert "SecretString" not in each["Properties"]


def test_the_script_is_bash_and_its_commands_exist() -> None:
    script = FOLDER / "attach-by-cli.sh"
    subprocess.run(["bash", "-n", script], check=True)  # noqa: S607 - as its user would
    text = Path(script).read_text().replace("\\\n", " ")
    model = boto3.client("secretsmanager", "us-east-1").meta.service_model
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    asked = re.findall(r"^aws secretsmanager (\S+)(.*)$", text, re.MULTILINE)
    assert [operation for operation, _ in asked] == [
        *("create-secret", "rotate-secret", "describe-secret"),
    ]
    for operation, rest in asked:
        shape = model.operation_model(operations[operation]).input_shape
        assert shape is not None
        known = {xform_name(member, "-") for member in shape.members}
        assert {each.removeprefix("no-") for each in re.findall(r"--([a-z-]+)", rest)} <= known
