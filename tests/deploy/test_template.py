"""The SAM template as it is written: valid, and whole for every function in it.

What is deployed of it, and what roles may, is in the folders `stack` and `rights` beside this.
"""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from local import template
from local.build import artifacts
from local.build.source import Source, rotator_of
from local.verify import stack as referee
from tests.deploy.stack.deployed import deploy

FUNCTIONS = template.functions()
RESOURCES = template.document()["Resources"]
BIN = artifacts.ROOT / ".venv" / "bin"
CLASSES = ("LOWERCASE", "UPPERCASE", "NUMBERS", "PUNCTUATION")
SETTINGS = {
    # Which the stack says of itself, by no parameter of theirs.
    "the stack's own": ("POWERTOOLS_METRICS_NAMESPACE", "AWS_ENDPOINT_URL_SECRETS_MANAGER"),
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
    "two credentials at a time": ("OLD_CREDENTIAL_IN_USE",),
    "issuers": (
        *("ISSUER", "ISSUER_HOSTS", "ISSUER_PROXY"),
        "ALLOW_PRIVATE_ISSUERS",
    ),
    "generated values": ("GENERATE",),
    "access keys": ("AWS_ACCOUNT_ID",),
    "keys that are issued": ("OLD_KEY_ENDS",),
}
ALTERNATING = [name for name in FUNCTIONS if FUNCTIONS[name].handler.endswith(".alternating_users")]
SINGLE = [name for name in FUNCTIONS if FUNCTIONS[name].handler.endswith(".single_user")]
DATABASES = [*ALTERNATING, *SINGLE]
TWO_PASSWORDS = ("MySqlSingleUser", "ValkeyUser")
# The functions that read them; all, where none are named.
READERS = {
    "databases": [name for name in DATABASES if name != "ValkeyUser"],
    "single users": SINGLE,
    "one credential at a time": [*SINGLE, "HttpApiKey"],
    "PostgreSQL": [name for name in FUNCTIONS if name.startswith("Postgres")],
    "two passwords": TWO_PASSWORDS,
    "two credentials at a time": [*ALTERNATING, *TWO_PASSWORDS, "HttpApiKey", "IamAccessKey"],
    "issuers": ["HttpApiKey"],
    "generated values": ["GeneratedValue"],
    "access keys": ["IamAccessKey"],
    "keys that are issued": ["HttpApiKey", "IamAccessKey"],
}

CONDITIONS = template.document()["Conditions"]
NOTHING = {"Ref": "AWS::NoValue"}
PARTS = ("", "Secrets", "Role", "Arn", "Invocation", "Logs", "Errors", "Slow")


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
    # An empty one would be an address; none is what a stack without an endpoint gives.
    assert "AWS_ENDPOINT_URL_SECRETS_MANAGER" not in function.environment


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
def test_every_setting_is_an_empty_parameter_of_the_functions_that_read_it(function: str) -> None:
    given = variables(function)
    only = {name: set(given) & set(names) for name, names in SETTINGS.items()}
    expected = {
        name: set(names) if function in READERS.get(name, FUNCTIONS) else set()
        for name, names in SETTINGS.items()
    }
    assert only == expected
    assert set(given) == set().union(*expected.values())
    for name in given.keys() - set(SETTINGS["the stack's own"]):
        if function not in TWO_PASSWORDS or name != "SHORT_GAP":
            assert given[name] == reference(function, name)
        assert FUNCTIONS[function].environment[name] == ("INFO" if name == "LOG_LEVEL" else "")


def reference(function: str, variable: str) -> dict[str, Any]:
    """How a variable is given its parameter; whether an admin sets passwords is each kind's own."""
    named = {"Ref": variable.title().replace("_", "")}
    if variable == "ADMIN_SETS_PASSWORD":
        return {"Ref": function.removesuffix("SingleUser") + named["Ref"]}
    if variable == "AWS_ACCOUNT_ID":
        return {"Ref": "AWS::AccountId"}
    return {"Fn::Join": [",", named]} if variable == "ISSUER_HOSTS" else named


@pytest.mark.parametrize(
    ("overlap", "gap", "given"),
    [("true", "true", ""), ("true", "false", "false"), ("", "true", "true"), ("true", "", "")],
)
def test_an_overlap_leaves_no_gap_to_shorten(overlap: str, gap: str, given: str) -> None:
    for function in TWO_PASSWORDS:
        stack = deploy(function, PasswordOverlap=overlap, ShortGap=gap)
        environment = stack.resources[function]["Properties"]["Environment"]
        assert environment["Variables"]["SHORT_GAP"] == given


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
        text, names = alarm["AlarmDescription"]["Fn::Sub"]
        assert set(re.findall(r"\$\{(\w+)\}", text)) == {"Name", "Logs"}
        assert names == {"Name": {"Ref": function}, "Logs": {"Ref": logs}}
    # The alarm comes before Lambda ends a step.
    assert alarm["Threshold"] == 0.8 * 1000 * FUNCTIONS[function].timeout


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_parameter_turns_it_on_or_off_with_all_that_is_its_own(function: str) -> None:
    switch = template.document()["Parameters"][f"Deploy{function}"]
    assert (switch["AllowedValues"], switch["Default"]) == (["true", "false"], "true")
    assert CONDITIONS[function] == {"Fn::Equals": [{"Ref": f"Deploy{function}"}, "true"]}
    names = [f"{function}{name}" for name in PARTS]
    assert {name for name in RESOURCES if name.startswith(function)} == set(names)
    assert {RESOURCES[name].get("Condition") for name in names} == {function}
    outputs = template.document()["Outputs"]
    for name in ("Arn", "RoleArn", "LogGroup"):
        assert outputs[f"{function}{name}"]["Condition"] == function


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
