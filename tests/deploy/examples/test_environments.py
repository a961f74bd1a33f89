"""samconfig.toml for two environments, and the script that deploys them from CI."""

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from local import examples, template
from local.build import artifacts
from tests.deploy.documents.sam import Deploy, Sam
from tests.deploy.examples.checks import FOLDER, run

ENVIRONMENTS = tomllib.loads((FOLDER / "samconfig.toml").read_text())
NAMES = sorted(ENVIRONMENTS.keys() - {"version"})
OURS = tomllib.loads((artifacts.ROOT / "samconfig.toml").read_text())["default"]
SCRIPT = FOLDER / "deploy-from-ci.sh"


@pytest.fixture(scope="module")
def read(sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Deploy]:
    """Each environment as the SAM CLI reads it, of a copy as the file says to make it."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "template.yaml").write_text((artifacts.ROOT / "template.yaml").read_text())
    (folder / "environments.toml").write_text((FOLDER / "samconfig.toml").read_text())
    words = ("--config-file", "environments.toml", "--config-env")
    return {name: sam(*words, name, folder=folder) for name in NAMES}


def of(name: str, command: str) -> dict[str, Any]:
    return dict(ENVIRONMENTS[name][command]["parameters"])


def test_each_stack_has_a_name_and_secrets_and_admins_of_its_own(read: dict[str, Deploy]) -> None:
    """So they may be in one account and region."""
    assert {name.partition("-")[0] for name in read} == {"staging", "production"}
    assert [each.refused for each in read.values()] == [None] * 3
    assert len({each.stack_name for each in read.values()}) == len(read)
    for which in ("SecretPrefixes", "DatabaseAdminPrefixes", "IssuerAdminPrefixes"):
        defaults = template.document()["Parameters"]
        prefixes = [
            prefix
            for each in read.values()
            if which != "DatabaseAdminPrefixes" or deploys(each, "PostgresAlternatingUsers")
            if which != "IssuerAdminPrefixes" or deploys(each, "HttpApiKey")
            for prefix in each.parameters.get(which, defaults[which]["Default"]).split(",")
        ]
        for one, other in itertools.permutations(prefixes, 2):
            assert not one.startswith(other), which


def deploys(stack: Deploy, function: str) -> bool:
    return stack.parameters.get(f"Deploy{function}", "true") == "true"


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_has_all_that_ours_has_of_building_and_reading(name: str) -> None:
    """SAM reads no other environment beside it."""
    assert of(name, "build") == OURS["build"]["parameters"]
    assert of(name, "global").keys() == OURS["global"]["parameters"].keys()
    assert of(name, "global")["language_extensions"] is True
    needed = {key: OURS["deploy"]["parameters"][key] for key in ("capabilities", "resolve_s3")}
    assert of(name, "deploy").items() >= needed.items()


@pytest.mark.parametrize("name", NAMES)
def test_its_parameters_are_the_templates_and_have_values_that_it_takes(
    name: str, read: dict[str, Deploy]
) -> None:
    known = template.document()["Parameters"]
    written = ENVIRONMENTS[name]["deploy"]["parameters"]["parameter_overrides"]
    assert read[name].parameters.keys() == written.keys()
    for key, value in read[name].parameters.items():
        declared = known[key]
        members = value.split(",") if declared["Type"] == "CommaDelimitedList" else [value]
        for member in members:
            assert re.fullmatch(declared.get("AllowedPattern", ".*"), member), key
            assert member in declared.get("AllowedValues", [member]), key


def test_each_function_is_in_one_of_the_productions_stacks(read: dict[str, Deploy]) -> None:
    for function in template.functions():
        assert sum(deploys(read[name], function) for name in NAMES[:2]) == 1, function


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.sh")), ids=lambda path: path.stem)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = run(examples.shellcheck(), script)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_without_an_environment_the_script_says_how_to_call_it() -> None:
    done = run("bash", SCRIPT, "environments.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "deploy-from-ci.sh FILE ENVIRONMENT..." in done.stderr


@pytest.mark.parametrize(("fails", "calls"), [("", 4), ("deploy", 2), ("build", 1)])
def test_the_script_asks_nothing_and_stops_where_sam_does(
    tmp_path: Path, fails: str, calls: int
) -> None:
    """The stand-in is for the SAM CLI: what it is told, and whether a failure is one."""
    sam = tmp_path / "sam"
    sam.write_text(f'#!/bin/sh\necho "$@"\ntest "$1" != "{fails}"\n')
    sam.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = run("env", f"PATH={path}", "bash", SCRIPT, "f.toml", "production", "production-keys")
    said = done.stdout.splitlines()
    assert (len(said), done.returncode) == (calls, 1 if fails else 0)
    for line in said[1::2]:
        assert line.startswith("deploy --config-file f.toml --config-env production")
        assert {"--no-confirm-changeset", "--no-fail-on-empty-changeset"} <= set(line.split())
