"""From a backend to a Lambda handler: settings, deadline, logs, metrics, the error boundary."""

import gc
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from shared.aws import clients
from shared.aws.store import Store
from shared.deadline import deadline
from shared.errors import RotationError, Unexpected
from shared.lookup import bound_lookups
from shared.protocol.contract import Backend
from shared.protocol.diagnosis import Diagnosis
from shared.protocol.ending import Ending
from shared.protocol.event import RotationRequest, Step
from shared.protocol.machine import Rotation
from shared.protocol.memory import forget_secrets
from shared.protocol.operator import OperatorRequest, Task
from shared.settings import Settings

_LEVELS = ("debug", "info", "warning", "error", "critical")


def _logger() -> Logger:
    """At INFO where LOG_LEVEL is no level, which fails each step but not the function's start."""
    level = os.environ.get("LOG_LEVEL")
    known = level is None or level.lower() in _LEVELS
    return Logger(service="rotation", utc=True, level=None if known else "INFO")


# The loggers of `shared` and `rotators` are its children, so their lines come out the same way.
LOGGER = _logger()
NAMESPACE = "SecretRotation"

# At DEBUG these print requests, with what is in them; Lambda's log format can set that level.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)

bound_lookups()

# Python would write every TLS session's keys to the file that it names.
os.environ.pop("SSLKEYLOGFILE", None)


class LambdaContext(Protocol):
    """What of Lambda's context object is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is killed."""
        ...


@dataclass
class StepRecord:
    """What one invocation tells its log line and its metrics; filled in as it becomes known.

    backend: until it is made, the strategy's name stands for it.
    """

    strategy: str
    backend: str
    step: str = "event"
    days_since_rotation: float | None = None
    seconds: float = 0.0
    problem: RotationError | None = None
    old_ends: str | None = None

    @property
    def code(self) -> str:
        """The error's, or none."""
        return self.problem.code if self.problem else "none"

    @property
    def place(self) -> dict[str, str]:
        """The keys of the log line, and the dimensions of the metrics beside the code."""
        return {"step": self.step, "backend": self.backend, "strategy": self.strategy}

    @property
    def aftermath(self) -> dict[str, str]:
        """What finishSecret's line tells too: when the credential before ends, if that is known."""
        return {} if self.old_ends is None else {"old_credential": self.old_ends}

    def report(self) -> None:
        """Write the log line and the metrics."""
        LOGGER.append_keys(**self.place, seconds=round(self.seconds, 3))
        if self.problem is None:
            LOGGER.info("step done", extra=self.aftermath)
        else:
            retryable, at_fault = self.problem.retryable, self.problem.field
            keys = {"code": self.code, "retryable": retryable, "field": at_fault}
            LOGGER.error(str(self.problem), extra=keys)
        # A stack has a namespace of its own, so that no dashboard shows another's metrics.
        namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE
        # Not powertools' shared Metrics: its dimensions outlive an invocation.
        metrics = EphemeralMetrics(namespace=namespace)
        for dimension, value in {**self.place, "code": self.code}.items():
            metrics.add_dimension(name=dimension, value=value)
        metrics.add_metric(name="Steps", unit=MetricUnit.Count, value=1)
        milliseconds = self.seconds * 1000
        metrics.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=milliseconds)
        if self.days_since_rotation is not None:
            days = self.days_since_rotation
            metrics.add_metric(name="DaysSinceRotation", unit=MetricUnit.NoUnit, value=days)
        metrics.flush_metrics()


@dataclass(frozen=True)
class Handler:
    """What Lambda calls; the backend is made by `build` from the environment.

    It and the AWS client are made once. What cannot be made fails the step with a typed error,
    never the function's start, and the next step tries it again.
    """

    build: Callable[[Mapping[str, str]], Backend[Any]]
    strategy: str
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def __call__(self, event: object, context: LambdaContext) -> Mapping[str, object] | None:
        """Take the step, or do an operator's task and answer what came of it.

        A failure is always raised again: Secrets Manager must see it.
        """
        answer: Mapping[str, object] | None = None
        record = StepRecord(strategy=self.strategy, backend=self.strategy)
        started = time.monotonic()
        LOGGER.clear_state()
        try:
            with deadline(context.get_remaining_time_in_millis() / 1000):
                task = OperatorRequest.from_event(event)
                if task is None:
                    self._take(event, record)
                else:
                    answer = self._answer(task, record)
        except RotationError as error:
            record.problem = error.at(record.step, record.backend)
        except Exception as error:  # noqa: BLE001 - the boundary: nothing foreign passes
            record.problem = _unexpected(error).at(record.step, record.backend)
        record.seconds = time.monotonic() - started
        record.report()
        if record.problem is not None:
            # What was caught on the way may quote SQL or input.
            record.problem.__context__ = record.problem.__cause__ = None
            raise record.problem.with_traceback(None)
        return answer

    def prepare(self) -> None:
        """Make them before the first step is there; that one tells what could not be made."""
        with suppress(Exception):
            clients.client("secretsmanager")
        with suppress(Exception):
            self._backend  # noqa: B018 - kept, once it is made

    @cached_property
    def _backend(self) -> Backend[Any]:
        Settings(self.environment).choice("LOG_LEVEL", default="info", of=_LEVELS)
        return self.build(self.environment)

    def _take(self, event: object, record: StepRecord) -> None:
        request = RotationRequest.from_event(event)
        LOGGER.append_keys(secret=request.secret_id, version=request.token)
        record.step = request.step.value
        backend, store = self._parts(request.secret_id, record)
        rotation = Rotation(backend, store, request)
        try:
            rotation.run()
            record.old_ends = rotation.old_ends
        except BaseException:
            forget_secrets()
            raise
        finally:
            # Of a failed step above all: each attempt tells how long the secret has waited.
            if request.step is Step.CREATE and store.last_rotated is not None:
                waited = datetime.now(UTC) - store.last_rotated
                record.days_since_rotation = waited / timedelta(days=1)

    def _answer(self, asked: OperatorRequest, record: StepRecord) -> Mapping[str, object]:
        LOGGER.append_keys(secret=asked.secret_id)
        record.step = asked.task.value
        if asked.task is Task.DIAGNOSE:
            told = Diagnosis(lambda: self._parts(asked.secret_id, record)).run()
        else:
            told = Ending(*self._parts(asked.secret_id, record), asked).run()
        return {"backend": record.backend, "strategy": self.strategy, **told}

    def _parts(self, secret_id: str, record: StepRecord) -> tuple[Backend[Any], Store]:
        record.backend = self._backend.name
        return self._backend, Store(clients.client("secretsmanager"), secret_id)


def make_handler(build: Callable[[Mapping[str, str]], Backend[Any]], *, strategy: str) -> Handler:
    """A Lambda handler; `build` may raise RotationError, `strategy` is a metric's dimension."""
    handler = Handler(build, strategy)
    # A start has a whole processor, and a step of a function of 256 MB a seventh of one. Elsewhere
    # who imports a handler may be about to set the variables that it is made from.
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        handler.prepare()
        gc.freeze()  # nor does any step look through what a start made
    gc.enable()
    return handler


def _unexpected(error: Exception) -> RotationError:
    """A defect of ours, told by its place in the code: its text may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    LOGGER.error("unexpected %s", type(error).__name__, extra={"where": where})
    return Unexpected(
        f"a defect in the rotation function ({type(error).__name__})",
        do="report it with the log's `where`; the rotation is retried and loses nothing",
    )
