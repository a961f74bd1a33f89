"""The permissions boundary that the security model has to copy, against the widest roles."""

import json
import re

import pytest

from local.bootstrap import ROOT
from tests.deploy.rights.iam import Statement, actions, allows, listed
from tests.deploy.stack.deployed import ACCOUNT, FUNCTIONS, NETWORK, REGION, WATCHERS, deploy

RESOURCES = {
    "ec2": "*",
    "iam": f"arn:aws:iam::{ACCOUNT}:user/rotation/mailer",
    "elasticache": f"arn:aws:elasticache:{REGION}:{ACCOUNT}:user:app",
    "memorydb": f"arn:aws:memorydb:{REGION}:{ACCOUNT}:user/app",
    "ecs": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web",
    "states": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:ReaderRenewal",
    "tag": "*",
    "kms": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "logs": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:any:log-stream:2026/11/30",
    "lambda": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f",
    "rds": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:main",
    "sns": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
    "secretsmanager": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-1-AbCdEf",
}
VIA = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
VIA_SNS = {"kms:ViaService": f"sns.{REGION}.amazonaws.com"}
TOLD = {"AlarmTopicArn": RESOURCES["sns"], "CheckDaily": "true", "RenewReaders": "true"}
# With roles of their own, and no functions.
OTHERS = ("ReaderRenewal", "ReaderRenewalStart")


def boundary() -> list[Statement]:
    page = (ROOT / "docs" / "security-model.md").read_text()
    (shown,) = re.findall(r"```json\n(\{\n  \"Version.*?)```", page, re.DOTALL)
    return list(json.loads(shown)["Statement"])


@pytest.mark.parametrize("function", [*FUNCTIONS, *WATCHERS, *OTHERS])
def test_the_boundary_has_all_that_the_roles_may(function: str) -> None:
    widest = deploy(
        **NETWORK,
        **TOLD,
        KmsKeyArns=RESOURCES["kms"],
        PostgresAdminSetsPassword="true",
        MySqlAdminSetsPassword="true",
        ValkeyUserArns=RESOURCES["elasticache"],
    )
    via = VIA if function in FUNCTIONS else VIA_SNS
    for action in actions(widest, function):
        assert allows(boundary(), action, RESOURCES[action.partition(":")[0]], via), action


def test_it_has_nothing_that_no_role_may() -> None:
    widest = deploy(
        **NETWORK,
        **TOLD,
        KmsKeyArns=RESOURCES["kms"],
        ValkeyUserArns=RESOURCES["elasticache"],
    )
    every = set().union(
        *(actions(widest, function) for function in (*FUNCTIONS, *WATCHERS, *OTHERS))
    )
    assert {action for each in boundary() for action in listed(each["Action"])} == every
