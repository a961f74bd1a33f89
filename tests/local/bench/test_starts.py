"""The benches of starts, steps and connections run, and print what they say."""

import subprocess
import sys

import pytest

from local import template
from local.bench.quota import NoQuotaError, quota
from local.bootstrap import ROOT


def bench(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"local.bench.{name}", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_function_has_its_ratio_and_its_ten_dearest_modules() -> None:
    done = bench("imports", "--starts", "1")
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.strip().split("\n\n")
    rows = {line.rpartition("  ")[0].strip(): line.split()[-1] for line in first.splitlines()[1:]}
    assert "1.00" in rows.values()
    named = {block.splitlines()[0]: block.splitlines()[1:] for block in others}
    assert named.keys() == set(template.functions())
    assert {len(modules) for modules in named.values()} == {10}


def test_each_step_is_measured_where_a_quota_can_be_given() -> None:
    done = bench("steps", "api-key", "--times", "1")
    try:
        with quota(0.5):
            pass
    except NoQuotaError:
        assert "cannot be measured as in Lambda" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    rows = [line.split()[:4] for line in done.stdout.splitlines()[1:]]
    steps = ["createSecret", "setSecret", "testSecret", "finishSecret"]
    cold, warm = (
        [["HttpApiKey", "these", state, step] for step in steps] for state in ("cold", "warm")
    )
    assert rows == [["HttpApiKey", "these", "cold", "start"], *cold, *warm]


def test_a_quota_that_nobody_may_give_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("canary")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(NoQuotaError, match="PermissionError"), quota(0.5):
        pass


def test_a_login_is_measured_with_each_choice_of_authorities() -> None:
    done = bench("connections", "--logins", "2")
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()[1:]
    assert [line.split()[0] for line in rows] == ["postgres"] * 4 + ["mariadb"] * 4
    assert [line for line in rows if "a single one" in line and line.count("1.00") == 2]
