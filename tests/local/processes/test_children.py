"""Children start, are waited for, stop, and end with their parent however it ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.bootstrap import ROOT
from local.processes import children

FOREVER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    FOREVER[2].replace("print", "import signal; signal.signal(15, signal.SIG_IGN); print"),
)


def gone(pid: int) -> bool:
    """A zombie has ended too: it only waits for its parent to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def soon(condition: Callable[[], object], within: float = 10.0) -> bool:
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


@contextmanager
def a_parent(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A Python that runs a child until it is ended, and the child's pid."""
    code = f"""
import sys, time
from pathlib import Path
from local.processes import children
log = Path(sys.argv[1], "child.log")
up = lambda: "up" in children.tail(log)
with children.running({FOREVER!r}, log=log, ready=up, name="child") as child:
    Path(sys.argv[1], "pid.new").write_text(str(child.pid))
    Path(sys.argv[1], "pid.new").rename(Path(sys.argv[1], "pid"))
    time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code, folder], cwd=ROOT)
    try:
        assert soon((folder / "pid").exists)
        yield parent, int((folder / "pid").read_text())
    finally:
        parent.kill()
        parent.wait()


def test_ready_then_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with children.running(
        FOREVER, log=log, ready=lambda: "up" in children.tail(log), name="child"
    ) as child:
        assert not child.ended()
        assert os.getsid(child.pid) == child.pid != os.getsid(0)
    assert gone(child.pid)
    assert child.process.returncode == -signal.SIGTERM


def test_what_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with children.running(
        STUBBORN, log=log, ready=lambda: "up" in children.tail(log), name="child", stop_within=0.3
    ) as child:
        pass
    assert child.process.returncode == -signal.SIGKILL


def test_grandchildren_are_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = "sleep 600 & echo $!; exec sleep 600"
    with children.running(
        ("/bin/sh", "-c", script), log=log, ready=lambda: bool(children.tail(log)), name="child"
    ):
        grandchild = int(children.tail(log))
        assert not gone(grandchild)
    assert soon(lambda: gone(grandchild))


def test_early_end_shows_the_log(tmp_path: Path) -> None:
    argv = ("/bin/sh", "-c", "echo no such port >&2; exit 3")
    with (
        pytest.raises(children.ChildFailedError, match=r"(?s)status 3 .*no such port"),
        children.running(argv, log=tmp_path / "log", ready=lambda: False, name="child"),
    ):
        pytest.fail("it never was ready")


def test_never_ready_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with (
        pytest.raises(children.ChildFailedError, match="not ready within"),
        children.running(FOREVER, log=log, ready=lambda: False, name="child", ready_within=0.2),
    ):
        pytest.fail("it never was ready")


def test_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(children.ChildFailedError, match="/no/such: No such file"):
        children.finish(["/no/such"], log=tmp_path / "log", name="child")


def test_finish_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(children.ChildFailedError, match="did not end within"):
        children.finish(FOREVER, log=tmp_path / "log", name="child", within=0.2)


def test_child_outlives_the_thread_that_asked(tmp_path: Path) -> None:
    started: list[children.Child] = []
    thread = threading.Thread(
        target=lambda: started.append(children.start(FOREVER, log=tmp_path / "log", name="child"))
    )
    thread.start()
    thread.join()
    (child,) = started
    try:
        assert not child.wait(child.ended, 0.3)
    finally:
        children.stop(child, signal.SIGTERM, 5)


def test_child_dies_when_the_parent_is_killed(tmp_path: Path) -> None:
    with a_parent(tmp_path) as (parent, child):
        parent.kill()
        assert soon(lambda: gone(child))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_child_dies_when_the_parent_is_interrupted(tmp_path: Path, sent: signal.Signals) -> None:
    with a_parent(tmp_path) as (parent, child):
        parent.send_signal(sent)
        assert soon(lambda: gone(child))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another account")
def test_another_account(tmp_path: Path) -> None:
    children.finish(
        ("/usr/bin/id",),
        log=tmp_path / "log",
        name="id",
        account=children.Account(65534, 65534),
    )
    assert "uid=65534" in children.tail(tmp_path / "log")
    assert "groups=65534" in children.tail(tmp_path / "log")


def test_free_port_is_not_listening() -> None:
    assert not children.listening(children.free_port())
