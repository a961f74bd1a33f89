"""Debian packages unpacked in folders of their own under .cache/sam; nothing is installed."""

import hashlib
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from local import bootstrap
from local.bootstrap import say
from local.build.artifacts import locked
from local.processes import children
from local.servers import apt
from local.servers.packages import NEEDLESS

FOLDER = bootstrap.CACHE / "sam"
# Debian's merged /usr: the packages have files under both names.
MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Packages of a suite with all that they need, but for what is `without`."""

    suite: str
    packages: Sequence[str]
    without: Sequence[str] = ()

    @property
    def folder(self) -> Path:
        """Where they are, or will be."""
        return FOLDER / f"{self.packages[0]}-{self.suite}"

    def digest(self) -> str:
        """Changes when others are wanted."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def unpacked(wanted: Wanted) -> Path:
    """The folder with the packages' files, made first if it is not there: seconds."""
    folder = wanted.folder
    stamp = folder.with_name(f"{folder.name}.complete")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(f"{folder.name}.lock")):
        if stamp.is_file() and stamp.read_text() == wanted.digest():
            return folder
        say(f"fetching {' and '.join(wanted.packages)} from Debian {wanted.suite}")
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        for name, place in MERGED.items():
            (folder / place).mkdir(parents=True)
            (folder / name).symlink_to(place)
        with TemporaryDirectory(prefix=f".{folder.name}-", dir=FOLDER) as scratch:
            _unpack(wanted, folder, Path(scratch))
        stamp.write_text(wanted.digest())
    return folder


def _unpack(wanted: Wanted, folder: Path, scratch: Path) -> None:
    without = {*NEEDLESS, *wanted.without} - {*wanted.packages}
    archives = apt.fetch(
        wanted.suite, " ".join(wanted.packages), without=sorted(without), folder=scratch
    )
    for archive in archives:
        children.finish(
            ("/usr/bin/dpkg-deb", "-x", archive, folder),
            log=scratch / "unpack.log",
            name=archive.name,
        )


def environment(folder: Path) -> Mapping[str, str]:
    """What a program of this folder is to be run with, on a machine of the same suite."""
    triplet = f"{platform.machine()}-linux-gnu"
    programs = (f"{folder}/usr/sbin", f"{folder}/usr/bin", "/usr/sbin", "/usr/bin")
    return {
        "PATH": os.pathsep.join(programs),
        "LD_LIBRARY_PATH": f"{folder}/usr/lib/{triplet}",
        "LC_ALL": "C",
    }
