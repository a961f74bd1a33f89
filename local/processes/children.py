"""Children that never outlive this process: started, waited for and stopped in bounded time.

A child is started through guard.py, not with `preexec_fn`: that runs Python
between fork and exec, where another thread's held lock means a deadlock.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypedDict, Unpack

GUARD = Path(__file__).resolve().parent / "guard.py"
POLL_SECONDS = 0.02

# The kernel sends the death signal when the *thread* that started the child ends, so one thread
# that lives as long as this process starts them all, whichever thread asks.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starts-children")


class ChildFailedError(RuntimeError):
    """A child ended, or was not ready in time; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """The numeric user and group that a child runs as."""

    uid: int
    gid: int


class Surroundings(TypedDict, total=False):
    """What a child is given beside its arguments; what is left out is as this process has it.

    death_signal: what it gets if this process dies without ending it, SIGKILL unless said.
    """

    account: Account | None
    env: Mapping[str, str]
    cwd: Path
    stdin: IO[bytes]
    death_signal: signal.Signals


@dataclass(frozen=True, slots=True)
class Child:
    """A running child: leader of its own session, writing to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The process id, and the id of its process group."""
        return self.process.pid

    def ended(self) -> bool:
        """Tell whether it has ended, without reaping: until then its process id stays its own."""
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return (
            self.process.returncode is not None
            or os.waitid(os.P_PID, self.process.pid, flags) is not None
        )

    def wait(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait at most `within` seconds for `condition`, and tell whether it came true."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def failure(self, what: str) -> ChildFailedError:
        """Say `what` went wrong, with the last lines of the log."""
        return ChildFailedError(f"{self.name} {what}; the end of {self.log}:\n{tail(self.log)}")


@contextmanager
def running(  # noqa: PLR0913 - each is one independent choice, all but four have a default
    argv: Sequence[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    name: str,
    ready_within: float = 60.0,
    stop_signal: signal.Signals = signal.SIGTERM,
    stop_within: float = 15.0,
    **surroundings: Unpack[Surroundings],
) -> Iterator[Child]:
    """Run a server while the block runs; raises ChildFailedError if it does not get `ready`."""
    child = start(argv, log=log, name=name, **surroundings)
    try:
        if not child.wait(lambda: child.ended() or ready(), ready_within):
            raise child.failure(f"was not ready within {ready_within:g} s")
        if child.ended():
            raise child.failure(f"ended with status {child.process.wait()} before it was ready")
        yield child
    finally:
        stop(child, stop_signal, stop_within)


@contextmanager
def restartable(
    run: Callable[[], AbstractContextManager[object]],
) -> Iterator[Callable[[], None]]:
    """Keep up what `run` runs while the block runs; what is yielded ends it and runs it anew."""
    with ExitStack() as stack:
        stack.enter_context(run())

        def restart() -> None:
            stack.close()
            stack.enter_context(run())

        yield restart


def finish(
    argv: Sequence[str | Path],
    *,
    log: Path,
    name: str,
    within: float = 120.0,
    **surroundings: Unpack[Surroundings],
) -> None:
    """Run a program to its end; raises ChildFailedError unless it succeeds within the time."""
    child = start(argv, log=log, name=name, **surroundings)
    try:
        if not child.wait(child.ended, within):
            raise child.failure(f"did not end within {within:g} s")
        if child.process.wait() != 0:
            raise child.failure(f"ended with status {child.process.returncode}")
    finally:
        stop(child, signal.SIGTERM, 5.0)


def start(
    argv: Sequence[str | Path], *, log: Path, name: str, **surroundings: Unpack[Surroundings]
) -> Child:
    """Start a child with its own log and session, so that a terminal's Ctrl-C passes it by."""
    account, env = surroundings.get("account"), surroundings.get("env")
    death_signal = surroundings.get("death_signal", signal.SIGKILL)
    command = [*guarded(death_signal, account), *map(str, argv)]
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        if account is not None:
            os.fchown(output.fileno(), account.uid, account.gid)
        started = _starter.submit(
            subprocess.Popen,
            command,
            stdin=surroundings.get("stdin", subprocess.DEVNULL),
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=None if env is None else dict(env),
            cwd=surroundings.get("cwd"),
        )
        return Child(name, started.result(), log)


def guarded(death_signal: signal.Signals, account: Account | None = None) -> list[str]:
    """The words before a command that let it end with this process, by this signal."""
    owner = account or Account(os.geteuid(), os.getegid())
    words = (sys.executable, "-I", "-S", GUARD, os.getpid(), int(death_signal))
    return [*map(str, words), str(owner.uid), str(owner.gid)]


def stop(child: Child, stop_signal: signal.Signals, within: float) -> None:
    """Ask a child to end, then kill it and what is left of its group; safe to call twice."""
    if child.process.returncode is not None:
        return
    if not child.ended():
        child.process.send_signal(stop_signal)
        child.wait(child.ended, within)
    with suppress(ProcessLookupError):  # not reaped yet, so the group is still the child's
        os.killpg(child.pid, signal.SIGKILL)
    child.process.wait()


def tail(log: Path) -> str:
    """Read the last 25 lines of a log, or an empty string where there is none."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:]) if log.exists() else ""


def listening(port: int) -> bool:
    """Tell whether something accepts TCP connections on this port of 127.0.0.1."""
    with socket.socket() as client:
        client.settimeout(1.0)
        return client.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Find a port of 127.0.0.1 that nothing used a moment ago; another program may take it."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port
