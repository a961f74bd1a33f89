"""A built function's own process, and what the kernel says of it; proc(5)."""

import os
import re
from pathlib import Path

RUNTIME = b"awslambdaric"
TICKS = os.sysconf("SC_CLK_TCK")


def running(handler: str) -> int:
    """The process of ours that runs the handler; raises LookupError."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if RUNTIME in words and handler.encode() in words and _is_descendant(int(folder.name)):
            return int(folder.name)
    raise LookupError(f"no process runs {handler}")


def seconds(process: int) -> float:
    """The processor's time that it has had."""
    return sum(map(int, _stat(process)[11:13])) / TICKS


def peak_megabytes(process: int) -> float:
    """The most memory that it has had."""
    return _kilobytes(process, "VmHWM") / 1024


def megabytes(process: int) -> float:
    """The memory that it has now."""
    return _kilobytes(process, "VmRSS") / 1024


def descriptors(process: int) -> int:
    """How many files and sockets it has open."""
    return len(list(Path("/proc", str(process), "fd").iterdir()))


def _is_descendant(process: int) -> bool:
    while process > 1:
        if process == os.getpid():
            return True
        process = int(_stat(process)[1])
    return False


def _stat(process: int) -> list[str]:
    """What follows the name, which may have spaces: state, parent, and so on."""
    return Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()


def _kilobytes(process: int, what: str) -> int:
    status = Path("/proc", str(process), "status").read_text()
    (found,) = re.findall(rf"{what}:\s+(\d+) kB", status)
    return int(found)
