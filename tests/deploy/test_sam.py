"""What `make test-sam` says where it cannot run; the run itself is not part of `make test`.

It listens on a bridge of its own, and `make test` on loopback alone; .ci/run does both.
"""

import pytest

from local.sam import check
from local.sam.errors import CannotRunError, WrongError


def test_without_root_it_says_why_and_exits_with_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "signal", lambda *_: None)
    monkeypatch.setattr("local.processes.ending.in_order", lambda: None)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert check.main() == 3
    assert "cannot run here: a Docker engine takes root" in capsys.readouterr().err


def test_where_it_need_not_run_it_still_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "signal", lambda *_: None)
    monkeypatch.setattr("local.processes.ending.in_order", lambda: None)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert check.main(check.WHERE_IT_CAN) == 0
    assert "cannot run here: this is Darwin" in capsys.readouterr().err


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
    monkeypatch.setattr("local.processes.ending.in_order", lambda: None)
    monkeypatch.setattr(check, "check", wrong)
    assert check.main() == 1
    assert capsys.readouterr().err == "a step failed\n"
