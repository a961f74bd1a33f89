"""What the programs that make runs find in their environment."""

import os
import subprocess

from local.bootstrap import ROOT


def test_they_keep_what_they_compile_and_know_of_no_jobs() -> None:
    done = subprocess.run(
        ["make", "--silent", "--jobs=2", "--eval=shown: ; @env", "shown"],  # noqa: S607 - as a person finds it
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert "PATH" in names
    assert not names & {"PYTHONDONTWRITEBYTECODE", "MAKEFLAGS"}
