"""A Docker engine of our own: Debian's, unpacked under .cache, with its own state and bridge."""

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from signal import SIGTERM

from local.bootstrap import hold_lock
from local.processes import children
from local.sam.docker.bridge import bridge
from local.sam.docker.engine import Engine
from local.sam.docker.packages import FOLDER, environment, unpack_once
from local.sam.errors import CannotRunError

START_SECONDS = 60.0
STOP_SECONDS = 30.0
# The machine's own libc is the right one: the packages are of the machine's own suite.
WITHOUT = ("libc6", "iptables", "apparmor", "ca-certificates", "docker-cli")
# Nothing of the machine's own network is changed: no rule, no forwarding.
QUIET = ("--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false")


def check_machine() -> None:
    """Raise CannotRunError, which says why, where an engine cannot be run at all."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise CannotRunError(f"this is {platform.system()} on {platform.machine()}, not x86_64")
    if os.geteuid() != 0:
        raise CannotRunError("a Docker engine takes root, and this is another user")
    if missing := [name for name in ("apt-get", "dpkg-deb") if not shutil.which(name)]:
        raise CannotRunError(f"{' and '.join(missing)}, to fetch Docker with, is not here")


@contextmanager
def engine() -> Iterator[Engine]:
    """Run an engine while the block runs, and then end its containers and all of its processes.

    One at a time: its images are kept in .cache/sam for the next. Raises CannotRunError.
    """
    check_machine()
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")  # the machine's own
    try:
        programs = unpack_once(suite, ("docker.io", "iproute2"), WITHOUT)
    except LookupError as error:
        raise CannotRunError(str(error)) from None
    env = {**environment(programs), "HOME": "/nonexistent"}
    with (
        hold_lock(FOLDER / "engine.lock"),
        bridge(env) as network,
        # Not under .cache: a Unix socket's path has 107 bytes at most.
        tempfile.TemporaryDirectory(prefix="rotate-docker-") as short,
        _running(programs, Path(short), network.name, env) as found,
    ):
        try:
            yield found
        finally:
            with suppress(OSError):
                found.end_containers()


@contextmanager
def _running(programs: Path, short: Path, network: str, env: Mapping[str, str]) -> Iterator[Engine]:
    found = Engine(short / "docker.sock")
    (short / "daemon.json").write_text("{}")  # not the machine's own settings
    log = FOLDER / "docker.log"
    log.unlink(missing_ok=True)
    command = (
        programs / "usr/sbin/dockerd",
        *("--config-file", short / "daemon.json", "--host", f"unix://{found.path}"),
        *("--data-root", FOLDER / "docker", "--exec-root", short / "run"),
        *("--pidfile", short / "pid", "--bridge", network, *QUIET),
        *("--userland-proxy-path", programs / "usr/sbin/docker-proxy", "--log-level", "warn"),
    )
    daemon = children.running(
        command,
        log=log,
        ready=found.answers,
        name="dockerd",
        ready_within=START_SECONDS,
        stop_within=STOP_SECONDS,
        death_signal=SIGTERM,  # it then ends containerd and its containers too
        env=env,
    )
    with ExitStack() as stack:
        try:
            stack.enter_context(daemon)
        except children.ChildFailedError as error:
            raise CannotRunError(f"Docker does not start on this machine: {error}") from None
        yield found
