"""Functions of one's own, by name."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from local.functions.home import FunctionError, InProcess
from local.functions.named import NamedError, handlers


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a module `mine_of_test_named`, which nothing else has, and one that breaks."""
    (tmp_path / "mine_of_test_named.py").write_text("def handler(event, context): ...\nVALUE = 1\n")
    (tmp_path / "broken_of_test_named.py").write_text("1 / 0\n")
    (tmp_path / "ends_of_test_named.py").write_text("raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(tmp_path)  # and taken away afterwards
    return tmp_path


def test_each_is_found_in_the_folder_by_its_name(folder: Path) -> None:
    given = ["One=mine_of_test_named:handler", "two-2=mine_of_test_named:handler"]
    found = handlers(given, folder)
    assert list(found) == ["One", "two-2"]
    assert found["One"].__name__ == "handler"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (["Mine"], "'Mine' is not of the form NAME=module:handler"),
        (["Mine=mine_of_test_named"], "not of the form"),
        (["=mine_of_test_named:handler"], "not of the form"),
        (["a:b=mine_of_test_named:handler"], "not of the form"),
        (["Mine=nowhere:handler"], "'nowhere' of 'Mine' can't be imported: ModuleNotFoundError"),
        (["Mine=broken_of_test_named:handler"], "can't be imported: ZeroDivisionError"),
        (["Mine=ends_of_test_named:handler"], "can't be imported: SystemExit"),
        (["Mine=mine_of_test_named:other"], r"named\.py has no function 'other' for 'Mine'"),
        (["Mine=mine_of_test_named:VALUE"], "has no function 'VALUE'"),
        (["Mine=mine_of_test_named:handler"] * 2, "'Mine' is given twice"),
    ],
)
def test_what_is_wrong_is_said(given: list[str], complaint: str, folder: Path) -> None:
    with pytest.raises(NamedError, match=complaint):
        handlers(given, folder)


def test_own_functions_stand_beside_another_homes() -> None:
    ran: list[str] = []
    other = InProcess({"Other": lambda _event, _context: ran.append("other")})
    home = InProcess({}, beside=other)
    home.add("Own", lambda _event, _context: ran.append("own"))
    home.invoke("Own", {})
    home.invoke("Other", {})
    assert ran == ["own", "other"]
    assert [home.knows(name) for name in ("Own", "Other", "Neither")] == [True, True, False]
    with pytest.raises(FunctionError, match="no such function: Neither"):
        home.invoke("Neither", {})


def test_a_home_that_cannot_say_what_it_has_may_have_any() -> None:
    home = InProcess({}, beside=SimpleNamespace(invoke=lambda *_: None))
    assert home.knows("Any")
