"""Programs of other people's, unpacked in folders of their own: nothing is installed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from local.bootstrap import hold_lock

STAMP = ".complete"


class Recipe(Protocol):
    """How a prefix is made: from packages of Debian's, or one of npm's."""

    @property
    def title(self) -> str:
        """The program's name and version, for a person."""
        ...

    @property
    def server(self) -> str:
        """The program, by its path in the folder."""
        ...

    @property
    def folder(self) -> Path:
        """Where its prefix is, or will be."""
        ...

    def digest(self) -> str:
        """Changes when another prefix than the one on disk is wanted, or it was moved."""
        ...

    def fill(self, folder: Path, scratch: Path) -> None:
        """Put all that it needs into the empty folder."""
        ...


def prefix(recipe: Recipe) -> Path:
    """The folder with the program's files, made first if it is not there: a minute at most.

    It is made in place because its path may be written into its programs.
    """
    return make_once(recipe.folder, recipe.digest(), recipe.fill)


def make_once(folder: Path, digest: str, make: Callable[[Path, Path], None]) -> Path:
    """The folder, which `make` fills first where it is not there, or is of another digest.

    make: gets the folder, empty, and one for scratch. The stamp is written last and the lock is
    held meanwhile, so that a folder with a stamp is whole, whoever made it.
    """
    stamp = folder / STAMP

    def complete() -> bool:
        return stamp.is_file() and stamp.read_text() == digest

    if complete():
        return folder
    with hold_lock(folder.with_name(f"{folder.name}.lock")):
        if complete():  # another process was faster
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o755)
        with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            make(folder, Path(scratch))
        fresh = folder / f"{STAMP}.new"
        fresh.write_text(digest)
        fresh.rename(stamp)
    return folder
