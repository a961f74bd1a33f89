"""docs/from-aws-functions.md: its commands, run as they stand there, with the real AWS CLI."""

import json
import re
from typing import TYPE_CHECKING, Any

import jmespath
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
EXPRESSION: "RotationRulesTypeTypeDef" = {"ScheduleExpression": "cron(0 16 1,15 * ? *)"}
SCHEDULES: list["RotationRulesTypeTypeDef"] = [
    {"AutomaticallyAfterDays": 30},
    EXPRESSION,
    {**EXPRESSION, "Duration": "2h"},
]


@pytest.fixture
def functions(account: Account) -> tuple[str, str]:
    """AWS's, and ours of a stack that says so as its page does."""
    awss, ours = account.function(AWSS), account.function(OURS)
    account.stack("secret-rotators", {"PostgresSingleUserArn": ours})
    name = "/secret-rotators/PostgresSingleUserArn"
    account.aws("ssm").put_parameter(Name=name, Value=ours, Type="String", Overwrite=True)
    return awss, ours


def test_one_secret_is_moved_with_its_schedule(
    account: Account, functions: tuple[str, str]
) -> None:
    awss, ours = functions
    rules = SCHEDULES[-1]
    arn = account.secret("orders-prod-db", awss, rules)
    account.client.rotate_secret(SecretId=arn)  # after which an expression has days beside it
    account.tested(arn, 2)
    before = account.described(arn)
    keep, attach, look_and_give, rotate, undo = section(PAGE, "One secret").blocks("sh")

    account.run(keep + attach)
    account.tested(arn, 3)
    after = account.described(arn)
    assert after["RotationLambdaARN"] == ours
    assert after["RotationRules"] == before["RotationRules"]
    for same in ("VersionIdsToStages", "RotationEnabled", "NextRotationDate", "LastRotatedDate"):
        assert after[same] == before[same]
    assert account.functions[OURS].seen == [(arn, "testSecret")]

    look, give = look_and_give.split("aws secretsmanager rotate-secret")
    assert json.loads(account.run(look)) == before["RotationRules"]
    # As if the rules had not stayed.
    account.client.rotate_secret(
        SecretId=arn, RotationRules={"AutomaticallyAfterDays": 1}, RotateImmediately=False
    )
    account.tested(arn, 4)
    account.run("aws secretsmanager rotate-secret" + give)
    account.tested(arn, 5)
    assert account.described(arn)["RotationRules"] == rules

    account.run(rotate)
    account.tested(arn, 6)
    account.run(undo)
    account.tested(arn, 7)
    after = account.described(arn)
    assert after["RotationLambdaARN"] == awss
    assert {key: after["RotationRules"][key] for key in rules} == rules
    assert account.functions[AWSS].seen[-1] == (arn, "testSecret")


@pytest.mark.parametrize("rules", SCHEDULES, ids=len)
def test_rules_are_kept_as_they_may_be_given_again(rules: "RotationRulesTypeTypeDef") -> None:
    keep, *_ = section(PAGE, "One secret").blocks("sh")
    (query,) = re.findall(r"--query '(.*)'", keep, re.DOTALL)
    described = {"RotationRules": {"AutomaticallyAfterDays": 30, **rules}}
    assert jmespath.search(query, described) == rules


def test_all_secrets_of_a_function_are_moved_and_moved_back(
    account: Account, functions: tuple[str, str]
) -> None:
    awss, ours = functions
    first = account.secret("orders-prod-db", awss, SCHEDULES[2])
    moving = [account.secret(f"billing/{n}", awss, SCHEDULES[n % 3]) for n in range(3)]
    off = account.secret("off", awss, SCHEDULES[0])
    account.client.cancel_rotate_secret(SecretId=off)
    others = [off, account.secret("other", account.function("Another"), SCHEDULES[0])]
    others.append(account.secret("ours", ours, SCHEDULES[1]))
    # One that AWS's function left unfinished, as step 7 finds it.
    stuck = account.secret("stuck", awss, SCHEDULES[1])
    account.client.put_secret_value(
        SecretId=stuck, SecretString="pending", VersionStages=["AWSPENDING"]
    )
    found = section(PAGE, "Before").block("sh", "aws secretsmanager list-secrets")
    assert account.run(found) == "stuck\n"
    every = [first, *moving, *others, stuck]
    before = {arn: account.described(arn) for arn in every}
    # As the page has it, one is moved before all.
    keep_one, attach_one, *_ = section(PAGE, "One secret").blocks("sh")
    account.run(keep_one + attach_one)
    account.tested(first, 2)
    account.functions[OURS].seen.clear()

    names, keep, attach, compare, back = section(PAGE, "All secrets of a function").blocks("sh")
    attached = account.tried(names + keep + attach)
    assert "A previous rotation isn't complete" in attached.stderr
    assert attached.stdout == f"{stuck}\n"
    assert (account.tried(compare).returncode, account.tried(compare).stdout) == (0, "")
    moving.insert(0, first)
    for arn in moving:
        account.tested(arn, 3 if arn == first else 2)
        assert changed(before[arn], account.described(arn)) == {"RotationLambdaARN"}
    for arn in others:
        assert changed(before[arn], account.described(arn)) == set()
    assert account.described(stuck)["RotationLambdaARN"] == awss
    assert sorted(account.functions[OURS].seen) == sorted((arn, "testSecret") for arn in moving)

    account.tried(names + back)
    for arn in moving:
        account.tested(arn, 4 if arn == first else 3)
        assert account.described(arn)["RotationLambdaARN"] == awss
        assert changed(before[arn], account.described(arn)) == set()
    # As if the rules had not stayed.
    account.client.rotate_secret(
        SecretId=moving[1], RotationRules={"AutomaticallyAfterDays": 1}, RotateImmediately=False
    )
    shown = account.tried(compare).stdout
    assert [arn for arn in every if arn in shown] == [moving[1]]


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """What DescribeSecret tells otherwise, but for when it was read or changed."""
    keys = (before.keys() | after.keys()) - {"LastAccessedDate", "LastChangedDate"}
    return {key for key in keys if before.get(key) != after.get(key)}


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


def test_a_secret_that_still_names_awss_function_is_found(
    account: Account, functions: tuple[str, str]
) -> None:
    awss, ours = functions
    account.secret("moved", ours, SCHEDULES[0])
    still = account.secret("still", awss, SCHEDULES[0])
    account.client.cancel_rotate_secret(SecretId=still)
    named, _ = section(PAGE, "What may be deleted, and when").blocks("sh")
    assert account.run(named, old=awss).split() == ["still", "False"]
