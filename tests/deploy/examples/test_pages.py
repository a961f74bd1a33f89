"""The commands of the examples' pages: their stacks, parameters, APIs and queries are there."""

import re

import boto3
import jmespath
import pytest
from botocore import xform_name

from local import template
from local.build import artifacts
from tests.deploy.examples.checks import FOLDER
from tests.deploy.examples.standins import REGION

PAGES = sorted(FOLDER.rglob("*.md"))
COMMANDS = [
    command.strip()
    for page in PAGES
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL)
    for command in re.findall(r"\baws [a-z].*", block.replace("\\\n", ""))
]
DEPLOYED = [each for each in COMMANDS if each.startswith("aws cloudformation deploy")]
QUERIES = sorted({each for command in COMMANDS for each in re.findall(r'--query "(.+?)"', command)})
OUTPUTS = [
    {"OutputKey": f"{name}{kind}", "OutputValue": f"{name}-{kind}"}
    for name in template.functions()
    for kind in ("Arn", "RoleArn")
]


@pytest.mark.parametrize("command", DEPLOYED)
def test_a_stack_that_is_deployed_is_there_and_has_the_parameters(command: str) -> None:
    (file,) = re.findall(r"--template-file (\S+)", command)
    parameters = template.document(artifacts.ROOT / file)["Parameters"]
    given = re.findall(r"[\s\"](\w+)=", command.partition("--parameter-overrides")[2])
    assert set(given) <= parameters.keys()
    needed = {name for name, each in parameters.items() if "Default" not in each}
    assert needed <= set(given)


def test_every_other_command_is_one_of_an_api() -> None:
    others = [each for each in COMMANDS if each not in DEPLOYED]
    assert len(others) > 4
    for command in others:
        _, service, operation, *_ = command.split()
        model = boto3.client(service, REGION).meta.service_model
        shape = model.operation_model(
            {xform_name(name, "-"): name for name in model.operation_names}[operation]
        ).input_shape
        assert shape is not None
        members = {xform_name(member, "-") for member in shape.members}
        # The CLI renames this one, since --endpoint-url is for all commands.
        members |= {"notification-endpoint"} if "endpoint" in members else set()
        given = set(re.findall(r" --([a-z-]+)", command))
        assert given <= {*members, "query", "output"}, command


def test_the_queries_find_the_outputs_of_the_functions_stack() -> None:
    assert len(QUERIES) >= 3
    stack = {"Stacks": [{"Outputs": OUTPUTS}]}
    for query in QUERIES:
        assert jmespath.search(query.replace("$1", "RoleArn"), stack), query
    (roles,) = [each for each in QUERIES if "$1" in each]
    all_of_them = jmespath.search(roles.replace("$1", "RoleArn"), stack).split(",")
    assert all_of_them == [f"{name}-RoleArn" for name in template.functions()]
    pairs = jmespath.search(roles.replace("$1", "AlternatingUsersRoleArn"), stack).split(",")
    assert pairs == [name for name in all_of_them if "AlternatingUsers" in name]
