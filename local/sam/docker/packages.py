"""Debian packages unpacked in folders of their own under .cache/sam; nothing is installed."""

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import bootstrap
from local.servers.packages import NEEDLESS, made_once, unpack

FOLDER = bootstrap.CACHE / "sam"
# Debian's merged /usr: the packages have files under both names.
MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Packages of a suite with all that they need, but for what is `without`."""

    suite: str
    packages: Sequence[str]
    without: Sequence[str] = ()


def unpacked(wanted: Wanted) -> Path:
    """The folder with the packages' files, made first if it is not there: seconds."""
    without = sorted({*NEEDLESS, *wanted.without} - {*wanted.packages})
    title, packages = " and ".join(wanted.packages), " ".join(wanted.packages)

    def make(folder: Path, scratch: Path) -> None:
        for name, place in MERGED.items():
            (folder / place).mkdir(parents=True)
            (folder / name).symlink_to(place)
        what = (title, wanted.suite, packages)
        unpack(*what, without=without, folder=folder, scratch=scratch)

    folder = FOLDER / f"{wanted.packages[0]}-{wanted.suite}"
    return made_once(folder, hashlib.sha256(repr(wanted).encode()).hexdigest(), make)


def environment(folder: Path) -> Mapping[str, str]:
    """What a program of this folder is to be run with, on a machine of the same suite."""
    triplet = f"{platform.machine()}-linux-gnu"
    programs = (f"{folder}/usr/sbin", f"{folder}/usr/bin", "/usr/sbin", "/usr/bin")
    return {
        "PATH": os.pathsep.join(programs),
        "LD_LIBRARY_PATH": f"{folder}/usr/lib/{triplet}",
        "LC_ALL": "C",
    }
