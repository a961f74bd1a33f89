"""Every text that a git repository holds: of each commit ever made, and of the working tree."""

import subprocess
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Text:
    """A file's content or a commit's or tag's message, by its git object and one path it had."""

    object_id: str
    path: str
    lines: tuple[str, ...]


def shallow(repository: Path) -> bool:
    """Whether older commits were left behind when it was cloned."""
    return _git(repository, "rev-parse", "--is-shallow-repository").strip() == b"true"


def texts(repository: Path, known: AbstractSet[str]) -> Iterator[Text]:
    """Each of them once, but for those whose objects are known; what is binary is left out."""
    listed = _git(repository, "rev-list", "--objects", "--all").decode().splitlines()
    paths = {object_id: path for object_id, _, path in (line.partition(" ") for line in listed)}
    wanted = "\n".join(sorted(paths.keys() - known))
    yield from _of_objects(_git(repository, "cat-file", "--batch", given=wanted), paths)
    seen = paths.keys() | known
    for path, object_id in _working_tree(repository).items():
        if object_id not in seen:
            yield from _text(object_id, path, (repository / path).read_bytes())


def _of_objects(answers: bytes, paths: dict[str, str]) -> Iterator[Text]:
    """The texts in what `git cat-file --batch` says: a line on each object, then its bytes."""
    start = 0
    while start < len(answers):
        end = answers.index(b"\n", start)
        object_id, kind, size = answers[start:end].decode().split()
        start = end + 1 + int(size)
        if kind != "tree":
            yield from _text(object_id, paths[object_id] or kind, answers[end + 1 : start])
        start += 1


def _text(object_id: str, path: str, content: bytes) -> Iterator[Text]:
    if b"\0" not in content:
        yield Text(object_id, path, tuple(content.decode(errors="replace").splitlines()))


def _working_tree(repository: Path) -> dict[str, str]:
    """What would be committed as it lies there, {path: object}; what git ignores is left out."""
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = _git(repository, *listing).decode().split("\0")
    there = [name for name in dict.fromkeys(names) if name and (repository / name).is_file()]
    hashes = _git(repository, "hash-object", "--stdin-paths", given="\n".join(there))
    return dict(zip(there, hashes.decode().split(), strict=True))


def _git(repository: Path, *command: str, given: str = "") -> bytes:
    """What it prints; its own complaint ends this program."""
    done = subprocess.run(
        ["git", "-C", str(repository), *command],  # noqa: S607  # whichever git the person has
        input=given.encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"git {command[0]} failed in {repository}")
    return done.stdout
