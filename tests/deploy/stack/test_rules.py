"""What a deploy refuses before anything is made, in place of a late rollback."""

import pytest

from local import template
from tests.deploy.stack.deployed import ACCOUNT, NETWORK, REGION, deploy
from tests.deploy.stack.ways import every_way

GROUPS = {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1"}
NEEDS_TOPIC = "TellSuccesses, CheckDaily and RenewReaders need AlarmTopicArn"
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
        ({"TellSuccesses": "true"}, NEEDS_TOPIC),
        ({"CheckDaily": "true"}, NEEDS_TOPIC),
        ({"RenewReaders": "true"}, NEEDS_TOPIC),
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
    ],
)
def test_what_would_fail_later_or_be_passed_over_is_refused(
    given: dict[str, str], refused: str
) -> None:
    assert deploy(**given).refused == [refused]


MEMBERS = {
    "DatabaseAdminArns": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:a-AbCdEf",
    "DatabaseAdminPrefixes": "a",
    "IamUserPrefixes": "apps/",
    "IssuerAdminArns": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:b-AbCdEf",
    "IssuerAdminPrefixes": "b",
    "IssuerHosts": "hub.example.org",
    "KmsKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "SecretPrefixes": "c",
    "SecurityGroupIds": "sg-1",
    "SubnetIds": "subnet-1",
    "ValkeyUserArns": f"arn:aws:elasticache:{REGION}:{ACCOUNT}:user:app",
}


@pytest.mark.parametrize(
    "ports",
    [
        *("1", "65535", "65529", "59999", "9999", "44", "4430", "1443", "5432,3306"),
        *("5432,15432", "5432,543", "1,11,111,1111", "6432,5433,64,65534"),
    ],
)
def test_any_one_to_four_ports_but_443_can_be_given(ports: str) -> None:
    assert deploy(**NETWORK, TargetPorts=ports).refused == []


def test_every_list_is_looked_at() -> None:
    kinds = {name: each["Type"] for name, each in template.document()["Parameters"].items()}
    lists = {name for name, kind in kinds.items() if kind == "CommaDelimitedList"}
    assert lists == MEMBERS.keys()


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("form", ["{0},", ",{0}", "{0},,{0}"])
def test_an_empty_member_is_refused(name: str, form: str) -> None:
    """It is a comma too many, and no resource takes it; of prefixes it would be every secret."""
    given = {**NETWORK, name: form.format(MEMBERS[name])}
    assert deploy(**given).refused == [f"A member of {name} is empty"]


@pytest.mark.parametrize("name", MEMBERS)
def test_whole_lists_and_none_are_not(name: str) -> None:
    for text in (MEMBERS[name], f"{MEMBERS[name]},{MEMBERS[name]}"):
        assert deploy(**{**NETWORK, name: text}).refused == []
    assert deploy(**{name: ""}).refused == []


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
        *(
            ("TargetPorts", value)
            for value in (
                *("a", "0", "05432", "-1", "65536", "66000", "70000", "100000", "5432 3306"),
                *(",5432", "5432,", "5432,,3306", "1,2,3,4,5", "1,2,65536", "65540,1"),
                *("443", "443,5432", "5432,443", "1,443,2", "5432,5432", "1,2,3,1", "1,2,2"),
            )
        ),
        ("TargetCidr", "10.0.0.0"),
        ("SecurityGroupIds", "default"),
        ("SubnetIds", "default"),
    ],
)
def test_a_value_of_another_form_is_refused(name: str, value: str) -> None:
    with pytest.raises(AssertionError, match=name):
        deploy(**{name: value})
