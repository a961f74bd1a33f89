"""`make release VERSION=0.2.0`: cut the changelog, commit, build dist/, tag.

All is checked before anything is changed, and what fails later is taken back. Nothing is pushed.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from local.bootstrap import ROOT, say
from local.release import changelog, dist
from local.release.version import PLACES, NotReleasableError, Version, written


def release(root: Path, version: Version, fill: Callable[[Path], None], day: date) -> None:
    """Make the release of what is committed; `fill` builds what is to be in dist/.

    Raises NotReleasableError, and whatever fill does, with the repository as it was before.
    """
    git = Git(root)
    if git("status", "--porcelain"):
        raise NotReleasableError("the working tree has changes: commit or remove them first")
    tags = git("tag", "--list", "v*").split()
    if version.tag in tags:
        raise NotReleasableError(f"the tag {version.tag} is there already: choose a newer version")
    text = (root / "CHANGELOG.md").read_text()
    version.check_newer([*changelog.released(text), *_versions(tags)])
    changed = {"CHANGELOG.md": changelog.cut(text, version, day)}
    changed |= {name: written(name, (root / name).read_text(), version) for name in PLACES}
    before = git("rev-parse", "HEAD")
    try:
        for name, content in changed.items():
            (root / name).write_text(content)
        git("commit", "--quiet", "--message", f"chore(release): {version}", "--", *changed)
        fill(root / "dist")  # after the commit, which its bills of materials name
        git("tag", "--annotate", version.tag, "--message", f"secret-rotators {version}")
    except BaseException:
        git("reset", "--quiet", "--hard", before)  # of our own changes: there were no others
        raise


def _versions(tags: list[str]) -> list[Version]:
    """Of the tags those that are a release's."""
    return [Version.of(tag[1:]) for tag in tags if re.fullmatch(r"v\d+\.\d+\.\d+", tag, re.ASCII)]


class Git:
    """git in a folder: what it prints, or why it failed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self, *command: str) -> str:
        """Run it; raises NotReleasableError where git fails."""
        done = subprocess.run(
            ["git", "-C", str(self._root), *command],  # noqa: S607 - whichever git the person has
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise NotReleasableError(f"git {command[0]}: {done.stderr.strip()}")
        return done.stdout.strip()


def main() -> None:
    """Check, release, and say what is left to a person."""
    version = Version.of(sys.argv[1] if len(sys.argv) > 1 else "")
    dist.check()
    release(ROOT, version, dist.fill, datetime.now(UTC).date())
    say(f"{version} is committed and tagged, and dist/ has what to publish")
    say(f"look at it, then: git push --atomic origin HEAD {version.tag}")


if __name__ == "__main__":
    main()
