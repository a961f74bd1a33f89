"""A share of a processor for a process, as Lambda gives it by a function's memory; cgroups(7)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Lambda's developer guide, "Configure Lambda function memory".
ONE_PROCESSOR = 1769  # megabytes
# Microseconds. Lambda's functions are held back until the next 20 ms, not the kernel's usual 100,
# in which a short step would end before it is held back at all: the measurements of 2025-03-01 in
# github.com/pwrdrvr/lambda-throttling.
_PERIOD = 20_000
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
    except OSError as error:
        raise NoQuotaError(f"{group} cannot be made ({type(error).__name__})") from None
    try:
        try:
            if first:
                (group / "cpu.cfs_period_us").write_text(str(_PERIOD))
                (group / "cpu.cfs_quota_us").write_text(str(allowed))
            else:
                (group / "cpu.max").write_text(f"{allowed} {_PERIOD}")
        except OSError as error:
            raise NoQuotaError(f"{group} takes no quota ({type(error).__name__})") from None
        yield group / "cgroup.procs"
    finally:
        group.rmdir()
