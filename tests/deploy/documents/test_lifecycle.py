"""docs/lifecycle.md: its commands, run as they stand there, with the real AWS CLI."""

import io
import re
import zipfile

import pytest

from local import template
from local.bench import prices
from local.bootstrap import ROOT
from tests.deploy.documents.account import Account
from tests.deploy.documents.pages import section

PAGE = "lifecycle"
FUNCTION = "secret-rotators-PostgresSingleUser-1a2b3c4d5e6f"
NEXT = "secret-rotators-next-PostgresSingleUser-6f5e4d3c2b1a"
DAYS = 30


def test_a_version_is_tried_on_one_secret_and_the_secret_given_back(account: Account) -> None:
    stable, following = account.function(FUNCTION), account.function(NEXT)
    account.stack("secret-rotators", {"PostgresSingleUserArn": stable})
    let_in_by = {"PostgresSingleUserRoleArn": "role", "FunctionSecurityGroupId": "sg-1"}
    account.stack("secret-rotators-next", {"PostgresSingleUserArn": following, **let_in_by})
    canary = account.secret("orders-canary", stable, {"AutomaticallyAfterDays": DAYS})
    other = account.secret("orders-prod-db", stable, {"AutomaticallyAfterDays": DAYS})
    before = account.described(other)
    blocks = section(PAGE, "Try a version on one secret").blocks("sh")
    _, let_in, attach, rotate, give_back = blocks
    assert [line.split() for line in account.run(let_in).splitlines()] == [
        ["PostgresSingleUserRoleArn", "role"],
        ["FunctionSecurityGroupId", "sg-1"],
    ]

    account.run(attach)
    account.tested(canary, 2)
    began, looked = rotate.split("\n", 1)
    account.run(began)
    account.tested(canary, 3)
    assert "AWSPREVIOUS" in account.run(looked)
    steps = ["testSecret", "createSecret", "setSecret", "testSecret", "finishSecret"]
    assert account.functions[NEXT].seen == [(canary, step) for step in steps]

    account.run(give_back)
    account.tested(canary, 4)
    after = account.described(canary)
    assert after["RotationLambdaARN"] == stable
    assert after["RotationRules"] == {"AutomaticallyAfterDays": DAYS}
    assert account.described(other) == before
    left = account.aws("cloudformation").describe_stacks()["Stacks"]
    assert [each["StackName"] for each in left] == ["secret-rotators"]


def test_what_the_stack_says_of_itself_is_read(account: Account) -> None:
    account.stack("secret-rotators", {})
    (status,) = section(PAGE, "Go back").blocks("sh")[:1]
    assert account.run(status) == "CREATE_COMPLETE\n"


def test_the_secrets_that_name_a_function_are_found_before_it_is_removed(account: Account) -> None:
    functions = [account.function(f"secret-rotators-{name}-1") for name in ("A", "B")]
    outputs = {"AArn": functions[0], "BArn": functions[1]}
    outputs |= {"ARoleArn": "arn:aws:iam::123456789012:role/secret-rotators-A", "ALogGroup": "A"}
    account.stack("secret-rotators", outputs)
    account.secret("on", functions[0], {"AutomaticallyAfterDays": DAYS})
    account.secret("orders-prod-db", functions[1], {"AutomaticallyAfterDays": DAYS})
    account.secret("other", account.function("Another"), {"AutomaticallyAfterDays": DAYS})
    find, cancel, delete, later = section(PAGE, "Take a function away").blocks("sh")[:4]
    (groups,) = section(PAGE, "Log groups").blocks("sh")
    account.run(cancel)
    found = sorted(line.split() for line in account.run(find).splitlines())
    assert found == [["on", "True", functions[0]], ["orders-prod-db", "False", functions[1]]]
    assert {line.split()[0] for line in account.run(later).splitlines()} == {"on", "other"}

    logs, name = account.aws("logs"), "secret-rotators-PostgresSingleUserLogs-1a2b"
    logs.create_log_group(logGroupName=name)
    logs.create_log_group(logGroupName="another")
    assert [line.split()[0] for line in account.run(groups).splitlines()] == [name]
    logs.delete_log_group(logGroupName=name)
    account.run(delete)
    assert account.aws("cloudformation").describe_stacks()["Stacks"] == []


