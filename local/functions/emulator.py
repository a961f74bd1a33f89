"""Functions as Lambda runs them: the built artifact alone, under AWS's own emulator."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Self

from local.build import artifacts
from local.functions import rie
from local.functions.built import Built, built_functions
from local.functions.home import FunctionError, name_of
from local.processes import children

__all__ = ["Built", "Emulator", "built_functions"]

INVOKE = "/2015-03-31/functions/function/invocations"
START_SECONDS = 10.0
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
        region: str = "us-east-1",
    ) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._running = {
            name: _Function(name, built, logs / f"{name}.log", environment or {}, region)
            for name, built in functions.items()
        }

    def knows(self, function: str, /) -> bool:
        """Whether this home has the function (an ARN or a name)."""
        return name_of(function) in self._running

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        """Run the function (an ARN or a name) to its end; raise FunctionError if it fails."""
        if not self.knows(function):
            raise FunctionError("ResourceNotFoundException", f"no such function: {function}")
        self._running[name_of(function)].invoke(event)

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

    def __init__(
        self, name: str, built: Built, log: Path, environment: Mapping[str, str], region: str
    ) -> None:
        self.name, self.built, self.log = name, built, log
        self._environment = {**built.variables(name, region), **environment}
        self._lock = threading.Lock()
        self._child: children.Child | None = None
        self._port = 0

    def invoke(self, event: Mapping[str, object]) -> None:
        with self._lock:
            try:
                self._start()
                status, body = self._post(json.dumps(event).encode())
            except (OSError, http.client.HTTPException, children.ChildFailedError) as error:
                self._stop()
                raise FunctionError(
                    "Runtime.ExitError",
                    f"{self.name}: the emulator gave no answer ({type(error).__name__});"
                    f" see {self.log}",
                ) from None
            except BaseException:  # interrupted: the emulator is still busy with this call
                self._stop()
                raise
        _raise_failure(status, body)

    def stop(self) -> None:
        with self._lock:
            self._stop()

    def _start(self) -> None:
        if self._child is not None and not self._child.ended():
            return
        self._stop()
        self._port, runtime_port = children.free_port(), children.free_port()
        # Both addresses: either one left out makes the emulator listen to the network.
        self._child = children.start(
            [
                *(rie.emulator(), "--log-level", "info"),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{self._port}"),
                *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
                *_runtime(self.built.handler),
            ],
            log=self.log,
            name=self.name,
            env=self._environment,
            cwd=self.built.artifact,
        )
        child, port = self._child, self._port
        up = child.wait(lambda: child.ended() or children.listening(port), START_SECONDS)
        if not up or child.ended():
            raise child.failure("did not start")

    def _post(self, event: bytes) -> tuple[int, str]:
        limit = self.built.timeout + GRACE_SECONDS
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=limit)
        with closing(connection):
            connection.request("POST", INVOKE, event)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def _stop(self) -> None:
        if self._child is not None:
            children.stop(self._child, signal.SIGTERM, 2.0)
            self._child = None


def _runtime(handler: str) -> list[str]:
    """The command of the function's own process, which is to die with the emulator's.

    The emulator's pid is known only when it runs: the shell hands it on as its parent's.
    """
    guard = f'exec "$0" -I -S "$1" $PPID {int(signal.SIGKILL)} {os.geteuid()} {os.getegid()} "$0" '
    command = guard + '-m awslambdaric "$2"'
    return ["/bin/sh", "-c", command, str(artifacts.LAMBDA_PYTHON), str(children.GUARD), handler]


def _raise_failure(status: int, body: str) -> None:
    """The emulator says 200 for a handler's error too, and tells of a timeout in plain text."""
    answer: object = None
    if body.startswith("Task timed out"):
        raise FunctionError("Sandbox.Timedout", body.strip())
    with suppress(json.JSONDecodeError):
        answer = json.loads(body)
    if isinstance(answer, dict) and "errorType" in answer:
        raise FunctionError(str(answer["errorType"]), str(answer.get("errorMessage", "")))
    if status != HTTPStatus.OK:
        raise FunctionError("Runtime.ExitError", f"the emulator answered {status}")
