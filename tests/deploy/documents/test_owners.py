"""docs/from-aws-functions.md: the diffs for what a stack, the CDK or Terraform owns."""

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from local import examples, template
from tests.deploy.documents.pages import before_and_after, section
from tests.deploy.examples.checks import lint, run
from tests.deploy.examples.test_terraform import ARGUMENTS, RULES, plain

CLOUDFORMATION, CDK, TERRAFORM = section(
    "from-aws-functions", "What a stack or Terraform owns"
).blocks("diff")
ROTATION = "AWS::SecretsManager::RotationSchedule"
EXPORT = "secret-rotators-PostgresSingleUserArn"
SECRET = """Resources:
  DatabaseSecret:
    Type: AWS::SecretsManager::Secret
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
"""
APP = """
import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

class {name}(cdk.Stack):
    def __init__(self, scope: cdk.App) -> None:
        super().__init__(scope, "{name}")
        secret = secretsmanager.Secret(self, "Database")
{body}
"""


@pytest.fixture
def written(tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """CloudFormation's schedule before and after the diff, whose template has no fault."""
    found = []
    for number, body in enumerate(before_and_after(CLOUDFORMATION)):
        file = tmp_path / f"{number}.yaml"
        file.write_text(SECRET + body)
        found.append(template.document(file)["Resources"]["DatabaseRotation"])
    assert lint(tmp_path / "1.yaml") == (0, "")
    return found[0], found[1]


def test_cloudformations_schedule_changes_its_function_and_nothing_else(
    written: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    before, after = written
    assert before["Properties"].pop("HostedRotationLambda")
    assert after["Properties"].pop("RotationLambdaARN") == {"Fn::ImportValue": EXPORT}
    assert after["Properties"].pop("RotateImmediatelyOnUpdate") is False
    assert before == after
    assert EXPORT.removeprefix("secret-rotators-").removesuffix("Arn") in template.functions()


def test_the_cdks_schedule_keeps_its_name(tmp_path: Path) -> None:
    app = tmp_path / "app.py"
    bodies = [textwrap.indent(each, " " * 8) for each in before_and_after(CDK)]
    stacks = [APP.format(name=name, body=body) for name, body in zip("AB", bodies, strict=True)]
    app.write_text("".join(stacks) + "\napp = cdk.App()\nA(app)\nB(app)\napp.synth()\n")
    python = examples.environment() / "bin" / "python"
    done = run(python, app, CDK_OUTDIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    made = [json.loads((tmp_path / f"{name}.template.json").read_text()) for name in "AB"]
    before, after = (
        {name: each for name, each in one["Resources"].items() if each["Type"] == ROTATION}
        for one in made
    )
    assert before.keys() == after.keys()
    ((old,), (new,)) = before.values(), after.values()
    assert new["Properties"] == {
        "SecretId": old["Properties"]["SecretId"],
        "RotationLambdaARN": {"Fn::ImportValue": EXPORT},
        "RotateImmediatelyOnUpdate": False,
        "RotationRules": old["Properties"]["RotationRules"],
    }


def test_terraforms_rotation_changes_its_function_and_nothing_else() -> None:
    before, after = (parsed(each) for each in before_and_after(TERRAFORM))
    ((old,), (new,)) = before["resource"], after["resource"]
    kind = "aws_secretsmanager_secret_rotation"
    (function,) = after["data"]
    parameter = "/secret-rotators/PostgresSingleUserArn"
    assert function == {"aws_ssm_parameter": {"rotator": {"name": parameter}}}
    assert new[kind]["database"].keys() <= ARGUMENTS[kind]
    assert new[kind]["database"]["rotation_rules"][0].keys() <= RULES
    assert new[kind]["database"].pop("rotate_immediately") is False
    pointer = new[kind]["database"].pop("rotation_lambda_arn")
    assert pointer == "${data.aws_ssm_parameter.rotator.value}"
    assert old[kind]["database"].pop("rotation_lambda_arn")
    assert old == new


def parsed(module: str) -> Any:  # noqa: ANN401 - any HCL
    code = "import hcl2, json, sys; print(json.dumps(hcl2.load(sys.stdin)))"
    done = run(examples.environment() / "bin" / "python", "-c", code, given=module)
    assert done.returncode == 0, done.stderr
    return plain(json.loads(done.stdout))
