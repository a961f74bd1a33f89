"""The environments: each made once, whichever of several processes asks first."""

import fcntl
from pathlib import Path

import pytest

from local import bootstrap


def test_one_process_at_a_time_installs_and_only_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed: list[str] = []

    def install(pinned: Path, environment: Path, python: str) -> None:
        assert python == "3.99"
        (environment / "bin").mkdir(parents=True, exist_ok=True)
        (environment / "bin" / "python").touch()
        installed.append(pinned.read_text())
        with (tmp_path / ".cache" / "tool.lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "CACHE", tmp_path / ".cache")
    monkeypatch.setattr(bootstrap, "_install", install)
    (tmp_path / "requirements").mkdir()
    pinned = tmp_path / "requirements" / "tool.txt"
    pinned.write_text("tool==1")
    for _ in range(2):
        assert bootstrap.sync("tool", "tool.txt", "3.99") == tmp_path / "tool" / "bin"
    assert installed == ["tool==1"]
    pinned.write_text("tool==2")
    bootstrap.sync("tool", "tool.txt", "3.99")
    assert installed == ["tool==1", "tool==2"]
    (tmp_path / "tool" / "bin" / "python").unlink()  # as when its Python is taken away
    bootstrap.sync("tool", "tool.txt", "3.99")
    assert installed == ["tool==1", "tool==2", "tool==2"]
