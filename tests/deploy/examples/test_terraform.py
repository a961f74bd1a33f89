"""The Terraform module: parsed, its names held against the providers', its secret against ours.

No registry has Terraform itself, so no plan was ever made of it.
"""

import json
import re
import uuid
from typing import Any

import pytest

from local import examples
from tests.deploy.examples.checks import (
    FOLDER,
    PARAMETERS,
    backend_of,
    run,
    schedule_and_describe,
)
from tests.lab import Lab

# The arguments that HashiCorp's own bindings of hashicorp/aws 6.25.0 and the documentation of
# hashicorp/random have; of the language's own only those that are used.
ARGUMENTS = {
    "aws_secretsmanager_secret": {
        *("description", "force_overwrite_replica_secret", "kms_key_id", "name", "name_prefix"),
        *("policy", "recovery_window_in_days", "region", "replica", "tags", "lifecycle"),
    },
    "aws_secretsmanager_secret_version": {
        *("secret_id", "region", "secret_binary", "secret_string", "secret_string_wo"),
        *("secret_string_wo_version", "version_stages", "lifecycle"),
    },
    "aws_secretsmanager_secret_rotation": {
        *("rotation_rules", "secret_id", "region", "rotate_immediately", "rotation_lambda_arn"),
        "depends_on",
    },
    "random_password": {
        *("length", "lower", "min_lower", "min_numeric", "min_special", "min_upper", "numeric"),
        *("override_special", "special", "upper"),
    },
}
RULES = {"automatically_after_days", "duration", "schedule_expression"}


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The parser's answer without the quotes that it keeps around strings and names."""
    if isinstance(value, dict):
        return {plain(k): plain(v) for k, v in value.items() if not str(k).startswith("__")}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value[1:-1] if isinstance(value, str) and value[:1] == '"' else value


@pytest.fixture(scope="module")
def blocks() -> dict[str, dict[str, Any]]:
    """The body of each resource and ephemeral block, by its type."""
    code = "import hcl2, json, sys; print(json.dumps(hcl2.load(sys.stdin)))"
    text = (FOLDER / "terraform" / "main.tf").read_text()
    done = run(examples.environment() / "bin" / "python", "-c", code, given=text)
    assert done.returncode == 0, done.stderr
    module = plain(json.loads(done.stdout))
    found = {}
    for block in [*module["resource"], *module["ephemeral"]]:
        ((kind, named),) = block.items()
        (found[kind],) = named.values()
    return found


def test_terraform_is_parsed_and_names_only_what_the_providers_have(
    blocks: dict[str, dict[str, Any]],
) -> None:
    assert blocks.keys() == ARGUMENTS.keys()
    for kind, body in blocks.items():
        assert body.keys() <= ARGUMENTS[kind], kind
    (rules,) = blocks["aws_secretsmanager_secret_rotation"]["rotation_rules"]
    assert rules.keys() <= RULES


def test_terraforms_secret_is_read_by_the_function_and_its_schedule_accepted(
    blocks: dict[str, dict[str, Any]], lab: Lab
) -> None:
    assert blocks["aws_secretsmanager_secret"]["name"].startswith("rotated/")
    assert blocks["aws_secretsmanager_secret"]["tags"].keys() == {"rotated-by"}
    body = blocks["aws_secretsmanager_secret_version"]
    assert "secret_string" not in body  # it would be in the state
    written = dict(re.findall(r"(\w+) = ([^,}]+)", body["secret_string_wo"]))
    assert written.pop("host") == "var.host"
    assert written.pop("password") == "ephemeral.random_password.initial.result"
    document = {key: json.loads(value) for key, value in written.items()}
    document |= {"host": PARAMETERS["Host"], "password": "generated"}
    assert backend_of("PostgresSingleUser").parse(document)

    rotation = blocks["aws_secretsmanager_secret_rotation"]
    assert rotation["rotate_immediately"] is False
    (rules,) = rotation["rotation_rules"]
    asked = {"ScheduleExpression": rules["schedule_expression"], "Duration": rules["duration"]}
    assert schedule_and_describe(lab, document, asked) == asked


def test_terraforms_initial_version_is_current_at_first_and_never_again(
    blocks: dict[str, dict[str, Any]], lab: Lab
) -> None:
    """As the API says of PutSecretValue, tried on the local Secrets Manager."""
    stages = blocks["aws_secretsmanager_secret_version"]["version_stages"]
    arn = lab.client.create_secret(Name=f"rotated/{uuid.uuid4()}")["ARN"]
    for value in ("first", "made anew"):
        lab.client.put_secret_value(SecretId=arn, SecretString=value, VersionStages=stages)
        assert lab.client.get_secret_value(SecretId=arn)["SecretString"] == "first"
