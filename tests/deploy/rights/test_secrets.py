"""Which secrets each function may touch: what it is attached to, and admins' of its own kind."""

import pytest

from local import template
from tests.deploy.rights.iam import ATTACHED_TO, allows, listed, statements
from tests.deploy.rights.test_roles import ALTERNATING, ROTATE
from tests.deploy.stack.deployed import ACCOUNT, FUNCTIONS, REGION, Stack, deploy, function_arn

READ = "secretsmanager:GetSecretValue"
DESCRIBE = "secretsmanager:DescribeSecret"
TAG = "secretsmanager:ResourceTag/rotated-by"
ELSEWHERE = {"another region": ("eu-west-1", ACCOUNT), "another account": (REGION, "999999999999")}
ADMIN_SETS = {
    name: name.removesuffix("SingleUser") + "AdminSetsPassword"
    for name, function in template.functions().items()
    if function.handler.endswith(".single_user")
}


def secret(name: str, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"


def rotates(stack: Stack, function: str, arn: str, **context: str) -> bool:
    """Whether it may do all of a rotation with this secret; it must be all or nothing."""
    granted = statements(stack, function)
    verdicts = {allows(granted, action, arn, context) for action in ROTATE}
    assert len(verdicts) == 1
    return verdicts.pop()


def reads(stack: Stack, function: str, arn: str, **context: str) -> bool:
    return allows(statements(stack, function), READ, arn, context)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ["orders-prod-db", "/billing/mysql", "my-app/production", "a"])
def test_it_rotates_the_secrets_that_it_is_attached_to_whatever_their_name(
    function: str, name: str
) -> None:
    """The rights that a rotation takes, and the form of an ARN: fact 21."""
    for stack in (deploy(), deploy(function)):
        assert rotates(stack, function, secret(name), **{ATTACHED_TO: function_arn(function)})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_secret_that_is_not_attached_is_refused(function: str) -> None:
    stack = deploy()
    others = [function_arn(name) for name in (*FUNCTIONS, "SomebodysOwn") if name != function]
    for attached in (*others, f"{function_arn(function)}:live", f"{function_arn(function)}2"):
        assert not rotates(stack, function, secret("orders"), **{ATTACHED_TO: attached})
    assert not rotates(stack, function, secret("orders"))  # attached to nothing


@pytest.mark.parametrize("function", FUNCTIONS)
def test_prefixes_narrow_it_and_do_not_widen_it(function: str) -> None:
    attached = {ATTACHED_TO: function_arn(function)}
    stack = deploy(SecretPrefixes="orders-,/billing/,app")
    for name in ("orders-prod-db", "/billing/mysql", "app", "application"):
        assert rotates(stack, function, secret(name), **attached)
        assert not rotates(stack, function, secret(name))
    for name in ("orders", "billing/mysql", "my-app", "x/orders-1"):
        assert not rotates(stack, function, secret(name), **attached)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_tag_narrows_it_too(function: str) -> None:
    attached = {ATTACHED_TO: function_arn(function)}
    stack = deploy(SecretTagValue="production")
    assert rotates(stack, function, secret("a"), **attached, **{TAG: "production"})
    assert not rotates(stack, function, secret("a"), **attached, **{TAG: "test"})
    assert not rotates(stack, function, secret("a"), **attached)
    assert not rotates(stack, function, secret("a"), **{TAG: "production"})


# --- admins' secrets ---


def through_an_admin(function: str) -> dict[str, str]:
    """What lets a database's function work through one; nothing more for a pair."""
    return {ADMIN_SETS[function]: "true"} if function in ADMIN_SETS else {}


@pytest.mark.parametrize("function", [*ALTERNATING, *ADMIN_SETS])
def test_a_function_that_works_through_an_admin_reads_databases_admins_and_no_issuers(
    function: str,
) -> None:
    settings = through_an_admin(function)
    for stack in (deploy(**settings), deploy(function, **settings)):
        assert reads(stack, function, secret("rotation-admin/db"))
        assert not reads(stack, function, secret("rotation-issuer/hub"))
        assert not reads(stack, function, secret("orders"))
        for action in ROTATE - {READ, DESCRIBE}:
            granted = statements(stack, function)
            assert not allows(granted, action, secret("rotation-admin/db"), {})


@pytest.mark.parametrize("function", ADMIN_SETS)
@pytest.mark.parametrize("sets", ["", "false"])
def test_a_single_user_that_changes_its_own_password_reads_no_admins_secret(
    function: str, sets: str
) -> None:
    others = dict.fromkeys(ADMIN_SETS.values(), "true")
    stack = deploy(**{**others, ADMIN_SETS[function]: sets})
    assert not reads(stack, function, secret("rotation-admin/db"))


def test_the_api_keys_function_reads_issuers_admins_and_no_databases() -> None:
    for stack in (deploy(), deploy("HttpApiKey")):
        assert reads(stack, "HttpApiKey", secret("rotation-issuer/hub"))
        assert not reads(stack, "HttpApiKey", secret("rotation-admin/db"))
        granted = statements(stack, "HttpApiKey")
        for action in ROTATE - {READ, DESCRIBE}:
            assert not allows(granted, action, secret("rotation-issuer/hub"), {})


KINDS = (
    ("PostgresAlternatingUsers", "DatabaseAdminPrefixes", "DatabaseAdminArns"),
    ("HttpApiKey", "IssuerAdminPrefixes", "IssuerAdminArns"),
)


