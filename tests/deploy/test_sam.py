"""The built functions as the real SAM CLI runs them, in containers; and where that cannot be."""

from collections.abc import Callable

import pytest

from local.sam import check
from local.sam.errors import CannotRunError, WrongError


@pytest.mark.timeout(1200)  # fetches Docker and the SAM CLI where they are not there yet
def test_every_step_of_every_function_succeeds_and_the_targets_follow(
    report: Callable[[str], None],
) -> None:
    try:
        times = check.check(lambda _: None)
    except CannotRunError as reason:
        report(f"sam local: not run on this machine: {reason}")
        pytest.skip(f"cannot run here: {reason}")
    for line in times.table():
        report(f"sam local: {line}")


def test_without_root_it_says_why_and_exits_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "signal", lambda *_: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert check.main() == 3
    assert "cannot run here: a Docker engine takes root" in capsys.readouterr().err


def test_on_another_system_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    with pytest.raises(CannotRunError, match="Darwin on arm64"):
        check.check()


def test_what_ran_and_went_wrong_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong() -> check.Times:
        raise WrongError("a step failed")

    monkeypatch.setattr(check, "signal", lambda *_: None)
    monkeypatch.setattr(check, "check", wrong)
    assert check.main() == 1
    assert capsys.readouterr().err == "a step failed\n"
