"""The Pythons of the clients' tests: what is not there is said."""

from pathlib import Path

import pytest

from local import pythons


def test_the_notice_names_what_is_tested_and_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pythons.notice().startswith("clients: tested on Python 3.11, ")
    monkeypatch.setattr(pythons, "SUITES", {"3.11": "bookworm", "3.99": ""})
    assert pythons.notice() == (
        "clients: tested on Python 3.11; "
        "NOT on 3.99: neither this machine nor a suite of Debian's has it"
    )


def test_debian_is_asked_for_what_the_machine_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def sync(*words: str) -> Path:
        asked.append(words)
        return Path()

    monkeypatch.setattr("local.build.bytecode.python_of", lambda _: None)
    monkeypatch.setattr(pythons, "prefix", lambda recipe: recipe.folder)
    monkeypatch.setattr("local.bootstrap.sync", sync)
    pythons.environment("3.14")
    program = pythons.recipe("3.14").folder / "usr/bin/python3.14"
    assert asked == [(".cache/pythons/3.14", "clients.txt", str(program))]
    assert pythons.environment("3.12") is None
