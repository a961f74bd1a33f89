"""Functions as Lambda runs them: the built artifact alone, under AWS's own emulator."""

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import urllib3

from local.build import artifacts
from local.functions import invocation, rie
from local.functions.built import Built, built_functions
from local.functions.home import Configuration, FunctionError, name_of
from local.functions.logged import events_in
from local.functions.written import LogEvent
from local.processes import children

__all__ = ["Built", "Emulator", "built_functions"]

HOST = "127.0.0.1"
START_SECONDS = 10.0
STOP_SECONDS = 2.0
# The emulator ends a function at its timeout; this is for an emulator that hangs.
GRACE_SECONDS = 10.0


class Emulator:
    """A Home: one warm process per function, started when first invoked, ended with this one.

    environment: over each function's own variables, such as AWS_ENDPOINT_URL_SECRETS_MANAGER.
    logs: the folder that gets a <function>.log each.
    """

    def __init__(
        self,
        functions: Mapping[str, Built],
        *,
        logs: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._running = {
            name: _Function(name, built, logs / f"{name}.log", environment or {})
            for name, built in functions.items()
        }

    def knows(self, function: str, /) -> bool:
        """Whether this home has the function (an ARN or a name)."""
        return name_of(function) in self._running

    def configuration(self, function: str, /) -> Configuration | None:
        """As the template has it."""
        if not self.knows(function):
            return None
        built = self._running[name_of(function)].built
        return Configuration(
            built.handler, built.timeout, built.memory, environment=built.environment
        )

    def log_events(self, function: str, /) -> Sequence[LogEvent]:
        """The lines of its log, each at the time that it, or one before it, says."""
        return events_in(self.log(function))

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        """Run the function (an ARN or a name) to its end, for its answer; raises FunctionError."""
        if not self.knows(function):
            raise FunctionError("ResourceNotFoundException", f"no such function: {function}")
        return self._running[name_of(function)].invoke(event)

    def log(self, function: str) -> Path:
        """Where the function's output goes, with the emulator's own lines."""
        return self._running[name_of(function)].log

    def close(self) -> None:
        """End every process; a later invoke starts afresh."""
        for function in self._running.values():
            function.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Function:
    """One function's process and the lock around it: two calls at once kill the emulator."""

    def __init__(self, name: str, built: Built, log: Path, environment: Mapping[str, str]) -> None:
        self.name, self.built, self.log = name, built, log
        self._environment = {**built.variables(name), **environment}
        self._lock = threading.Lock()
        self._running = ExitStack()
        self._child: children.Child | None = None
        self._port = 0

    def invoke(self, event: Mapping[str, object]) -> object:
        seconds = self.built.timeout + GRACE_SECONDS
        with self._lock:
            try:
                self._start()
                url = f"http://{HOST}:{self._port}"
                return invocation.invoke(url, "function", event, seconds)
            except FunctionError:
                raise
            except (OSError, urllib3.exceptions.HTTPError, children.ChildFailedError) as error:
                self._running.close()
                raise FunctionError(
                    "Runtime.ExitError",
                    f"{self.name}: the emulator gave no answer ({type(error).__name__});"
                    f" see {self.log}",
                ) from None
            except BaseException:  # interrupted: the emulator is still busy with this call
                self._running.close()
                raise

    def stop(self) -> None:
        with self._lock:
            self._running.close()

    def _start(self) -> None:
        if self._child is not None and not self._child.ended():
            return
        self._running.close()
        self._port, runtime_port = children.free_port(), children.free_port()
        # Both addresses: either one left out makes the emulator listen to the network.
        command: tuple[str | Path, ...] = (
            *(rie.emulator(), "--log-level", "info"),
            *("--runtime-interface-emulator-address", f"{HOST}:{self._port}"),
            *("--runtime-api-address", f"{HOST}:{runtime_port}"),
            *_runtime(self.built.handler),
        )
        child = children.running(
            command,
            log=self.log,
            ready=lambda: children.listening(self._port),
            name=self.name,
            ready_within=START_SECONDS,
            stop_within=STOP_SECONDS,
            env=self._environment,
            cwd=self.built.artifact,
        )
        self._child = self._running.enter_context(child)


def _runtime(handler: str) -> list[str]:
    """The command of the function's own process, which is to die with the emulator's.

    The emulator's pid is known only when it runs: the shell hands it on as its parent's.
    """
    guard = f'exec "$0" -I -S "$1" $PPID {int(signal.SIGKILL)} {os.geteuid()} {os.getegid()} "$0" '
    command = guard + '-m awslambdaric "$2"'
    return ["/bin/sh", "-c", command, str(artifacts.LAMBDA_PYTHON), str(children.GUARD), handler]
