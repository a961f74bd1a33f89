"""What runs in Lambda: ruff's security rules (S, which are bandit's), and no secret beside it."""

import re
import subprocess
import sys
import tomllib

import pytest

from local import template
from local.build import artifacts
from local.kinds import TESTING

RUFF = tomllib.loads((artifacts.ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
SHIPPED = ("shared", "rotators")
FILES = [
    path
    for folder in SHIPPED
    for path in sorted((artifacts.ROOT / folder).rglob("*.py"))
    if TESTING not in path.parts
]


def test_no_security_rule_is_switched_off_for_what_is_shipped() -> None:
    assert RUFF["select"] == ["ALL"]
    patterns = [name for name in RUFF["per-file-ignores"] if not _elsewhere(name)]
    ignored = [*RUFF["ignore"], *(rule for name in patterns for rule in _ignored(name))]
    assert not [rule for rule in ignored if re.fullmatch(r"S\d*", rule)]


def _elsewhere(pattern: str) -> bool:
    return pattern.split("/", maxsplit=1)[0] in ("tests", "docs", "local")


def _ignored(pattern: str) -> list[str]:
    rules: list[str] = RUFF["per-file-ignores"][pattern]
    return rules


@pytest.mark.parametrize("folder", SHIPPED)
def test_the_linter_does_find_a_weakness_there(folder: str) -> None:
    weak = "import subprocess\n\nsubprocess.run('id', shell=True, check=True)\n"
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", f"{folder}/weak.py", "-"],
        cwd=artifacts.ROOT,
        input=weak,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "S602" in done.stdout or "S607" in done.stdout


def test_each_exception_beside_the_code_carries_a_reason() -> None:
    excepted = [
        (path, line)
        for path in FILES
        for line in path.read_text().splitlines()
        if re.search(r"#\s*(?:ruff:\s*)?noqa", line, re.IGNORECASE)
    ]
    assert excepted  # there are some, so the pattern finds them
    for path, line in excepted:
        assert re.search(r"# noqa: [A-Z0-9, ]+\d\s*(?:#|-|–)+ \w.{5,}$", line), (path.name, line)


def test_no_parameter_and_no_variable_is_for_a_secret() -> None:
    parameters = template.document()["Parameters"]
    # CloudFormation hides a parameter's value where it is one.
    assert not [name for name, of in parameters.items() if "NoEcho" in of]
    variables = {name for each in template.functions().values() for name in each.environment}
    assert variables
    of_values = re.compile(r"(?:PASSWORD|SECRET|TOKEN|CREDENTIALS?|API_?KEY)$", re.IGNORECASE)
    named = {name for name in (*parameters, *variables) if of_values.search(name)}
    named -= {"DeployHttpApiKey", "ADMIN_SETS_PASSWORD"}
    assert named
    assert all(name.endswith("AdminSetsPassword") for name in named)
    for switch in named & parameters.keys():
        assert set(parameters[switch]["AllowedValues"]) <= {"true", "false", ""}
