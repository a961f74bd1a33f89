"""What a deploy refuses before anything is made, in place of a late rollback."""

import pytest

from tests.deploy.stack.deployed import NETWORK, deploy
from tests.deploy.stack.ways import every_way

GROUPS = {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}
NEEDS_SUBNETS = "VpcId, SecurityGroupIds and SecretsManagerEndpoint need SubnetIds"
OWN_GROUP = (
    "TargetPorts, TargetCidr and TargetSecurityGroupId are for the security group that the stack "
    "makes, with VpcId and without SecurityGroupIds"
)


def test_what_can_be_deployed_is_not_refused() -> None:
    for stack in every_way():
        assert stack.refused == []
    for given in ({"TargetCidr": "10.0.0.0/8"}, {"TargetSecurityGroupId": "sg-1"}):
        assert deploy(**NETWORK, **given, TargetPorts="1,2,3,4").refused == []
    assert deploy(**GROUPS).refused == []
    assert (
        deploy(DatabaseAdminPrefixes="", IssuerAdminPrefixes="", SecretPrefixes="a,b").refused == []
    )


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (
            {"SubnetIds": "subnet-1"},
            "SubnetIds needs VpcId, for a security group that the stack makes, or SecurityGroupIds",
        ),
        ({"VpcId": "vpc-1"}, NEEDS_SUBNETS),
        ({"SecurityGroupIds": "sg-1"}, NEEDS_SUBNETS),
        ({"VpcId": "vpc-1", "SecretsManagerEndpoint": "true"}, NEEDS_SUBNETS),
        ({**GROUPS, "SecretsManagerEndpoint": "true"}, "SecretsManagerEndpoint needs VpcId"),
        ({"TargetPorts": "5432"}, OWN_GROUP),
        ({**GROUPS, "VpcId": "vpc-1", "TargetPorts": "5432"}, OWN_GROUP),
        ({**GROUPS, "TargetCidr": "10.0.0.0/8"}, OWN_GROUP),
        ({**GROUPS, "TargetSecurityGroupId": "sg-2"}, OWN_GROUP),
        (
            {**NETWORK, "TargetCidr": "10.0.0.0/8", "TargetSecurityGroupId": "sg-2"},
            "Of TargetCidr and TargetSecurityGroupId give one",
        ),
        ({"SecretPrefixes": "a,,b"}, "A member of SecretPrefixes is empty"),
        ({"SecretPrefixes": "a,"}, "A member of SecretPrefixes is empty"),
        ({"DatabaseAdminPrefixes": ",a"}, "A member of DatabaseAdminPrefixes is empty"),
        ({"IssuerAdminPrefixes": "a,,"}, "A member of IssuerAdminPrefixes is empty"),
    ],
)
def test_what_would_fail_later_or_be_passed_over_is_refused(
    given: dict[str, str], refused: str
) -> None:
    assert deploy(**given).refused == [refused]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            (name, "a*")
            for name in ("SecretPrefixes", "DatabaseAdminPrefixes", "IssuerAdminPrefixes")
        ),
        ("SecretPrefixes", "a,b?"),
        ("SecretPrefixes", "a|b"),
        *((name, "rds!cluster-1") for name in ("DatabaseAdminArns", "IssuerAdminArns")),
        ("DatabaseAdminArns", "arn:aws:secretsmanager:us-east-1:123456789012:secret:*"),
        ("KmsKeyArns", "arn:aws:kms:us-east-1:123456789012:alias/mine"),
        ("TargetPorts", "a"),
        ("TargetCidr", "10.0.0.0"),
        ("SecurityGroupIds", "default"),
    ],
)
def test_a_value_of_another_form_is_refused(name: str, value: str) -> None:
    with pytest.raises(AssertionError, match=name):
        deploy(**{name: value})
