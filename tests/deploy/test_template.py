"""The SAM template: valid, least privilege, and whole for every function in it."""

import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import template
from local.build import artifacts
from local.build.source import Source, rotator_of
from local.functions.home import LambdaContext
from local.verify import stack as referee
from shared.errors import RotationError

FUNCTIONS = template.functions()
RESOURCES = template.document()["Resources"]
BIN = artifacts.ROOT / ".venv" / "bin"
ROTATE = {
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
}
CLASSES = ("LOWERCASE", "UPPERCASE", "NUMBERS", "PUNCTUATION")
SETTINGS = {
    "every function": (
        *("LOG_LEVEL", "TLS_CA_BUNDLE"),
        *("PASSWORD_LENGTH", "EXCLUDE_CHARACTERS", "REQUIRE_EACH_INCLUDED_TYPE"),
        *(f"EXCLUDE_{name}" for name in CLASSES),
        *(f"MINIMUM_{name}" for name in CLASSES),
    ),
    "databases": ("ALLOW_UNENCRYPTED",),
    "single users": ("ADMIN_SETS_PASSWORD",),
    "one credential at a time": ("SHORT_GAP",),
    "PostgreSQL": ("SEND_PASSWORD_ITSELF",),
    "two passwords": ("PASSWORD_OVERLAP", "OLD_PASSWORD_ENDS"),
    "issuers": (
        *("ISSUER", "ISSUER_HOSTS", "ISSUER_PROXY"),
        *("ALLOW_PRIVATE_ISSUERS", "OLD_KEY_ENDS"),
    ),
}
OWN_RDS = "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:"
ALTERNATING = [name for name in FUNCTIONS if FUNCTIONS[name].handler.endswith(".alternating_users")]
SINGLE = [name for name in FUNCTIONS if FUNCTIONS[name].handler.endswith(".single_user")]
DATABASES = [*ALTERNATING, *SINGLE]

CONDITIONS = template.document()["Conditions"]
NOTHING = {"Ref": "AWS::NoValue"}
PARTS = ("", "Invocation", "Logs", "Errors", "Slow")
SHARED_POLICIES = ("OwnSecretsUse", "CustomerKeyUse", "DatabaseAdminUse")


def context() -> LambdaContext:
    """Of an invocation that begins now."""
    return LambdaContext(function_name="f", timeout=60, memory_limit_in_mb="256")


def holds(rule: dict[str, Any], given: Mapping[str, str]) -> bool:
    """Whether a rule of Conditions is true with these parameters."""
    ((name, of),) = rule.items()
    if name == "Condition":
        return holds(CONDITIONS[of], given)
    if name == "Fn::Equals":
        return bool(given[of[0]["Ref"]] == of[1])
    parts = [holds(each, given) for each in of]
    return {"Fn::Not": not parts[0], "Fn::And": all(parts), "Fn::Or": any(parts)}[name]


def stack(deployed: Iterable[str], **given: str) -> dict[str, str]:
    """The parameters of a stack that has these functions and no others."""
    parameters = template.document()["Parameters"]
    defaults = {name: str(each.get("Default", "")) for name, each in parameters.items()}
    switches = {f"Deploy{name}": str(name in deployed).lower() for name in FUNCTIONS}
    return {**defaults, **switches, **given}


def attached(policy: str, given: Mapping[str, str]) -> set[str]:
    """The functions whose roles have this policy in such a stack; it is made only for some."""
    roles = set()
    for each in RESOURCES[policy]["Properties"]["Roles"]:
        role = each
        while "Fn::If" in role:
            condition, true, false = role["Fn::If"]
            role = true if holds({"Condition": condition}, given) else false
        roles.add(role["Ref"])
    named = {role.removesuffix("Role") for role in roles - {"AWS::NoValue"}}
    # IAM refuses a policy without a role.
    assert holds({"Condition": RESOURCES[policy]["Condition"]}, given) == bool(named)
    return named


