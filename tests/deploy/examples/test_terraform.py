"""The Terraform modules: parsed; their names are the provider's, their secrets what we read.

Terraform itself validates them where a machine has it: test_terraform_itself.py.
"""

import json
import uuid
from typing import Any

import pytest

from local import examples
from local.examples.terraform import MODULES
from tests.deploy.examples.checks import KEY_ID, PARAMETERS, backend_of, run, schedule_and_describe
from tests.issuers.issuing import ticket_with_admin
from tests.lab import Lab

# The arguments that hashicorp/aws 5.100.0 says it has (`terraform providers schema`); of the
# language's own only those that are used.
ARGUMENTS = {
    "aws_secretsmanager_secret": {
        *("description", "force_overwrite_replica_secret", "kms_key_id", "name", "name_prefix"),
        *("policy", "recovery_window_in_days", "replica", "tags", "lifecycle"),
    },
    "aws_secretsmanager_secret_version": {
        *("secret_id", "secret_binary", "secret_string", "secret_string_wo"),
        *("secret_string_wo_version", "version_stages", "lifecycle"),
    },
    "aws_secretsmanager_secret_rotation": {
        *("rotation_rules", "secret_id", "rotate_immediately", "rotation_lambda_arn"),
        *("count", "depends_on"),
    },
    "aws_secretsmanager_random_password": {
        *("exclude_characters", "exclude_lowercase", "exclude_numbers", "exclude_punctuation"),
        *("exclude_uppercase", "include_space", "password_length", "require_each_included_type"),
    },
    "aws_ssm_parameter": {"name", "with_decryption", "count"},
}
RULES = {"automatically_after_days", "duration", "schedule_expression"}
FUNCTIONS = {
    "postgres-single-user": "PostgresSingleUser",
    "postgres-alternating-users": "PostgresAlternatingUsers",
    "mysql-single-user": "MySqlSingleUser",
    "mysql-alternating-users": "MySqlAlternatingUsers",
    "access-key": "IamAccessKey",
    "api-key": "HttpApiKey",
    "generated-value": "GeneratedValue",
    "valkey-user": "ValkeyUser",
}
STANDS_FOR = {
    "${var.host}": PARAMETERS["Host"],
    "${var.hub_url}": PARAMETERS["HubUrl"],
    "${var.user_name}": "mailer",
    "put-its-id": KEY_ID,  # as a person does, or the first test fails
    "${module.admin.arn}": "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf",
}


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The parser's answer without the quotes that it keeps around strings and names."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items() if not str(k).startswith("__")}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value[1:-1] if isinstance(value, str) and value[:1] == '"' else value


@pytest.fixture(scope="module")
def modules() -> dict[str, Any]:
    """What each module's file says, by the module's name."""
    code = (
        "import hcl2, json, sys; print(json.dumps([hcl2.loads(t) for t in json.load(sys.stdin)]))"
    )
    files = sorted(MODULES.glob("*/main.tf"))
    texts = json.dumps([file.read_text() for file in files])
    done = run(examples.environment() / "bin" / "python", "-c", code, given=texts)
    assert done.returncode == 0, done.stderr
    parsed = plain(json.loads(done.stdout))
    return {file.parent.name: each for file, each in zip(files, parsed, strict=True)}


@pytest.fixture(scope="module")
def blocks(modules: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The body of each block of the module `secret` that a provider has, by its type."""
    found = {}
    for kind in ("resource", "ephemeral", "data"):
        for block in modules["secret"][kind]:
            ((named, bodies),) = block.items()
            (found[named],) = bodies.values()
    return found


def called(modules: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """The calls of the module `secret` in one of the others, by the call's name."""
    calls: dict[str, dict[str, Any]] = {}
    for block in modules[name]["module"]:
        calls |= block
    return calls


def document(call: dict[str, Any]) -> dict[str, object]:
    """The secret as it is first stored."""
    written = {key: STANDS_FOR.get(str(value), value) for key, value in call["document"].items()}
    return {**written, call.get("generated", "password"): "generated"}


def test_every_function_has_a_module(modules: dict[str, Any]) -> None:
    assert modules.keys() == {"secret", *FUNCTIONS}


def test_only_what_the_provider_has_is_named(blocks: dict[str, dict[str, Any]]) -> None:
    assert blocks.keys() == ARGUMENTS.keys()
    for kind, body in blocks.items():
        assert body.keys() <= ARGUMENTS[kind], kind
    (rules,) = blocks["aws_secretsmanager_secret_rotation"]["rotation_rules"]
    assert rules.keys() <= RULES


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_module_gives_what_the_secrets_takes(modules: dict[str, Any], name: str) -> None:
    variables = {key for block in modules["secret"]["variable"] for key in block}
    for key, call in called(modules, name).items():
        assert call.keys() <= {"source", *variables}
        assert call["source"] == "../secret"
        assert call["kms_key_arn"] == f"${{var.{'admin_' if key == 'admin' else ''}kms_key_arn}}"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_reads_the_secret_and_the_admins(modules: dict[str, Any], name: str) -> None:
    calls, backend = called(modules, name), backend_of(FUNCTIONS[name])
    assert calls["secret"]["function"] == FUNCTIONS[name]
    key = backend.parse(document(calls["secret"]))
    if "admin" not in calls:
        return
    assert "function" not in calls["admin"]  # nobody rotates it
    prefix = "rotation-issuer/" if name == "api-key" else "rotation-admin/"
    assert calls["admin"]["name"].startswith(prefix)
    ticket = ticket_with_admin(document(calls["admin"]))
    if name == "api-key":
        assert backend._issuer.manage(key, ticket)
    else:
        assert backend.admins.login(key, ticket).username == "rotation_admin"


def test_no_value_is_in_the_state_and_the_schedule_is_accepted(
    blocks: dict[str, dict[str, Any]], modules: dict[str, Any], lab: Lab
) -> None:
    assert "secret_string" not in blocks["aws_secretsmanager_secret_version"]
    password = "ephemeral.aws_secretsmanager_random_password.first.random_password"
    assert password in blocks["aws_secretsmanager_secret_version"]["secret_string_wo"]
    rotation = blocks["aws_secretsmanager_secret_rotation"]
    assert rotation["rotate_immediately"] is False
    (rules,) = rotation["rotation_rules"]
    (schedule,) = [each["schedule"] for each in modules["secret"]["variable"] if "schedule" in each]
    assert rules["schedule_expression"] == "${var.schedule}"
    asked = {"ScheduleExpression": schedule["default"], "Duration": rules["duration"]}
    first = document(called(modules, "postgres-single-user")["secret"])
    assert schedule_and_describe(lab, first, asked) == asked


def test_the_first_version_is_current_at_first_and_never_again(
    blocks: dict[str, dict[str, Any]], lab: Lab
) -> None:
    """As the API says of PutSecretValue, tried on the local Secrets Manager."""
    stages = blocks["aws_secretsmanager_secret_version"]["version_stages"]
    arn = lab.client.create_secret(Name=f"example/{uuid.uuid4()}")["ARN"]
    for value in ("first", "made anew"):
        lab.client.put_secret_value(SecretId=arn, SecretString=value, VersionStages=stages)
        assert lab.client.get_secret_value(SecretId=arn)["SecretString"] == "first"
