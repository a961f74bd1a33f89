"""A function that dies at one of its calls, to the issuer or to AWS, before or after it is made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from rotators.http_api_key.http.network import Network
from shared.aws.store import Store


class Crash(BaseException):
    """The process is gone: no handler of errors runs for it."""


@dataclass(frozen=True, slots=True)
class Point:
    """The call at which it dies: its number in the step, and on which side of it."""

    number: int
    after: bool


@dataclass
class Calls:
    """The calls of a step, in order."""

    names: list[str] = field(default_factory=list)


@contextmanager
def recorded(crash: Point | None = None) -> Iterator[Calls]:
    """Note every call in the block; die at one."""
    calls = Calls()

    def around(name: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        calls.names.append(name)
        here = crash is not None and crash.number == len(calls.names) - 1
        if here and crash and not crash.after:
            raise Crash
        try:
            return call()
        finally:  # an answer may be an error
            if here:
                raise Crash

    once, aws = Network._once, Store._call

    def http(network: Network, call: Any, url: str) -> Any:  # noqa: ANN401 - as it is
        return around(f"{call.method} HTTP", lambda: once(network, call, url))

    def api(store: Store, operation: Any, **arguments: Any) -> Any:  # noqa: ANN401 - as it is
        return around(operation.__name__, lambda: aws(store, operation, **arguments))

    with mock.patch.object(Network, "_once", http), mock.patch.object(Store, "_call", api):
        yield calls
