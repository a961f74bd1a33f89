"""A simulated crash before or after one of a function's calls to the issuer or to AWS."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from rotators.http_api_key.http.network import Network
from shared.aws.store import Store


class Crash(BaseException):
    """The end of the process: a BaseException, so that no code handles it as an error."""


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """A call, by its number in the step, and whether before or after the call."""

    number: int
    after: bool


@dataclass
class Calls:
    """The calls of a step, in order."""

    names: list[str] = field(default_factory=list)


@contextmanager
def record_calls(crash_at: CrashPoint | None = None) -> Iterator[Calls]:
    """Record every call in the block, and crash at one of them."""
    calls = Calls()

    def record(name: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        calls.names.append(name)
        is_here = crash_at is not None and crash_at.number == len(calls.names) - 1
        if is_here and crash_at and not crash_at.after:
            raise Crash
        try:
            return call()
        finally:  # also after an error: the target may have answered it
            if is_here:
                raise Crash

    once, aws = Network._once, Store._call

    def http(network: Network, call: Any, url: str) -> Any:  # noqa: ANN401 - as it is
        return record(f"{call.method} HTTP", lambda: once(network, call, url))

    def api(store: Store, operation: Any, **arguments: Any) -> Any:  # noqa: ANN401 - as it is
        return record(operation.__name__, lambda: aws(store, operation, **arguments))

    with mock.patch.object(Network, "_once", http), mock.patch.object(Store, "_call", api):
        yield calls
