"""docs/from-aws-functions.md: its commands of the AWS CLI, run as they stand there."""

import json
from typing import TYPE_CHECKING

import pytest

from local import template
from local.functions.home import ARN_PREFIX
from tests.deploy.documents.account import Account
from tests.deploy.documents.pages import section
from tests.lab import Lab

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import RotationRulesTypeTypeDef

PAGE = "from-aws-functions"
AWSS = "SecretsManagerRDSPostgreSQLRotationSingleUser"
OURS = "secret-rotators-PostgresSingleUser-1a2b3c4d5e6f"
RULES: "RotationRulesTypeTypeDef" = {"AutomaticallyAfterDays": 30}


@pytest.mark.parametrize("immediately", [True, False])
def test_a_value_that_rds_manages_is_refused(lab: Lab, immediately: bool) -> None:
    function = "PostgresSingleUser"
    lab.functions._handlers.setdefault(function, template.handler(function))
    managed = json.dumps({"username": "postgres", "password": "x"})
    arn = lab.client.create_secret(Name=f"managed-{immediately}", SecretString=managed)["ARN"]
    lab.client.rotate_secret(
        SecretId=arn, RotationLambdaARN=ARN_PREFIX + function, RotateImmediately=immediately
    )
    outcome = lab.service.wait_for_rotation(arn)
    assert outcome.state == "failed"
    step = "createSecret" if immediately else "testSecret"
    assert "host" in str(outcome.error)
    assert f"{step}: " in str(outcome.error)
    assert lab.client.get_secret_value(SecretId=arn)["SecretString"] == managed


def test_a_secret_that_still_names_awss_function_is_found(account: Account) -> None:
    awss = account.function(AWSS)
    account.secret("moved", account.function(OURS), RULES)
    still = account.secret("still", awss, RULES)
    account.client.cancel_rotate_secret(SecretId=still)
    named, _ = section(PAGE, "What may be deleted, and when").blocks("sh")
    assert account.run(named, old=awss).split() == ["still", "False"]
