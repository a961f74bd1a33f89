"""`make secret-scan`, on repositories that are made to hold a secret."""

import base64
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from local.build import artifacts

# Put together here, so that this file has none of them.
AWS_KEY = "AKIA" + "Q3EGWZ7TX5JRNM2V"
RANDOM = base64.b64encode(bytes(range(7, 250, 9))).decode()
PLANTED = {
    "AWS Access Key": f"aws_access_key_id = {AWS_KEY}\n",
    "Private Key": f"-----BEGIN RSA PRIVATE {'KEY'}-----\n{RANDOM}\n",
    "Basic Auth Credentials": f"url: postgresql://app:{RANDOM[:20]}@db.example.org/app\n",
    "Secret Keyword": f'{{"api_key": "{RANDOM[:12]}"}}\n',
    "Base64 High Entropy String": f'value = "{RANDOM}"\n',
}


class Repository:
    """A git repository with one commit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q", "-b", "main")
        self.write("readme.txt", "nothing here\n")
        self.commit("a first commit")

    def git(self, *command: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        git = subprocess.run(
            ["git", "-C", str(self.folder), *identity, *command],  # noqa: S607 - whichever it is
            env={**os.environ, **alone},
            capture_output=True,
            text=True,
            check=True,
        )
        return git.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


def scan(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.supply", "secret_scan", str(folder)],
        cwd=artifacts.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", PLANTED)
def test_what_was_removed_again_is_found_in_the_history(repository: Repository, kind: str) -> None:
    repository.write("settings.conf", f"first line\n{PLANTED[kind]}")
    repository.commit("settings")
    planted = repository.git("rev-parse", "HEAD:settings.conf")
    repository.git("rm", "-q", "settings.conf")
    repository.git("commit", "-q", "-m", "settings are elsewhere")
    done = scan(repository.folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"settings.conf:2: {kind}; in the object {planted[:12]}" in done.stdout
    for secret in (AWS_KEY, RANDOM[:12]):
        assert secret not in done.stdout + done.stderr


def test_another_branch_a_commits_message_and_an_uncommitted_file_are_looked_at(
    repository: Repository,
) -> None:
    repository.git("switch", "-q", "-c", "side")
    repository.write("on-the-side.txt", PLANTED["AWS Access Key"])
    repository.commit(f"with {PLANTED['Basic Auth Credentials']}")
    repository.git("switch", "-q", "main")
    repository.write("not-yet.txt", PLANTED["Private Key"])
    repository.write(".gitignore", "ignored.txt\n")
    repository.write("ignored.txt", PLANTED["Base64 High Entropy String"])
    done = scan(repository.folder)
    found = dict(re.findall(r"^(.*):\d+: (.*); in", done.stdout, re.MULTILINE))
    assert found == {
        "on-the-side.txt": "AWS Access Key",
        "commit": "Basic Auth Credentials",
        "not-yet.txt": "Private Key",
    }


def test_a_comment_beside_it_does_not_let_it_pass(repository: Repository) -> None:
    repository.write("a.py", f'key = "{AWS_KEY}"  # pragma: allowlist secret\n')
    assert "a.py:1: AWS Access Key" in scan(repository.folder).stdout


def test_what_was_found_is_found_again_and_what_was_clean_is_not_read_again(
    repository: Repository,
) -> None:
    repository.write("unique.txt", f"{repository.folder}\n")
    repository.commit(f"of {repository.folder}")
    assert not scan(repository.folder).stdout.startswith("0 new texts")
    assert scan(repository.folder).stdout == "0 new texts: 0 findings\n"
    repository.write("settings.conf", PLANTED["AWS Access Key"])
    for _ in range(2):
        done = scan(repository.folder)
        assert done.returncode == 1
        assert "1 new texts: 1 findings" in done.stdout


def test_a_shallow_clone_says_what_it_did_not_see(repository: Repository, tmp_path: Path) -> None:
    repository.write("settings.conf", PLANTED["AWS Access Key"])
    repository.commit("settings")
    repository.git("rm", "-q", "settings.conf")
    repository.git("commit", "-q", "-m", "settings are elsewhere")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth=1", f"file://{repository.folder}", str(clone))
    done = scan(clone)
    assert done.returncode == 0
    assert "this clone is shallow" in done.stdout
    assert "shallow" not in scan(repository.folder).stdout


def test_each_exception_has_its_reason() -> None:
    allowed = artifacts.ROOT / "local" / "supply" / "allowed.toml"
    for entry in tomllib.loads(allowed.read_text())["allowed"]:
        assert len(entry["reason"]) > 10, entry
        assert len({"values", "pattern", "parts"} & entry.keys()) == 1, entry
        assert "pattern" not in entry or entry["kind"] == "Secret Keyword", entry
