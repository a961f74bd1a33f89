"""Looking up names: a call of the C library, which no signal interrupts and no driver bounds.

A resolver that is dead is waited for, and asked again, for 20 seconds and more.
"""

import socket
import threading
from collections.abc import Callable
from typing import Any

from shared.deadline import time_left

LOOKUP_SECONDS = 8.0
_ask: Callable[..., Any] = socket.getaddrinfo


def bounded_getaddrinfo(*arguments: Any, **more: Any) -> Any:  # noqa: ANN401 - getaddrinfo's own
    """As socket.getaddrinfo; raises socket.gaierror where that takes too long.

    In a thread, which is left to itself then: waiting for it can be interrupted.
    """
    answer: list[Any] = []
    failure: list[Exception] = []

    def ask() -> None:
        try:
            answer.append(_ask(*arguments, **more))
        except Exception as error:  # noqa: BLE001 - raised below, in the caller's thread
            failure.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(max(min(LOOKUP_SECONDS, time_left()), 0.0))
    if failure:
        raise failure[0]
    if not answer:
        raise socket.gaierror(socket.EAI_AGAIN, "the look-up took too long")
    return answer[0]


def bound_lookups() -> None:
    """Have whoever connects in this process, drivers and the AWS SDK, look names up so."""
    socket.getaddrinfo = bounded_getaddrinfo