def test_a_rule_that_names_the_stacks_group_is_found_and_taken_out(account: Account) -> None:
    ec2 = account.aws("ec2")
    made = [ec2.create_security_group(GroupName=name, Description=name) for name in ("fs", "db")]
    functions, database = (each["GroupId"] for each in made)
    pair = [{"GroupId": functions}]
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": pair}
    ec2.authorize_security_group_ingress(GroupId=database, IpPermissions=[rule])
    account.stack("secret-rotators", {"FunctionSecurityGroupId": functions})
    find, revoke = section(PAGE, "Its security group").blocks("sh")
    assert account.run(find).split() == [database, "db"]
    account.run(find + revoke, database=database)
    assert account.run(find) == ""


def test_log_groups_outlive_the_stack() -> None:
    resources = template.document()["Resources"].values()
    groups = [each for each in resources if each["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) == len(template.functions()) + len(template.watchers())
    assert {each["DeletionPolicy"] for each in groups} == {"Retain"}


def test_a_promoted_replica_is_rotated_in_its_region(account: Account) -> None:
    there = account.service.client("eu-west-1")
    arn = account.secret(
        "orders-prod-db", account.function(FUNCTION), {"AutomaticallyAfterDays": DAYS}
    )
    account.client.replicate_secret_to_regions(
        SecretId=arn, AddReplicaRegions=[{"Region": "eu-west-1"}]
    )
    function = account.function(NEXT).replace("us-east-1", "eu-west-1")
    account.aws("ssm", "eu-west-1").put_parameter(
        Name="/secret-rotators/PostgresSingleUserArn", Value=function, Type="String"
    )
    (account.folder / "orders.json").write_text("corrected")
    account.functions[NEXT].client = there

    for command in section(PAGE, "A promoted replica").blocks("sh"):
        account.run(command)
    replica = arn.replace("us-east-1", "eu-west-1")
    account.tested(replica, 1)
    described = there.describe_secret(SecretId=replica)
    assert described["RotationLambdaARN"] == function
    assert described["RotationRules"] == {"ScheduleExpression": "rate(30 days)"}
    assert there.get_secret_value(SecretId=replica)["SecretString"] == "corrected"
    primary = account.described(arn)
    assert primary["RotationEnabled"] is False
    assert account.client.get_secret_value(SecretId=arn)["SecretString"] == "first"


@pytest.mark.parametrize(
    ("page", "heading", "runtime"),
    [
        (PAGE, "When Lambda's Python ends", "python3.13"),
        ("from-aws-functions", "Before", "python3.6"),
        ("from-aws-functions", "Before", "python3.10"),
    ],
)
def test_functions_are_found_by_their_python(
    account: Account, page: str, heading: str, runtime: str
) -> None:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("any.py", "")
    trust = '{"Version": "2012-10-17", "Statement": []}'
    name = f"secret-rotators-{runtime.replace('.', '-')}"
    role = account.aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    another = name.replace("secret-rotators", "another")
    for function, version in ((name, runtime), (another, "python3.14")):
        account.aws("lambda").create_function(
            FunctionName=function,
            Runtime=version,
            Role=role["Role"]["Arn"],
            Handler="any.any",
            Code={"ZipFile": zipped.getvalue()},
        )
    command = section(page, heading).block("sh", "aws lambda list-functions")
    assert [name, runtime] in [line.split() for line in account.run(command).splitlines()]
    assert "another" not in account.run(command)


def test_the_runtime_and_the_prices_are_those_of_the_code() -> None:
    text = section(PAGE, "When Lambda's Python ends").text
    (version,) = re.findall(r"^The functions run on Python ([\d.]+),", text, re.MULTILINE)
    assert template.document()["Globals"]["Function"]["Runtime"] == f"python{version}"
    table = section(PAGE, "Cost").text
    (call,) = re.findall(r"a call to Secrets Manager \| ([\d.]+) for 10,000", table)
    assert float(call) == pytest.approx(prices.CALL * 10_000)


def test_the_price_of_a_rotation_is_the_benchs() -> None:
    measured = (ROOT / "docs" / "performance.md").read_text()
    row = r"^\| cost \| \w+ \| 10,000 at 256 MB.*? ([\d.]+) \| [\d.]+ \| [\d.]+ \|$"
    costs = re.findall(row, measured, re.MULTILINE)
    ((least, most),) = re.findall(r"\[([\d.]+) to ([\d.]+)\]", section(PAGE, "Cost").text)
    assert (least, most) == (min(costs), max(costs))
