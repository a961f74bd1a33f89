"""Whom the servers run as, and which folders that account can use."""

import hashlib
import os
import pwd
import stat
import tempfile
from pathlib import Path

from local.bootstrap import ROOT
from local.processes.children import Account


def server_account() -> Account | None:
    """None for oneself; `nobody` when this is root, which PostgreSQL refuses to run as."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable(folder: Path, account: Account | None) -> bool:
    """Whether `account` may enter `folder`, as the modes alone say (an ACL is not looked at)."""
    if account is None:
        return True
    folder = folder.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (folder, *folder.parents))


def prefix_folder() -> Path:
    """The cache of unpacked servers: the repository's own, unless it is closed to the account.

    A repository cloned to /root is. The prefix then lies in /var/tmp under a name made from the
    repository's path, and is refused if another user could have put anything there.
    """
    here = ROOT / ".cache" / "prefix"
    here.mkdir(parents=True, exist_ok=True)
    if reachable(here, server_account()):
        return here
    digest = hashlib.sha256(bytes(ROOT)).hexdigest()[:12]
    elsewhere = Path("/var/tmp") / f"rotators-prefix-{digest}"  # noqa: S108 - checked below
    elsewhere.mkdir(mode=0o755, exist_ok=True)
    found = elsewhere.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(f"{elsewhere} is not this user's alone; look at it and remove it")
    elsewhere.chmod(0o755)  # whatever the umask took away
    return elsewhere


def data_parent(account: Account | None) -> Path:
    """Where data directories are made: a short path, as a Unix socket's has 107 bytes at most."""
    parent = Path(tempfile.gettempdir())
    if not reachable(parent, account):
        raise PermissionError(f"{parent} is closed to the servers' account; set TMPDIR elsewhere")
    return parent