def statements(function: str) -> list[dict[str, Any]]:
    """What its role alone may do, after what all roles may."""
    (shared,) = RESOURCES["OwnSecretsUse"]["Properties"]["PolicyDocument"]["Statement"]
    policies = RESOURCES[function]["Properties"].get("Policies", [])
    return [shared, *(statement for policy in policies for statement in policy["Statement"])]


def variables(function: str) -> dict[str, Any]:
    everyone = template.document()["Globals"]["Function"]["Environment"]["Variables"]
    specific = RESOURCES[function]["Properties"].get("Environment", {"Variables": {}})["Variables"]
    return {**everyone, **specific}


def target(function: str) -> str:
    """What SAM's call of the function's build target would run."""
    return subprocess.run(
        ["make", "--dry-run", f"build-{function}", "ARTIFACTS_DIR=/nowhere"],  # noqa: S607 - as SAM
        cwd=artifacts.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_security_linters_exceptions_have_their_reasons() -> None:
    """`make check` runs it; this holds that nothing is excepted without a word."""
    config = (artifacts.ROOT / ".checkov.yaml").read_text()
    excepted = re.findall(r"^  - (CKV\w+)  # .{20,}$", config, re.MULTILINE)
    assert excepted == yaml.safe_load(config)["skip-check"]


def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    referees = tmp_path / "referee.json"
    referees.write_text(json.dumps(referee.template("prefix/0123456789ab")))
    templates = artifacts.ROOT / "template.yaml", referees
    done = subprocess.run(
        [BIN / "cfn-lint", "--include-checks", "I", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_loader_gives_what_the_local_system_needs() -> None:
    function = FUNCTIONS["PostgresSingleUser"]
    assert function.handler == "rotators.postgres.single_user"
    assert function.rotator == "postgres"
    assert (function.timeout, function.memory) == (60, 256)
    assert function.environment["LOG_LEVEL"] == "INFO"
    assert function.environment["EXCLUDE_CHARACTERS"] == ""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_handler_is_in_a_rotator_with_its_own_requirements(function: str) -> None:
    assert re.fullmatch(r"rotators\.[a-z0-9_]+\.[a-z_]+", FUNCTIONS[function].handler)
    source = Source(FUNCTIONS[function].rotator)
    assert (artifacts.ROOT / "rotators" / source.rotator / "__init__.py").is_file()
    assert source.requirements.is_file()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_sam_has_a_target_that_builds_the_handlers_rotator(function: str) -> None:
    assert RESOURCES[function]["Metadata"] == {"BuildMethod": "makefile"}
    assert RESOURCES[function]["Properties"]["CodeUri"] == "."
    assert f" -m local.build.artifacts {function} " in target(function)
    assert rotator_of(function) == FUNCTIONS[function].rotator


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_may_rotate_the_secrets_of_the_prefix_and_nothing_else(function: str) -> None:
    """The rights that a rotation takes, and the form of an ARN: fact 21."""
    rotate, *more = statements(function)
    assert set(rotate["Action"]) == ROTATE
    tag = {"secretsmanager:ResourceTag/rotated-by": {"Ref": "SecretTagValue"}}
    assert rotate["Condition"] == {"Fn::If": ["HasTag", {"StringEquals": tag}, NOTHING]}
    assert rotate["Resource"]["Fn::Sub"].endswith(":secret:${SecretPrefix}*-??????")
    reads = [
        (each["Action"], each["Resource"]["Fn::Sub"].partition(":secret:")[2]) for each in more
    ]
    admin = [("secretsmanager:GetSecretValue", "${AdminSecretPrefix}*-??????")]
    assert reads == (admin if function == "HttpApiKey" else [])


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("sets", ["", "false", "true"])
def test_a_databases_admin_is_for_who_works_through_one(function: str, sets: str) -> None:
    through = function in ALTERNATING
    if "ADMIN_SETS_PASSWORD" in variables(function):
        through = sets == "true"
    alone = stack([function], AdminSetsPassword=sets)
    assert attached("DatabaseAdminUse", alone) == ({function} if through else set())
    among = attached("DatabaseAdminUse", stack(FUNCTIONS, AdminSetsPassword=sets))
    assert (function in among) == through


def test_what_may_be_done_for_a_databases_admin() -> None:
    read, ask = RESOURCES["DatabaseAdminUse"]["Properties"]["PolicyDocument"]["Statement"]
    assert read["Action"] == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    prefixed, managed = read["Resource"]
    assert prefixed["Fn::Sub"].endswith(":secret:${AdminSecretPrefix}*-??????")
    condition, allowed, otherwise = managed["Fn::If"]
    assert (condition, otherwise) == ("AdminsAreManaged", {"Ref": "AWS::NoValue"})
    assert allowed["Fn::Sub"].endswith(":secret:rds!*-??????")
    assert template.document()["Parameters"]["RdsManagedAdminSecrets"]["Default"] == "false"
    assert ask["Action"] == ["rds:DescribeDBInstances", "rds:DescribeDBClusters"]
    kinds = [each["Fn::Sub"].removeprefix(OWN_RDS) for each in ask["Resource"]]
    assert kinds == ["db:*", "cluster:*"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_setting_is_an_empty_parameter_of_the_functions_that_read_it(function: str) -> None:
    given = variables(function)
    only = {name: set(given) & set(names) for name, names in SETTINGS.items()}
    expected = {
        "every function": set(SETTINGS["every function"]),
        "databases": set(SETTINGS["databases"]) if function in DATABASES else set(),
        "single users": set(SETTINGS["single users"]) if function in SINGLE else set(),
        "one credential at a time": (
            {"SHORT_GAP"} if function in (*SINGLE, "HttpApiKey") else set()
        ),
        "PostgreSQL": set(SETTINGS["PostgreSQL"]) if function.startswith("Postgres") else set(),
        "two passwords": set(SETTINGS["two passwords"]) if function == "MySqlSingleUser" else set(),
        "issuers": set(SETTINGS["issuers"]) if function == "HttpApiKey" else set(),
    }
    assert only == expected
    assert set(given) == set().union(*expected.values())
    for name, value in given.items():
        if (function, name) != ("MySqlSingleUser", "SHORT_GAP"):
            assert value == {"Ref": name.title().replace("_", "")}
        assert FUNCTIONS[function].environment[name] == ("INFO" if name == "LOG_LEVEL" else "")


def test_an_overlap_leaves_no_gap_to_shorten() -> None:
    either = ["PasswordsOverlap", "", {"Ref": "ShortGap"}]
    assert variables("MySqlSingleUser")["SHORT_GAP"] == {"Fn::If": either}


def test_no_prefix_can_be_empty_or_a_wildcard() -> None:
    parameters = template.document()["Parameters"]
    for name in ("SecretPrefix", "AdminSecretPrefix"):
        pattern = parameters[name]["AllowedPattern"]
        assert "Default" not in parameters[name]
        assert re.fullmatch(pattern, "rotated/")
        assert not re.fullmatch(pattern, "")
        assert not re.fullmatch(pattern, "a*")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_secrets_manager_of_this_account_invokes_it(function: str) -> None:
    """No confused deputy (fact 22)."""
    assert RESOURCES[f"{function}Invocation"]["Properties"] == {
        "FunctionName": {"Ref": function},
        "Action": "lambda:InvokeFunction",
        "Principal": "secretsmanager.amazonaws.com",
        "SourceAccount": {"Ref": "AWS::AccountId"},
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_logs_expire_and_its_errors_alarm(function: str) -> None:
    logs = f"{function}Logs"
    assert RESOURCES[function]["Properties"]["LoggingConfig"] == {"LogGroup": {"Ref": logs}}
    assert RESOURCES[logs]["DeletionPolicy"] == RESOURCES[logs]["UpdateReplacePolicy"] == "Retain"
    assert RESOURCES[logs]["Properties"] == {
        "RetentionInDays": {"Ref": "LogRetentionDays"},
        "KmsKeyId": {"Fn::If": ["HasLogKey", {"Ref": "LogKmsKeyArn"}, NOTHING]},
    }
    for name, metric in ((f"{function}Errors", "Errors"), (f"{function}Slow", "Duration")):
        alarm = RESOURCES[name]["Properties"]
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", metric)
        assert alarm["AlarmActions"]["Fn::If"][0] == "HasAlarmTopic"
        text, names = alarm["AlarmDescription"]["Fn::Sub"]
        assert set(re.findall(r"\$\{(\w+)\}", text)) == {"Name", "Logs"}
        assert names == {"Name": {"Ref": function}, "Logs": {"Ref": logs}}
    # The alarm comes before Lambda ends a step.
    assert alarm["Threshold"] == 0.8 * 1000 * FUNCTIONS[function].timeout


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_role_has_what_all_have(function: str) -> None:
    for deployed in ([function], list(FUNCTIONS), []):
        assert attached("OwnSecretsUse", stack(deployed)) == set(deployed)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_customer_key_serves_every_function_through_secrets_manager_only(function: str) -> None:
    for deployed in ([function], list(FUNCTIONS), []):
        used = attached("CustomerKeyUse", stack(deployed, KmsKeyArn="arn:aws:kms:..."))
        assert used == set(deployed)
    assert not holds({"Condition": RESOURCES["CustomerKeyUse"]["Condition"]}, stack(FUNCTIONS))
    (statement,) = RESOURCES["CustomerKeyUse"]["Properties"]["PolicyDocument"]["Statement"]
    assert "kms:ViaService" in statement["Condition"]["StringEquals"]
    (arns,) = statement["Condition"]["StringLike"].values()
    rotate, admin, managed = arns
    assert rotate == statements(function)[0]["Resource"]
    read = RESOURCES["DatabaseAdminUse"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert [admin, managed] == read["Resource"]


def test_every_function_is_an_output() -> None:
    outputs = template.document()["Outputs"]
    values = [output["Value"] for output in outputs.values()]
    assert values == [{"Fn::GetAtt": [name, "Arn"]} for name in FUNCTIONS]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_parameter_turns_it_on_or_off_with_all_that_is_its_own(function: str) -> None:
    switch = template.document()["Parameters"][f"Deploy{function}"]
    assert (switch["AllowedValues"], switch["Default"]) == (["true", "false"], "true")
    assert CONDITIONS[function] == {"Fn::Equals": [{"Ref": f"Deploy{function}"}, "true"]}
    names = [f"{function}{name}" for name in PARTS]
    assert [name for name in RESOURCES if name.startswith(function)] == names
    assert {RESOURCES[name].get("Condition") for name in names} == {function}
    assert template.document()["Outputs"][f"{function}Arn"]["Condition"] == function


def globals_of_functions() -> dict[str, Any]:
    shared: dict[str, Any] = template.document()["Globals"]["Function"]
    return shared


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_late_copy_of_a_step_is_not_sent(function: str) -> None:
    properties = {**globals_of_functions(), **RESOURCES[function]["Properties"]}
    assert properties["EventInvokeConfig"] == {
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 300,
    }


def test_every_role_has_the_boundary() -> None:
    boundary = ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, NOTHING]
    assert globals_of_functions()["PermissionsBoundary"] == {"Fn::If": boundary}


def test_the_stacks_own_security_group_lets_out_to_the_targets_and_443_only() -> None:
    group = RESOURCES["FunctionSecurityGroup"]["Properties"]
    ports = [(rule["FromPort"], rule["ToPort"]) for rule in group["SecurityGroupEgress"]]
    assert ports == [({"Ref": "TargetPort"},) * 2, (443, 443)]
    assert "SecurityGroupIngress" not in group
    _, (stack_group,), given_groups = globals_of_functions()["VpcConfig"]["Fn::If"][1][
        "SecurityGroupIds"
    ]["Fn::If"]
    assert (stack_group, given_groups) == (
        {"Ref": "FunctionSecurityGroup"},
        {"Ref": "SecurityGroupIds"},
    )


def test_the_endpoint_lets_the_functions_in_and_nobody_else() -> None:
    """The way to Secrets Manager in a VPC (fact 23)."""
    (rule,) = RESOURCES["EndpointSecurityGroup"]["Properties"]["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    assert rule["SourceSecurityGroupId"]["Fn::If"][1] == {"Ref": "FunctionSecurityGroup"}
    endpoint = RESOURCES["Endpoint"]["Properties"]
    assert endpoint["SecurityGroupIds"] == [{"Ref": "EndpointSecurityGroup"}]


def test_the_topic_is_told_of_this_stacks_rotations_that_failed() -> None:
    rule = RESOURCES["RotationFailures"]
    assert rule["Condition"] == "HasAlarmTopic"
    pattern = rule["Properties"]["EventPattern"]["detail"]
    assert pattern["eventName"] == ["RotationFailed", "RotationAbandoned"]
    (secret,) = pattern["additionalEventData"]["SecretId"]
    assert secret["prefix"]["Fn::Sub"].endswith(":secret:${SecretPrefix}")
    (sent,) = rule["Properties"]["Targets"]
    assert sent["Arn"] == {"Ref": "AlarmTopicArn"}
    wanted = set(re.findall(r"<(\w+)>", sent["InputTransformer"]["InputTemplate"]))
    assert wanted == sent["InputTransformer"]["InputPathsMap"].keys()


def test_the_dashboard_searches_the_metrics_that_the_functions_write(
    output: Callable[[], str],
) -> None:
    with pytest.raises(RotationError):
        template.handler("PostgresSingleUser")({}, context())
    (metric,) = [json.loads(line) for line in output().splitlines() if '"_aws"' in line]
    (declared,) = metric["_aws"]["CloudWatchMetrics"]
    series = f"{{{declared['Namespace']},{','.join(declared['Dimensions'][0])}}}"
    body = RESOURCES["Overview"]["Properties"]["DashboardBody"]["Fn::Sub"]
    searches = [
        widget["properties"]["metrics"][0][0]["expression"]
        for widget in json.loads(body)["widgets"]
    ]
    assert len(searches) == 4
    names = {each["Name"] for each in declared["Metrics"]} | {"DaysSinceRotation"}
    for search in searches:
        assert series in search
        assert set(re.findall(r'MetricName="(\w+)"', search)) <= names


def test_no_right_is_for_everything() -> None:
    policies = [statements(name) for name in FUNCTIONS]
    policies += [
        RESOURCES[name]["Properties"]["PolicyDocument"]["Statement"] for name in SHARED_POLICIES
    ]
    made = {name for name, each in RESOURCES.items() if each["Type"].startswith("AWS::IAM::")}
    assert made == set(SHARED_POLICIES)
    for statement in (each for policy in policies for each in policy):
        assert "*" not in json.dumps(statement["Action"])
        assert '"*"' not in json.dumps(statement["Resource"])


def test_the_repositorys_metadata_is_that_of_the_project() -> None:
    metadata = template.document()["Metadata"]["AWS::ServerlessRepo::Application"]
    project = tomllib.loads((artifacts.ROOT / "pyproject.toml").read_text())["project"]
    assert (metadata["Name"], metadata["SemanticVersion"]) == (project["name"], project["version"])
    for file in (metadata["LicenseUrl"], metadata["ReadmeUrl"]):
        assert (artifacts.ROOT / file).is_file()


def test_no_reserved_concurrency() -> None:
    """It would make rotations loop (fact 20)."""
    assert "ReservedConcurrentExecutions" not in json.dumps(template.document())


def test_sam_builds_in_place() -> None:
    config = tomllib.loads((artifacts.ROOT / "samconfig.toml").read_text())
    assert config["default"]["build"]["parameters"]["build_in_source"] is True


def test_the_deploy_defaults_give_every_parameter_that_has_none() -> None:
    config = tomllib.loads((artifacts.ROOT / "samconfig.toml").read_text())
    given = config["default"]["deploy"]["parameters"]["parameter_overrides"].split()
    parameters = template.document()["Parameters"]
    needed = {name for name, each in parameters.items() if "Default" not in each}
    assert {each.partition("=")[0] for each in given} == needed
