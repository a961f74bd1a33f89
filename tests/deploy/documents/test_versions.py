"""docs/lifecycle.md: another version is checked out, by the real git, without losing parameters."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.documents.pages import section

PAGE = "lifecycle"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Of a repository with two versions, at the first; its programs have a `sam` that agrees."""
    origin = tmp_path / "origin"
    git("init", "--quiet", str(origin), folder=tmp_path)
    for version in ("v0.1.0", "v0.2.0"):
        (origin / "samconfig.toml").write_text(f"# {version}\n")
        git("add", ".", folder=origin)
        git("commit", "--quiet", "--message", version, folder=origin)
        git("tag", version, folder=origin)
    made = tmp_path / "clone"
    git("clone", "--quiet", str(origin), str(made), folder=tmp_path)
    git("checkout", "--quiet", "v0.1.0", folder=made)
    sam = tmp_path / "sam"
    sam.write_text("#!/bin/sh\ncat samconfig.toml\n")
    sam.chmod(0o755)
    return made


def test_another_version_is_taken_without_losing_parameters(clone: Path) -> None:
    headings = ("Upgrade", "Try a version on one secret")
    upgrade, following = (section(PAGE, each).blocks("sh")[0] for each in headings)
    back = section(PAGE, "Go back").blocks("sh")[1]
    mine = section("deploying", "2. Deploy").block("toml", "SubnetIds")
    (clone / "mine.toml").write_text(mine)
    for commands, version in ((upgrade, "v0.2.0"), (back, "v0.1.0"), (following, "v0.2.0")):
        assert "file://mine.toml" in commands
        done = bash(commands, clone)
        assert (done.returncode, done.stdout) == (0, f"# {version}\n" * 2), done.stderr
    assert (clone / "mine.toml").read_text() == mine

    # Those in samconfig.toml are not lost either: git says so, and the page what to do.
    (clone / "samconfig.toml").write_text("mine\n")
    said = section(PAGE, "Upgrade").text
    ((words, restore),) = re.findall(r'"(Your local changes[^"]+)".*`(git restore [^`]+)`', said)
    stopped = bash(back, clone)
    assert stopped.returncode != 0
    assert words in stopped.stderr
    assert bash(f"{restore}\n{back}", clone).returncode == 0


def bash(script: str, clone: Path) -> subprocess.CompletedProcess[str]:
    return git("-c", f"set -e\n{script}", folder=clone, program="bash")


def git(*words: str, folder: Path, program: str = "git") -> subprocess.CompletedProcess[str]:
    """With no settings of this person's; what stands beside the clone is on the path."""
    named = {
        f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **named}
    path = f"{folder.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [program, *words],
        cwd=folder,
        env={**os.environ, **nobody, "PATH": path},
        capture_output=True,
        text=True,
        check=program == "git",
    )
