"""Where functions are processes: each step is a fork of this one, which has all imports behind it.

Asked over the socket that is its standard input, one JSON object a line; says as much as it knows
of every step, in the order that it comes to know it. Ends when the other side does.
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
from shared.aws import clients, store
from shared.errors import RotationError
from shared.handler import Handler
from tests.faults.calls import watch

Said = dict[str, Any]


@cache
def _handler(function: str, settings: str) -> Handler:
    """Warm, as most are: its settings read, its client of AWS made, nothing connected."""
    handler = template.handler(function, json.loads(settings))
    clients.client("secretsmanager")
    handler._backend  # noqa: B018 - made here, once
    return handler


def serve(asked: socket.socket) -> None:
    """Have each request answered by a process of its own, several at once where they come so."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the minders
    for line in asked.makefile("r"):
        request = json.loads(line)
        _handler(request["function"], request["settings"])
        if os.fork() == 0:
            _mind(request, asked)


def _mind(request: Said, asked: socket.socket) -> NoReturn:
    """Watch over one step, and tell how its process ended or where it was stopped."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    die_with_parent()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _take(request, writing)
    os.close(writing)
    while True:
        _, status = os.waitpid(child, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            break
        _say(asked, {"id": request["id"], "stopped": child})
    with os.fdopen(reading) as lines:
        told = [json.loads(line) for line in lines]
    calls = [each["call"] for each in told if "call" in each]
    error = next((each["error"] for each in told if "error" in each), None)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    _say(asked, {"id": request["id"], "calls": calls, "error": error, "killed": killed})
    os._exit(0)


def _say(asked: socket.socket, said: Said) -> None:
    asked.sendall(json.dumps(said).encode() + b"\n")


def _take(request: Said, writing: int) -> NoReturn:
    """Take the step, in this process; at the call that is asked for it gets the signal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    numbers, at = itertools.count(), request["at"]

    def tell(call: str) -> Callable[[], None]:
        number = next(numbers)
        _note(writing, {"call": call})
        reach(number, after=False)
        return lambda: reach(number, after=True)

    def reach(number: int, *, after: bool) -> None:
        if at and (at["number"], at["after"]) == (number, after):
            os.kill(os.getpid(), at["signal"])

    watch(tell)
    context = LambdaContext(
        function_name=request["function"],
        timeout=request["timeout"],
        memory_limit_in_mb="256",
        _started=time.monotonic(),
    )
    try:
        _handler(request["function"], request["settings"])(request["event"], context)
    except RotationError as error:
        retryable = error.retryable
        _note(writing, {"error": {"type": error.code, "text": str(error), "retryable": retryable}})
    except BaseException as error:  # noqa: BLE001 - told, and judged by the test
        _note(writing, {"error": {"type": type(error).__name__, "text": "", "retryable": False}})
    sys.stdout.flush()
    os._exit(0)


def die_with_parent() -> None:
    """A stopped process would outlive the tests otherwise."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _note(writing: int, said: Said) -> None:
    os.write(writing, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    # What is refused for good need not be waited for, where nothing is eventual.
    store.CONSISTENCY_SECONDS = float(os.environ.get("CONSISTENCY_SECONDS", "5"))
    serve(socket.socket(fileno=0))
