"""The SAM template: valid, least privilege, and whole for every function in it."""

import json
import re
import subprocess
import tomllib
from typing import Any

import pytest

from local import build, template

FUNCTIONS = template.functions()
RESOURCES = template.document()["Resources"]
BIN = build.ROOT / ".venv" / "bin"
ROTATE = {
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
}


def statements(function: str) -> list[dict[str, Any]]:
    (policy,) = RESOURCES[function]["Properties"]["Policies"]
    listed: list[dict[str, Any]] = policy["Statement"]
    return listed


def target(function: str) -> str:
    """What SAM's call of the function's build target would run."""
    return subprocess.run(
        ["make", "--dry-run", f"build-{function}", "ARTIFACTS_DIR=/nowhere"],  # noqa: S607 - as SAM
        cwd=build.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_cfn_lint_finds_nothing() -> None:
    done = subprocess.run(
        [BIN / "cfn-lint", "--include-checks", "I", "--", build.ROOT / "template.yaml"],
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
    source = build.Source(FUNCTIONS[function].rotator)
    assert (build.ROOT / "rotators" / f"{source.rotator}.py").is_file()
    assert source.requirements.is_file()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_sam_has_a_target_that_builds_the_handlers_rotator(function: str) -> None:
    assert RESOURCES[function]["Metadata"] == {"BuildMethod": "makefile"}
    assert f" -m local.build {FUNCTIONS[function].rotator} " in target(function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_may_rotate_the_secrets_of_the_prefix_and_nothing_else(function: str) -> None:
    rotate, *more = statements(function)
    assert set(rotate["Action"]) == ROTATE
    assert rotate["Resource"]["Fn::Sub"].endswith(":secret:${SecretPrefix}*-??????")
    reads = [
        (each["Action"], each["Resource"]["Fn::Sub"].partition(":secret:")[2]) for each in more
    ]
    admin = [("secretsmanager:GetSecretValue", "${AdminSecretPrefix}*-??????")]
    assert reads == (admin if function == "HttpApiKey" else [])


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
    assert RESOURCES[logs]["Properties"] == {"RetentionInDays": {"Ref": "LogRetentionDays"}}
    alarm = RESOURCES[f"{function}Errors"]["Properties"]
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Errors")


def test_a_customer_key_serves_every_function_through_secrets_manager_only() -> None:
    policy = RESOURCES["CustomerKeyUse"]["Properties"]
    assert policy["Roles"] == [{"Ref": f"{function}Role"} for function in FUNCTIONS]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert "kms:ViaService" in statement["Condition"]["StringEquals"]


def test_every_function_is_an_output() -> None:
    outputs = template.document()["Outputs"]
    values = [output["Value"] for output in outputs.values()]
    assert json.dumps(values) == json.dumps([{"Fn::GetAtt": f"{name}.Arn"} for name in FUNCTIONS])


def test_no_reserved_concurrency() -> None:
    assert "ReservedConcurrentExecutions" not in json.dumps(template.document())


def test_sam_builds_in_place() -> None:
    config = tomllib.loads((build.ROOT / "samconfig.toml").read_text())
    assert config["default"]["build"]["parameters"]["build_in_source"] is True


def test_the_deploy_defaults_give_every_parameter_that_has_none() -> None:
    config = tomllib.loads((build.ROOT / "samconfig.toml").read_text())
    given = config["default"]["deploy"]["parameters"]["parameter_overrides"].split()
    parameters = template.document()["Parameters"]
    needed = {name for name, each in parameters.items() if "Default" not in each}
    assert {each.partition("=")[0] for each in given} == needed
