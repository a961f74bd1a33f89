"""A server's own folder: made for its account, locked while in use, and removed afterwards."""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from local.processes.children import Account, Surroundings
from local.servers.account import data_parent, server_account
from local.servers.certificates import Authority, Certificate, write_private
from local.servers.server import ENVIRONMENT

PREFIX = "rotators-server-"
LIVE = "lock"
YOUNG_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Home:
    """A server's own files: its folder, the account that owns them, its certificate."""

    folder: Path
    account: Account | None
    certificate: Certificate
    ca: Path

    def child(self, **more: Unpack[Surroundings]) -> Surroundings:
        """What a program of the server's is given: its account, variables and folder, and more."""
        return {"account": self.account, "env": ENVIRONMENT, "cwd": self.folder, **more}

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Its log, by a path that the server's account can open."""
        return self.folder / "log"

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the server's account can read."""
        path = self.folder / name
        write_private(path, text.encode())
        self.own(path)
        return path

    def own(self, *paths: Path) -> None:
        """Give the server's account these files."""
        for path in paths:
            _give(path, self.account)

    def own_data(self) -> None:
        """Give it what was put into the data directory."""
        self.own(self.data, *self.data.rglob("*"))


@contextmanager
def home(log: Path, authority: Authority) -> Iterator[Home]:
    """A short-lived folder of the server's account, with a certificate; removed afterwards.

    It lies in the temporary folder, not beside `log`, because `nobody` cannot enter a folder
    below /root or pytest's own; `log` is a link into it, and a file of its own in the end.
    """
    account = server_account()
    parent = data_parent(account)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        with (folder / LIVE).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            place = _furnish(folder, authority, account)
            log.parent.mkdir(parents=True, exist_ok=True)
            log.unlink(missing_ok=True)
            log.symlink_to(place.log)
            try:
                yield place
            finally:
                log.unlink(missing_ok=True)
                shutil.copy(place.log, log)  # with its mode: it may tell what SQL held
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _furnish(folder: Path, authority: Authority, account: Account | None) -> Home:
    """Put a certificate, a data directory and an empty log there, and give all to the account."""
    shutil.copyfile(authority.ca, folder / "ca.pem")
    place = Home(folder, account, authority.issue("cert", folder=folder), folder / "ca.pem")
    write_private(place.log, b"")
    place.data.mkdir(mode=0o700)
    for path in (folder, *folder.iterdir()):
        _give(path, account)
    return place


def _give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _sweep(parent: Path) -> None:
    """Remove homes whose maker is gone; a live one holds a lock, whatever container it is in."""
    for folder in parent.glob(f"{PREFIX}*"):
        lock = folder / LIVE
        try:
            found = folder.lstat()
            is_removable = stat.S_ISDIR(found.st_mode) and os.geteuid() in (0, found.st_uid)
            if not is_removable or time.time() - found.st_mtime < YOUNG_SECONDS:
                continue  # a young one may not be locked yet
            with lock.open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # locked, or another sweep was faster
            continue
