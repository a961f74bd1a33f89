"""Debian packages unpacked in folders of their own under .cache/sam; nothing is installed."""

import hashlib
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from local import bootstrap
from local.servers.prefix import make_once
from local.servers.prefix.debian import NEEDLESS, unpack

FOLDER = bootstrap.CACHE / "sam"
# Debian's merged /usr: the packages have files under both names.
MERGED = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"}


def unpack_once(suite: str, packages: Sequence[str], without: Sequence[str] = ()) -> Path:
    """The folder with packages of a suite and what they need, made first if it is not there.

    without: what they are to do without, as well as without NEEDLESS. It takes seconds.
    """
    needless = sorted({*NEEDLESS, *without} - {*packages})
    what = (" and ".join(packages), suite, " ".join(packages))

    def make(folder: Path, scratch: Path) -> None:
        for name, place in MERGED.items():
            (folder / place).mkdir(parents=True)
            (folder / name).symlink_to(place)
        unpack(*what, without=needless, folder=folder, scratch=scratch)

    digest = hashlib.sha256(repr((*what, needless)).encode()).hexdigest()
    return make_once(FOLDER / f"{packages[0]}-{suite}", digest, make)


def environment(folder: Path) -> Mapping[str, str]:
    """What a program of this folder is to be run with, on a machine of the same suite."""
    triplet = f"{platform.machine()}-linux-gnu"
    programs = (f"{folder}/usr/sbin", f"{folder}/usr/bin", "/usr/sbin", "/usr/bin")
    return {
        "PATH": os.pathsep.join(programs),
        "LD_LIBRARY_PATH": f"{folder}/usr/lib/{triplet}",
        "LC_ALL": "C",
    }
