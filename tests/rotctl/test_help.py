"""What rotctl says of itself, what it is made of, and how it is installed."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import cast
from unittest import mock

import pytest

from local.bootstrap import ROOT
from local.kinds import kinds
from rotctl import __main__ as program
from rotctl.output import checks, rows
from rotctl.state.finding import Report, ok
from rotctl.state.fleet import Result
from rotctl.state.standing import State
from rotctl.state.storage import CHECKS
from tests.rotctl.documents import HELPS, PAGE
from tests.rotctl.world import run

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = sorted((ROOT / "rotctl").rglob("*.py"))
# The one folder that sees the functions' code, loaded by `rotctl check FILE` alone.
OFFLINE = ROOT / "rotctl" / "offline"
OWN = {"botocore", "rich", "typer"}


@pytest.mark.parametrize("command", HELPS)
def test_help_begins_with_examples_and_names_every_option(command: str) -> None:
    shown = run(f"{command} --help")
    assert shown.code == 0
    usage, what, examples, *_ = shown.out.split("\n\n")
    assert usage.startswith(f"Usage: rotctl {command}".rstrip())
    assert what.strip().endswith(".")
    assert examples.strip().startswith("Examples:\n")
    assert f"rotctl {command}" in examples


def test_without_a_command_it_says_what_there_is() -> None:
    shown = run("")
    for command in HELPS:
        assert command in shown.out + shown.err
    assert run("--no-such-option").code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_shell_gets_its_completion(shell: str) -> None:
    with mock.patch.dict(os.environ, {"_ROTCTL_COMPLETE": f"source_{shell}"}):
        shown = run("")
    assert shown.code == 0
    assert "_ROTCTL_COMPLETE" in shown.out


def test_the_page_has_every_state_and_every_key() -> None:
    states = re.findall(r"^\| `([a-z-]+)` \| .* \| (yes|no) \|$", PAGE, re.MULTILINE)
    assert [(name, needs == "yes") for name, needs in states] == [
        (str(state), state.needs_a_person) for state in State
    ]
    for state in State:
        assert str(state) in HELPS["status"]
    for file, command in (
        ("output/rows.py", "status"), ("output/reports.py", "rotate"),
        ("commands/history.py", "history"), ("output/receipt.py", "end"),
    ):  # fmt: skip
        text = (ROOT / "rotctl" / file).read_text()
        keys = re.findall(r'^ +"(\w+)": ', text, re.MULTILINE)
        first = "name|version|secret"
        (row,) = re.findall(rf"^\| `{command}` \| (`(?:{first})`.*) \|$", PAGE, re.MULTILINE)
        assert re.findall(r"`(\w+)`", row) == keys
    (report,) = checks.document([Report("a", [ok("key", "aws/secretsmanager")])])
    (row,) = re.findall(r"^\| `check` \| (.*) \|$", PAGE, re.MULTILINE)
    findings = cast("list[dict[str, object]]", report["findings"])
    assert re.findall(r"`(\w+)`", row) == [*report, *findings[0]]
    checked = re.findall(
        r"^\| (\w+) \|.*\|$", PAGE.partition("| check | broken |")[2], re.MULTILINE
    )
    assert checked[: len(CHECKS)] == list(CHECKS)
    assert rows.document([]) == []


def test_the_page_has_every_result_and_its_exit_code() -> None:
    table = re.findall(r"^\| `([a-z-]+)` \| .* \| ([01]) \|$", PAGE, re.MULTILINE)
    assert [(name, code == "0") for name, code in table] == [
        (str(result), result.is_good) for result in Result
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_it_knows_nothing_of_the_functions_but_what_aws_says(file: Path) -> None:
    used = {
        each.partition(".")[0]
        for node in ast.walk(ast.parse(file.read_text()))
        for each in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    suite = {"shared", "rotators"} if OFFLINE in file.parents else set()
    assert used - set(sys.stdlib_module_names) <= {"rotctl", *OWN, *suite}
    assert "get_secret_value" not in file.read_text()


def test_no_command_loads_the_functions_code_as_it_starts() -> None:
    heavy = ["shared", "rotators", "psycopg", "pymysql", "aws_lambda_powertools"]
    code = f"import sys, rotctl.cli; print([name for name in {heavy} if name in sys.modules])"
    started = subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True)
    assert started == "[]\n"


def distributions(requirements: list[str]) -> set[str]:
    return {re.split(r"[>=<]", each)[0] for each in requirements}


def test_what_is_installed_is_rotctl_and_what_it_needs() -> None:
    assert PROJECT["project"]["scripts"] == {"rotctl": "rotctl.__main__:main"}
    assert callable(program.main)
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {
        "packages": ["rotctl", "rotators", "shared"],
        "exclude": ["rotators/*/testing"],
    }
    needed = distributions(PROJECT["project"]["dependencies"])
    groups = PROJECT["dependency-groups"]
    assert needed == OWN.union(*(distributions(groups[kind]) for kind in kinds()))
    assert packages_distributions().keys() >= OWN
    for name in kinds():
        pinned = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert not re.search(r"^(?:typer|rich|botocore)==", pinned, re.MULTILINE)
    for folder in {file.parent for file in FILES}:
        assert (folder / "__init__.py").is_file()
