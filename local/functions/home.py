"""Where rotation functions live: the one Protocol the local Secrets Manager invokes through."""

import json
import pkgutil
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from local.functions import written
from local.functions.written import WRITTEN, LogEvent

ARN_PREFIX = "arn:aws:lambda:us-east-1:123456789012:function:"
_ARN_NAME = 6  # arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]

Handler = Callable[[dict[str, Any], Any], object]


class FunctionError(Exception):
    """A function's handler failed: its error's type and message, as Lambda would report them."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.type = error_type
        self.message = message


class Home(Protocol):
    """A place functions run in."""

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        """Run the function (a name or an ARN) to its end, for its answer as JSON reads it.

        Raises FunctionError if it fails.
        """


@runtime_checkable
class Directory(Protocol):
    """A Home that can also say, without running anything, whether it has a function."""

    def knows(self, function: str, /) -> bool:
        """Whether `invoke` would find the function (a name or an ARN)."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a function is set up: its handler's dotted path, seconds, megabytes, own variables.

    runtime, network (its VpcConfig), tags: as Lambda has them; empty where the home knows none.
    """

    handler: str
    timeout: int
    memory: int
    runtime: str = ""
    network: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Described(Protocol):
    """A Home that can also say what Lambda and CloudWatch Logs know of its functions."""

    def configuration(self, function: str, /) -> Configuration | None:
        """Of the function (a name or an ARN); None if there is no such function."""

    def log_events(self, function: str, /) -> Sequence[LogEvent]:
        """What the function has written, oldest first."""
        ...


def name_of(function: str) -> str:
    """The function's name, from its name or its ARN, with or without a version or alias."""
    parts = function.split(":")
    is_arn = parts[0] == "arn" and len(parts) > _ARN_NAME
    return parts[_ARN_NAME] if is_arn else parts[0]


@dataclass(frozen=True, kw_only=True)
class LambdaContext:
    """What Lambda hands a handler beside the event; the time left counts down from `timeout`.

    invoked_by: the function's name or ARN as it was invoked, if not by its name alone.
    """

    function_name: str
    timeout: float
    memory_limit_in_mb: str
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None
    invoked_by: str = ""
    _started: float = field(default_factory=time.monotonic)

    @property
    def invoked_function_arn(self) -> str:
        """The ARN it was invoked by, or the one it would have in the local account."""
        by = self.invoked_by
        return by if by.startswith("arn:") else ARN_PREFIX + self.function_name

    @property
    def log_group_name(self) -> str:
        """The log group Lambda would write to."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the function, never below 0."""
        left = self._started + self.timeout - time.monotonic()
        return max(0, int(left * 1000))


class InProcess:
    """Functions that run in the thread that invokes them; `timeout` in seconds is not enforced.

    handlers: by function name, the handler itself or its dotted path, imported when first needed.
    beside: the home of every other function.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler | str],
        *,
        beside: Home | None = None,
        timeout: float = 30,
        memory: int = 256,
    ) -> None:
        self._handlers = dict(handlers)
        self._configured: dict[str, Configuration] = {}
        self._beside = beside
        self._says = beside if beside and isinstance(beside, Described) else None
        self._timeout = timeout
        self._memory = memory

    def add(
        self, name: str, handler: Handler | str, configured: Configuration | None = None
    ) -> None:
        """Have one more function, or another handler for one.

        configured: what `configuration` answers of it, in place of what the handler shows.
        """
        self._handlers[name] = handler
        if configured is not None:
            self._configured[name] = configured

    def remove(self, name: str) -> None:
        """Have the function no more."""
        del self._handlers[name]

    def knows(self, function: str, /) -> bool:
        """Whether a handler is given for the function, or it may be beside."""
        if self._beside is None or name_of(function) in self._handlers:
            return name_of(function) in self._handlers
        return not isinstance(self._beside, Directory) or self._beside.knows(function)

    def configuration(self, function: str, /) -> Configuration | None:
        """As it was given; what runs beside says it of its own."""
        if (configured := self._configured.get(name_of(function))) is not None:
            return configured
        handler = self._handlers.get(name_of(function))
        if handler is None:
            return self._says.configuration(function) if self._says else None
        if not isinstance(handler, str):
            qualified = getattr(handler, "__qualname__", type(handler).__qualname__)
            handler = f"{handler.__module__}.{qualified}"
        return Configuration(handler, int(self._timeout), self._memory)

    def log_events(self, function: str, /) -> Sequence[LogEvent]:
        """What it printed in this process, if that is captured; see local/functions/written.py."""
        if name_of(function) not in self._handlers and self._says:
            return self._says.log_events(function)
        return WRITTEN.of(name_of(function))

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        """Run the handler on a copy of the event; raise FunctionError if it fails."""
        name = name_of(function)
        if name not in self._handlers:
            if self._beside is not None:
                return self._beside.invoke(function, event)
            raise FunctionError("ResourceNotFoundException", f"no such function: {name}")
        handler = self._load(self._handlers[name])
        context = LambdaContext(
            function_name=name,
            timeout=self._timeout,
            memory_limit_in_mb=str(self._memory),
            invoked_by=function,
        )
        try:
            with written.running(name):
                answer = handler(json.loads(json.dumps(event)), context)
        except SystemExit:
            raise FunctionError("Runtime.ExitError", "the handler ended the process") from None
        except Exception as error:
            raise FunctionError(type(error).__name__, str(error)) from error
        return _as_json(answer)

    @staticmethod
    def _load(handler: Handler | str) -> Handler:
        if not isinstance(handler, str):
            return handler
        try:
            loaded: Handler = pkgutil.resolve_name(handler)
        except (ImportError, AttributeError) as error:
            raise FunctionError("Runtime.ImportModuleError", str(error)) from error
        return loaded


def _as_json(answer: object) -> object:
    """Lambda serialises a handler's answer and reports one that it can't; so does this."""
    try:
        return json.loads(json.dumps(answer))
    except (TypeError, ValueError):
        kind = type(answer).__name__
        raise FunctionError("Runtime.MarshalError", f"{kind} can't be sent as JSON") from None
