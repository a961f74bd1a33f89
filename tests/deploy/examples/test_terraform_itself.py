"""The modules by Terraform, where a machine has it with hashicorp/aws.

Where it has not, there is nothing to run, and `make test` says so at its beginning;
test_terraform.py parses the modules everywhere.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from psycopg import sql

from local.examples import terraform
from local.functions.home import ARN_PREFIX
from local.servers import Server
from rotators.postgres.testing import PostgresTarget
from tests.deploy.examples.standins import REGION
from tests.lab import Lab

NAMES = sorted(path.parent.name for path in terraform.MODULES.glob("*/main.tf"))
PROVIDER = f"""
provider "aws" {{
  region                      = "{REGION}"
  access_key                  = "x"
  secret_key                  = "x"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}}

module "secret" {{
  source      = "../secret"
  name        = "orders"
  description = "User app"
  function    = "PostgresSingleUser"
  document    = jsondecode(file("document.json"))
}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the modules, which Terraform may write to."""
    copy = tmp_path_factory.mktemp("terraform") / "modules"
    shutil.copytree(terraform.MODULES, copy)
    return copy


def test_the_notice_says_whether_terraform_validates_them_here() -> None:
    said = terraform.notice()
    assert said.startswith("docs/examples/terraform: ")
    assert (terraform.why_not() or "validated by Terraform") in said


def test_they_are_as_terraform_formats_them_where_it_is() -> None:
    if shutil.which("terraform"):  # this takes no provider
        done = terraform.run(terraform.MODULES, "fmt", "-check", "-recursive", "-diff")
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", NAMES)
def test_terraform_validates_the_module_where_it_is(folder: Path, name: str) -> None:
    assert terraform.initialise(folder / name) == terraform.why_not()
    if not terraform.why_not():
        done = terraform.run(folder / name, "validate", "-json")
        answer = json.loads(done.stdout)
        assert (answer["valid"], answer["diagnostics"]) == (True, [])


@pytest.fixture
def ssm() -> Iterator[str]:
    """The URL of a Parameter Store."""
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_after_a_rotation_terraform_changes_nothing_and_its_state_has_no_password(
    folder: Path, lab: Lab, postgres_server: Server, ssm: str
) -> None:
    if terraform.why_not():
        return
    target = PostgresTarget(postgres_server)
    root = folder / "root"
    root.mkdir()
    (root / "main.tf").write_text(PROVIDER)
    first = {key: value for key, value in target.document.items() if key != "password"}
    (root / "document.json").write_text(json.dumps(first))
    function = ARN_PREFIX + lab.functions.add(target)
    boto3.client(
        "ssm", REGION, endpoint_url=ssm, aws_access_key_id="x", aws_secret_access_key="x"
    ).put_parameter(Name="/secret-rotators/PostgresSingleUserArn", Value=function, Type="String")

    here = {**lab.service.environment, "AWS_ENDPOINT_URL_SSM": ssm, "NO_PROXY": "127.0.0.1"}
    assert terraform.initialise(root) == ""
    done = terraform.run(root, "apply", "-no-color", "-auto-approve", **here)
    assert done.returncode == 0, done.stdout + done.stderr
    arn = lab.client.describe_secret(SecretId="orders")["ARN"]
    passwords = [_give(target, lab, arn)]
    lab.service.wait_for_rotation(arn)
    lab.client.rotate_secret(SecretId=arn)
    assert lab.service.wait_for_rotation(arn, beyond=1).state == "succeeded"
    passwords.append(str(_value(lab, arn)["password"]))
    assert target.accepts(_value(lab, arn))

    done = terraform.run(root, "plan", "-no-color", "-detailed-exitcode", **here)
    assert done.returncode == 0, done.stdout + done.stderr  # 2 is a change
    state = (root / "terraform.tfstate").read_text()
    assert arn in state
    assert not [each for each in passwords if each in state]


def _value(lab: Lab, arn: str) -> dict[str, Any]:
    return dict(json.loads(lab.client.get_secret_value(SecretId=arn)["SecretString"]))


def _give(target: PostgresTarget, lab: Lab, arn: str) -> str:
    """Give the user the password that the secret has; it."""
    password = str(_value(lab, arn)["password"])
    with target.admin() as admin:
        admin.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(str(target.document["username"])), sql.Literal(password)
            )
        )
    return password