@pytest.mark.parametrize(("function", "prefixes", "arns"), KINDS)
def test_admins_secrets_are_lists_of_prefixes_and_of_arns(
    function: str, prefixes: str, arns: str
) -> None:
    managed = secret("rds!cluster-12ab")
    stack = deploy(
        **{
            prefixes: "admins/,/dba/",
            arns: f"{managed},{secret('root', *ELSEWHERE['another account'])}",
        }
    )
    for arn in (secret("admins/db"), secret("/dba/x"), managed):
        assert reads(stack, function, arn)
    assert reads(
        stack,
        function,
        secret("root", *ELSEWHERE["another account"]),
        **{"aws:ResourceAccount": "999999999999"},
    )
    for name in ("rotation-admin/db", "rotation-issuer/hub", "rds!cluster-34cd", "root"):
        assert not reads(stack, function, secret(name))


@pytest.mark.parametrize(("function", "prefixes"), [kind[:2] for kind in KINDS])
@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_prefix_is_of_this_account_and_region(function: str, prefixes: str, where: str) -> None:
    """The ARNs of a list's later members say neither, so a condition does."""
    stack = deploy(**{prefixes: "admins/,/dba/"})
    region, account = ELSEWHERE[where]
    context = {"aws:ResourceAccount": account, "aws:RequestedRegion": region}
    for name in ("admins/db", "/dba/x"):
        assert not reads(stack, function, secret(name, region, account), **context)


@pytest.mark.parametrize(("function", "prefixes", "arns"), KINDS)
def test_without_a_prefix_no_admins_secret_is_readable_by_its_name(
    function: str, prefixes: str, arns: str
) -> None:
    nothing = deploy(**{prefixes: ""})
    by_arn = deploy(**{prefixes: "", arns: secret("root")})
    for stack in (nothing, by_arn):
        assert not reads(stack, function, secret("rotation-admin/db"))
        assert not reads(stack, function, secret("rotation-issuer/hub"))
    assert reads(by_arn, function, secret("root"))
    assert not reads(nothing, function, secret("root"))


def test_rds_is_asked_about_databases_of_this_account_and_region() -> None:
    granted = statements(deploy(), "PostgresAlternatingUsers")
    for kind in ("db", "cluster"):
        own = f"arn:aws:rds:{REGION}:{ACCOUNT}:{kind}:main"
        assert allows(granted, "rds:DescribeDBInstances", own, {})
        assert not allows(granted, "rds:DescribeDBInstances", own.replace(REGION, "eu-west-1"), {})


# --- customer keys ---

KEYS = [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{number}" for number in (1, 2)]
VIA = {
    "kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com",
    "kms:EncryptionContext:SecretARN": secret("rotation-admin/db"),
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_customer_keys_serve_every_function_through_secrets_manager_only(function: str) -> None:
    """Also where the admin's secret is under another key than the rotated one."""
    granted = statements(deploy(KmsKeyArns=",".join(KEYS)), function)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        for key in KEYS:
            assert allows(granted, action, key, VIA)
            assert not allows(granted, action, key, {})
            wrong = {**VIA, "kms:ViaService": f"s3.{REGION}.amazonaws.com"}
            assert not allows(granted, action, key, wrong)
        assert not allows(granted, action, KEYS[0] + "3", VIA)
        assert not allows(statements(deploy(), function), action, KEYS[0], VIA)


IAM_USERS = f"arn:aws:iam::{ACCOUNT}:user/"
OF_KEYS = (
    *("iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:GetAccessKeyLastUsed"),
    *("iam:GetUser", "iam:ListAccessKeys", "iam:UpdateAccessKey"),
)


@pytest.mark.parametrize("action", OF_KEYS)
def test_the_access_keys_function_makes_keys_of_its_users_only(action: str) -> None:
    given = deploy(IamUserPrefixes="rotation/,partners/acme-")
    for stack, users in (
        (deploy(), ("rotation/mailer",)),
        (deploy("IamAccessKey"), ("rotation/mailer",)),
        (given, ("rotation/mailer", "partners/acme-1")),
    ):
        granted = statements(stack, "IamAccessKey")
        for user in users:
            assert allows(granted, action, IAM_USERS + user, {})
        for user in ("mailer", "admins/root", "partners/other"):
            assert not allows(granted, action, IAM_USERS + user, {})
    for function in FUNCTIONS:
        if function != "IamAccessKey":
            assert not allows(statements(given, function), action, f"{IAM_USERS}rotation/x", {})
    nobody = statements(deploy(IamUserPrefixes=""), "IamAccessKey")
    assert not allows(nobody, action, f"{IAM_USERS}rotation/mailer", {})


@pytest.mark.parametrize("action", ["iam:TagUser", "iam:UntagUser"])
def test_it_sets_no_tag_that_a_policy_may_go_by(action: str) -> None:
    (granted,) = (
        each for each in statements(deploy(), "IamAccessKey") if action in listed(each["Action"])
    )
    assert granted["Condition"] == {
        "ForAllValues:StringLike": {"aws:TagKeys": ["AKIA*", "secret-rotation"]}
    }


def test_users_that_aws_keeps_are_changed_where_they_are_named() -> None:
    elasticache = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:user:"
    memorydb = f"arn:aws:memorydb:{REGION}:{ACCOUNT}:user/"
    given = deploy(ValkeyUserArns=f"{elasticache}app-*,{memorydb}orders")
    granted = statements(given, "ValkeyUser")
    for action, mine, other in (
        ("elasticache:ModifyUser", f"{elasticache}app-1", f"{elasticache}default"),
        ("memorydb:UpdateUser", f"{memorydb}orders", f"{memorydb}other"),
    ):
        assert allows(granted, action, mine, {})
        assert not allows(granted, action, other, {})
        assert not allows(statements(deploy(), "ValkeyUser"), action, mine, {})
        for function in FUNCTIONS:
            if function != "ValkeyUser":
                assert not allows(statements(given, function), action, mine, {})
