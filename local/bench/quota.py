"""A share of a processor for a process, as Lambda gives it by a function's memory; cgroups(7)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PERIOD = 100_000  # microseconds, the kernel's own default
_FIRST = Path("/sys/fs/cgroup/cpu")  # version 1, where its controller is
_SECOND = Path("/sys/fs/cgroup")


class NoQuotaError(Exception):
    """Nobody may give out shares of processors on this machine, or not we."""


@contextmanager
def quota(share: float) -> Iterator[Path]:
    """A group whose processes have together this share of one processor; raises NoQuotaError.

    Yields its file that takes the ids of processes; they have to have ended with the block.
    """
    name = f"rotation-bench-{os.getpid()}"
    first = _FIRST.is_dir()
    group = (_FIRST if first else _SECOND) / name
    allowed = round(share * _PERIOD)
    try:
        group.mkdir()
        if first:
            (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(allowed))
        else:
            (group / "cpu.max").write_text(f"{allowed} {_PERIOD}")
    except OSError as error:
        raise NoQuotaError(f"{group} cannot be made ({type(error).__name__})") from None
    try:
        yield group / "cgroup.procs"
    finally:
        group.rmdir()
