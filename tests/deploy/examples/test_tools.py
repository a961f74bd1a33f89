"""The CDK app, synthesised by the real CDK, and the script, run with the real AWS CLI."""

import json
import os
import uuid
from pathlib import Path

import pytest

from local import examples
from local.functions.home import ARN_PREFIX
from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from tests.deploy.examples.checks import (
    FOLDER,
    FUNCTION_ARN,
    PARAMETERS,
    backend_of,
    lint,
    run,
    schedule_and_describe,
)
from tests.deploy.examples.stacks import deploy
from tests.lab import Lab

SCRIPT = FOLDER / "attach-by-cli.sh"
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXT = {"host": PARAMETERS["Host"], "kmsKeyArn": KEY}
# --- CDK ---


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cdk")
    python = examples.environment() / "bin" / "python"
    done = run(
        *(python, FOLDER / "cdk" / "app.py"),
        CDK_OUTDIR=str(out),
        CDK_CONTEXT_JSON=json.dumps(CONTEXT),
    )
    assert done.returncode == 0, done.stderr
    return out / "OrdersSecret.template.json"


def test_cfn_lint_finds_nothing_in_what_the_cdk_makes(synthesised: Path) -> None:
    assert lint(synthesised) == (0, "")


def test_what_the_cdk_makes_is_deployed_to_moto_and_read_by_the_function(
    synthesised: Path, lab: Lab
) -> None:
    template = json.loads(synthesised.read_text())
    del template["Rules"], template["Parameters"]["BootstrapVersion"]  # of its own account
    made = deploy(template, {})
    ((name, document),) = made.documents.items()
    assert backend_of("PostgresSingleUser").parse(document)
    assert made.asked[name]["Name"] == "orders-cdk"
    assert made.asked[name]["KmsKeyId"] == KEY
    assert made.asked[name]["Tags"] == [{"Key": "rotated-by", "Value": "secret-rotators"}]
    (schedule,) = made.schedules
    rules = schedule.pop("RotationRules")
    assert schedule == {
        "SecretId": made.arns[name],
        "RotationLambdaARN": FUNCTION_ARN,
        "RotateImmediatelyOnUpdate": False,
    }
    assert schedule_and_describe(lab, document, rules) == rules


# --- the script ---


def test_without_its_arguments_the_script_says_how_to_call_it() -> None:
    done = run("bash", SCRIPT, "app")
    assert (done.returncode, done.stdout) == (2, "")
    assert "NAME FUNCTION_ARN < secret.json" in done.stderr


def test_the_script_attaches_a_function_that_then_rotates(
    lab: Lab, postgres_server: Server
) -> None:
    target = PostgresTarget(postgres_server)
    name, function = f"example/{uuid.uuid4()}", ARN_PREFIX + lab.functions.add(target)
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    here = {**lab.service.environment, **nowhere, "NO_PROXY": "127.0.0.1", "KMS_KEY_ARN": KEY}
    before = dict(target.document)
    # With -x bash shows every command line as it runs.
    done = run("bash", "-x", SCRIPT, name, function, given=json.dumps(before), **here)
    assert done.returncode == 0, done.stderr
    assert str(before["password"]) not in done.stdout + done.stderr

    described = lab.client.describe_secret(SecretId=name)
    arn = described["ARN"]
    assert lab.service.wait_for_rotation(arn).state == "succeeded"
    assert described["Tags"] == [{"Key": "rotated-by", "Value": "secret-rotators"}]
    assert described["KmsKeyId"] == KEY
    rules = {"ScheduleExpression": "rate(30 days)", "Duration": "2h"}
    assert described["RotationRules"] == rules
    value = lab.client.get_secret_value(SecretId=name)["SecretString"]
    assert json.loads(value) == before
    assert target.accepts(before)

    command = done.stdout.splitlines()[-1].partition("then: ")[2]
    assert run(*command.split(), **here).returncode == 0
    assert lab.service.wait_for_rotation(arn, beyond=1).state == "succeeded"
    after = json.loads(lab.client.get_secret_value(SecretId=name)["SecretString"])
    assert (target.accepts(before), target.accepts(after)) == (False, True)
