"""How much a stack can name: the numbers that the README gives, against AWS's quotas."""

import json
import re

import pytest

from local.bootstrap import ROOT
from tests.deploy.rights.iam import documents
from tests.deploy.stack.deployed import ACCOUNT, FUNCTIONS, NETWORK, REGION, WATCHERS, deploy

# CloudFormation user guide, quotas; IAM user guide, quotas, which count no white space.
BYTES_OF_A_VALUE, CHARACTERS_OF_A_ROLE = 4096, 10_240
MANAGED = (
    f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}"
    ":secret:rds!cluster-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d-AbCdEf"
)


def promised() -> tuple[int, int]:
    """(ARNs, prefixes of ten characters)."""
    (found,) = re.findall(
        r"(\d+) ARNs of secrets that RDS manages, .*? and (\d+) prefixes of ten characters",
        (ROOT / "README.md").read_text(),
    )
    return int(found[0]), int(found[1])


def test_the_arns_are_as_many_as_a_value_has_room_for() -> None:
    arns, _ = promised()
    assert len(",".join([MANAGED] * arns)) <= BYTES_OF_A_VALUE
    assert len(",".join([MANAGED] * (arns + 1))) > BYTES_OF_A_VALUE


@pytest.mark.parametrize("function", [*FUNCTIONS, *WATCHERS])
def test_they_and_the_prefixes_are_no_more_than_a_role_takes(function: str) -> None:
    arns, prefixes = promised()
    listed = ",".join([MANAGED] * arns)
    widest = deploy(
        **NETWORK,
        AlarmTopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
        CheckDaily="true",
        RenewReaders="true",
        DatabaseAdminArns=listed,
        IssuerAdminArns=listed,
        KmsKeyArns=f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d",
        PostgresAdminSetsPassword="true",
        MySqlAdminSetsPassword="true",
        SecretPrefixes=",".join(f"p{number:09}" for number in range(prefixes)),
    )
    compact = (json.dumps(each, separators=(",", ":")) for each in documents(widest, function))
    assert sum(map(len, compact)) <= CHARACTERS_OF_A_ROLE
