"""Runs each step of a function in a fork of this process, which has done all imports.

It reads requests from the socket that is its standard input, one JSON object a line, and writes
back when a step is stopped and when it has ended. It ends when the other side closes the socket.
"""

import ctypes
import itertools
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from local import template
from local.functions.home import LambdaContext
from local.processes.guard import PR_SET_PDEATHSIG
from local.servers.server import HOST
from local.targets.database import ALIAS
from shared.aws import clients, store
from shared.aws.rds import Rds
from shared.errors import RotationError
from shared.handler import Handler
from tests.faults.calls import watch

Message = dict[str, Any]


@cache
def _handler(function: str, settings: str) -> Handler:
    """A warm handler, as most are: settings read, AWS client made, nothing connected."""
    handler = template.handler(function, json.loads(settings))
    clients.client("secretsmanager")
    handler._backend  # noqa: B018 - built here, once for all forks
    return handler


def serve(connection: socket.socket) -> None:
    """Answer each request by a process of its own; requests may overlap."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the watching processes
    for line in connection.makefile("r"):
        request = json.loads(line)
        _handler(request["function"], request["settings"])
        if os.fork() == 0:
            _watch_step(request, connection)


def _watch_step(request: Message, connection: socket.socket) -> NoReturn:
    """Run one step in a child, and send where it was stopped and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    die_with_parent()
    reports_from, report_to = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reports_from)
        _run_step(request, report_to)
    os.close(report_to)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        _send(connection, {"id": request["id"], "stopped": child})
    with os.fdopen(reports_from) as lines:
        reports = [json.loads(line) for line in lines]
    calls = [each["call"] for each in reports if "call" in each]
    error = next((each["error"] for each in reports if "error" in each), None)
    answer = next((each["answer"] for each in reports if "answer" in each), None)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    ended = {"calls": calls, "error": error, "killed": killed, "answer": answer}
    _send(connection, {"id": request["id"], **ended})
    os._exit(0)


def _send(connection: socket.socket, message: Message) -> None:
    connection.sendall(json.dumps(message).encode() + b"\n")


def _run_step(request: Message, report_to: int) -> NoReturn:
    """Run the step in this process, which gets the signal at the call that was asked for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    numbers, at = itertools.count(), request["at"]

    def on_call(call: str) -> Callable[[], None]:
        number = next(numbers)
        _report(report_to, {"call": call})
        reach(number, after=False)
        return lambda: reach(number, after=True)

    def reach(number: int, *, after: bool) -> None:
        if at and (at["number"], at["after"]) == (number, after):
            os.kill(os.getpid(), at["signal"])

    watch(on_call)
    context = LambdaContext(
        function_name=request["function"],
        timeout=request["timeout"],
        memory_limit_in_mb="256",
        _started=time.monotonic(),
    )
    try:
        answer = _handler(request["function"], request["settings"])(request["event"], context)
        if answer is not None:
            _report(report_to, {"answer": answer})
    except RotationError as error:
        retryable = error.retryable
        _report(
            report_to, {"error": {"type": error.code, "text": str(error), "retryable": retryable}}
        )
    except BaseException as error:  # noqa: BLE001 - sent, and judged by the test
        _report(
            report_to, {"error": {"type": type(error).__name__, "text": "", "retryable": False}}
        )
    sys.stdout.flush()
    os._exit(0)


def die_with_parent() -> None:
    """End with the parent: a stopped process would outlive the tests otherwise."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _report(report_to: int, message: Message) -> None:
    os.write(report_to, json.dumps(message).encode() + b"\n")


if __name__ == "__main__":
    # The local service is consistent at once, so a lasting refusal need not be waited out.
    store.CONSISTENCY_SECONDS = float(os.environ.get("CONSISTENCY_SECONDS", "5"))
    # RDS is not here to say that a reader's data are the writer's.
    Rds.same_data = lambda _, *hosts: hosts == (HOST, ALIAS)  # type: ignore[method-assign]
    serve(socket.socket(fileno=0))
