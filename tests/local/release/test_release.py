"""`make release`, in a repository that has our own changelog, project file and template."""

import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from local import template
from local.bootstrap import ROOT
from local.release.__main__ import release
from local.release.version import PLACES, NotReleasableError, Version

DAY = date(2027, 1, 31)
FILES = ("CHANGELOG.md", *PLACES, ".gitignore")
ENTRIES = "\n### Added\n\n- One thing.\n"
OLDER = "# Changelog\n\n## [Unreleased]\n{}\n## [0.9.0] - 2026-12-01\n\n### Added\n\n- The first.\n"


def git(root: Path, *command: str) -> str:
    return subprocess.run(
        ["git", "-C", root, *command],  # noqa: S607 - whichever git the person has
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    root = tmp_path / "repository"
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet")
    for name in FILES:
        (root / name).write_text((ROOT / name).read_text())
    changelog(root, OLDER.format(ENTRIES))
    return root


def changelog(root: Path, text: str) -> None:
    (root / "CHANGELOG.md").write_text(text)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "as it was")


def build(dist: Path) -> None:
    """Stands for the builder: what it sees of the repository."""
    dist.mkdir()
    (dist / "commit").write_text(git(dist.parent, "log", "-1", "--format=%s"))


def state(root: Path) -> tuple[str, ...]:
    names = ("HEAD", git(root, "rev-parse", "HEAD"), git(root, "tag"), git(root, "status", "-s"))
    return (*names, *((root / name).read_text() for name in FILES))


def refused(root: Path, version: str, fill: Callable[[Path], None] = build) -> str:
    before = state(root)
    with pytest.raises(NotReleasableError) as told:
        release(root, Version.of(version), fill, DAY)
    assert state(root) == before
    return str(told.value)


def test_a_release_is_cut_written_committed_built_and_tagged(repository: Path) -> None:
    release(repository, Version(1, 0, 0), build, DAY)
    text = (repository / "CHANGELOG.md").read_text()
    cut = OLDER.format(f"\n## [1.0.0] - 2027-01-31\n{ENTRIES}")
    assert text == cut
    for folder in (repository, repository / "clients"):
        assert '\nversion = "1.0.0"\n' in (folder / "pyproject.toml").read_text()
    metadata = template.document(repository / "template.yaml")["Metadata"]
    assert metadata["AWS::ServerlessRepo::Application"]["SemanticVersion"] == "1.0.0"
    assert git(repository, "rev-parse", "v1.0.0^{commit}") == git(repository, "rev-parse", "HEAD")
    assert git(repository, "status", "--porcelain") == ""
    # The builder ran on the release's commit, for the bills of materials name it.
    assert (repository / "dist" / "commit").read_text() == "chore(release): 1.0.0"


def test_the_next_release_follows_in_the_same_way(repository: Path) -> None:
    release(repository, Version(1, 0, 0), Path.mkdir, DAY)
    assert "no entry under [Unreleased]" in refused(repository, "1.0.1")
    text = (repository / "CHANGELOG.md").read_text()
    changelog(repository, text.replace("[Unreleased]\n", f"[Unreleased]\n{ENTRIES}", 1))
    release(repository, Version(1, 0, 1), lambda _: None, DAY)
    assert git(repository, "tag").split() == ["v1.0.0", "v1.0.1"]


def test_our_own_changelog_is_cut(repository: Path) -> None:
    heading, entry = "## [Unreleased]\n", "## [Unreleased]\n\n### Added\n\n- One thing.\n"
    changelog(repository, (ROOT / "CHANGELOG.md").read_text().replace(heading, entry, 1))
    release(repository, Version(99, 0, 0), build, DAY)
    text = (repository / "CHANGELOG.md").read_text()
    assert f"{heading}\n## [99.0.0] - 2027-01-31\n\n### Added\n\n- One thing.\n" in text


@pytest.mark.parametrize("version", ["0.9.0", "0.8.7", "0.0.1"])
def test_a_version_that_is_not_newer_is_refused(repository: Path, version: str) -> None:
    assert f"{version} is not newer than 0.9.0" in refused(repository, version)


def test_numbers_are_compared_as_numbers(repository: Path) -> None:
    release(repository, Version(0, 10, 0), build, DAY)
    assert git(repository, "tag") == "v0.10.0"


def test_a_tag_that_is_there_is_refused(repository: Path) -> None:
    git(repository, "tag", "v1.0.0")
    assert "the tag v1.0.0 is there already" in refused(repository, "1.0.0")
    assert "0.9.5 is not newer than 1.0.0" in refused(repository, "0.9.5")


@pytest.mark.parametrize("name", ["template.yaml", "somebodys-notes.txt"])
def test_a_tree_with_changes_is_refused(repository: Path, name: str) -> None:
    with (repository / name).open("a") as file:
        file.write("# changed\n")
    assert "the working tree has changes" in refused(repository, "1.0.0")


def test_a_changelog_that_says_nothing_is_refused(repository: Path) -> None:
    changelog(repository, OLDER.format(""))
    assert "no entry under [Unreleased]" in refused(repository, "1.0.0")
    changelog(repository, "# Changelog\n")
    assert "no section `## [Unreleased]`" in refused(repository, "1.0.0")


@pytest.mark.parametrize("name", PLACES)
def test_a_file_without_its_version_is_refused(repository: Path, name: str) -> None:
    (repository / name).write_text("nothing\n")
    changelog(repository, OLDER.format(ENTRIES))
    assert f"{name} has 0 lines with its version" in refused(repository, "1.0.0")


@pytest.mark.parametrize("version", ["", "1", "1.0", "v1.0.0", "1.0.0-rc.1", "01.0.0", "1.0.٣"])
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(NotReleasableError, match="is no version of three numbers"):
        Version.of(version)


def test_a_build_that_fails_leaves_no_commit_and_no_tag(repository: Path) -> None:
    def fail(_: Path) -> None:
        raise NotReleasableError("no registry")

    assert refused(repository, "1.0.0", fail) == "no registry"


def test_what_git_says_is_passed_on(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_NAME", "")
    assert refused(repository, "1.0.0").startswith("git commit: ")
