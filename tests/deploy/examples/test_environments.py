"""samconfig.toml for two environments, and the script that deploys them from CI.

The SAM CLI is not part of `make test`: its own reader was asked once, as docs/examples says.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from local import examples, template
from local.build import artifacts
from tests.deploy.examples.checks import FOLDER, run

ENVIRONMENTS = tomllib.loads((FOLDER / "samconfig.toml").read_text())
NAMES = sorted(ENVIRONMENTS.keys() - {"version"})
OURS = tomllib.loads((artifacts.ROOT / "samconfig.toml").read_text())["default"]
SCRIPT = FOLDER / "deploy-from-ci.sh"


def parameters(name: str) -> dict[str, str]:
    """As SAM reads a list of overrides: each is split at its first `=`."""
    overrides = ENVIRONMENTS[name]["deploy"]["parameters"]["parameter_overrides"]
    assert isinstance(overrides, list)
    assert not [each for each in overrides if re.search(r"\s", each)]  # SAM would cut it there
    return dict(each.split("=", 1) for each in overrides)


def of(name: str, command: str) -> dict[str, Any]:
    return dict(ENVIRONMENTS[name][command]["parameters"])


def test_there_are_two_environments_and_two_stacks() -> None:
    stacks = {name: of(name, "global")["stack_name"] for name in NAMES}
    assert {name.partition("-")[0] for name in stacks} == {"staging", "production"}
    assert stacks["staging"] == stacks["production"] != stacks["production-keys"]


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_has_all_that_ours_has_of_building_and_reading(name: str) -> None:
    """SAM reads no other environment beside it."""
    assert of(name, "build") == OURS["build"]["parameters"]
    assert of(name, "global").keys() == OURS["global"]["parameters"].keys()
    assert of(name, "global")["language_extensions"] is True
    needed = {key: OURS["deploy"]["parameters"][key] for key in ("capabilities", "resolve_s3")}
    assert of(name, "deploy").items() >= needed.items()


@pytest.mark.parametrize("name", NAMES)
def test_its_parameters_are_the_templates_and_have_values_that_it_takes(name: str) -> None:
    known = template.document()["Parameters"]
    for key, value in parameters(name).items():
        declared = known[key]
        members = value.split(",") if declared["Type"] == "CommaDelimitedList" else [value]
        for member in members:
            assert re.fullmatch(declared.get("AllowedPattern", ".*"), member), key
            assert member in declared.get("AllowedValues", [member]), key


def test_each_function_is_in_one_of_the_productions_stacks() -> None:
    for function in template.functions():
        switches = [parameters(name).get(f"Deploy{function}", "true") for name in NAMES[:2]]
        assert sorted(switches) == ["false", "true"], function


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.sh")), ids=lambda path: path.stem)
def test_shellcheck_finds_nothing(script: Path) -> None:
    done = run(examples.shellcheck(), script)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_without_an_environment_the_script_says_how_to_call_it() -> None:
    done = run("bash", SCRIPT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "deploy-from-ci.sh ENVIRONMENT..." in done.stderr


@pytest.mark.parametrize(("fails", "calls"), [("", 4), ("deploy", 2), ("build", 1)])
def test_the_script_asks_nothing_and_stops_where_sam_does(
    tmp_path: Path, fails: str, calls: int
) -> None:
    """The stand-in is for the SAM CLI: what it is told, and whether a failure is one."""
    sam = tmp_path / "sam"
    sam.write_text(f'#!/bin/sh\necho "$@"\ntest "$1" != "{fails}"\n')
    sam.chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    done = run("env", f"PATH={path}", "bash", SCRIPT, "production", "production-keys")
    said = done.stdout.splitlines()
    assert (len(said), done.returncode) == (calls, 1 if fails else 0)
    for line in said[1::2]:
        assert line.startswith("deploy --config-env production")
        assert {"--no-confirm-changeset", "--no-fail-on-empty-changeset"} <= set(line.split())
