"""From a backend to a Lambda handler: settings, deadline, logs, metrics, the error boundary."""

import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping
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
from shared.protocol.contract import Backend
from shared.protocol.event import RotationRequest, Step
from shared.protocol.machine import Rotation
from shared.settings import Settings

_LEVELS = ("debug", "info", "warning", "error", "critical")


def _logger() -> Logger:
    """At INFO where LOG_LEVEL is no level, which fails each step but not the function's start."""
    said = os.environ.get("LOG_LEVEL")
    known = said is None or said.lower() in _LEVELS
    return Logger(service="rotation", utc=True, level=None if known else "INFO")


# The loggers of `shared` and `rotators` are its children, so their lines come out the same way.
LOGGER = _logger()
NAMESPACE = "SecretRotation"

# At DEBUG these print requests, with what is in them; Lambda's log format can set that level.
for _library in ("botocore", "boto3", "urllib3"):
    logging.getLogger(_library).setLevel(logging.WARNING)

# Python would write every TLS session's keys to the file that it names.
os.environ.pop("SSLKEYLOGFILE", None)


class LambdaContext(Protocol):
    """What of Lambda's context object is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is killed."""
        ...


@dataclass(frozen=True)
class Handler:
    """What Lambda calls; the backend is made by `build` from the environment.

    It and the AWS client are made at the first call and kept, so that a wrong setting fails the
    step with a typed error instead of the function's start.
    """

    build: Callable[[Mapping[str, str]], Backend[Any]]
    strategy: str
    texts: bool = False  # whether a secret may also be a plain string
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def __call__(self, event: object, context: LambdaContext) -> None:
        """Take the step; a failure is always raised again: Secrets Manager must see it."""
        place = {"step": "event", "backend": self.strategy, "strategy": self.strategy}
        problem: RotationError | None = None
        figures: dict[str, float] = {}
        started = time.monotonic()
        seconds_left = _seconds_left(context)
        LOGGER.clear_state()
        try:
            with deadline(seconds_left()):
                self._take(event, seconds_left, place, figures)
        except RotationError as error:
            problem = error.at(place["step"], place["backend"])
        except Exception as error:  # noqa: BLE001 - the boundary: nothing foreign passes
            problem = _unexpected(error).at(place["step"], place["backend"])
        _report(place, time.monotonic() - started, problem, figures)
        if problem is not None:
            # What was caught on the way may quote SQL or input.
            problem.__context__ = problem.__cause__ = None
            raise problem.with_traceback(None)

    @cached_property
    def _backend(self) -> Backend[Any]:
        Settings(self.environment).choice("LOG_LEVEL", default="info", of=_LEVELS)
        return self.build(self.environment)

    def _take(
        self,
        event: object,
        seconds_left: Callable[[], float],
        place: dict[str, str],
        figures: dict[str, float],
    ) -> None:
        request = RotationRequest.from_event(event)
        LOGGER.append_keys(secret=request.secret_id, version=request.token)
        place["step"] = request.step.value
        place["backend"] = self._backend.name
        store = Store(
            clients.client("secretsmanager"), request.secret_id, seconds_left, texts=self.texts
        )
        try:
            Rotation(self._backend, store, request).run()
        finally:
            # Of a failed step above all: each attempt tells how long the secret has waited.
            if request.step is Step.CREATE and store.last_rotated is not None:
                waited = datetime.now(UTC) - store.last_rotated
                figures["DaysSinceRotation"] = waited / timedelta(days=1)


def make_handler(
    build: Callable[[Mapping[str, str]], Backend[Any]], *, strategy: str, texts: bool = False
) -> Handler:
    """A Lambda handler; `build` may raise RotationError, `strategy` is a metric's dimension.

    texts: whether it rotates secrets that are a plain string as well.
    """
    return Handler(build, strategy, texts)


def _seconds_left(context: LambdaContext) -> Callable[[], float]:
    return lambda: context.get_remaining_time_in_millis() / 1000


def _unexpected(error: Exception) -> RotationError:
    """A defect of ours, told by its place in the code: its text may hold anything."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    LOGGER.error("unexpected %s", type(error).__name__, extra={"where": where})
    return Unexpected(
        f"a defect in the rotation function ({type(error).__name__})",
        do="report it with the log's `where`; the rotation is retried and loses nothing",
    )


def _report(
    place: Mapping[str, str],
    seconds: float,
    problem: RotationError | None,
    figures: Mapping[str, float],
) -> None:
    LOGGER.append_keys(**place, seconds=round(seconds, 3))
    code = problem.code if problem else "none"
    if problem is None:
        LOGGER.info("step done")
    else:
        keys = {"code": code, "retryable": problem.retryable, "field": problem.field}
        LOGGER.error(str(problem), extra=keys)
    # Not powertools' shared Metrics: its dimensions outlive an invocation.
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    for dimension, value in {**place, "code": code}.items():
        metrics.add_dimension(name=dimension, value=value)
    metrics.add_metric(name="Steps", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=seconds * 1000)
    for name, figure in figures.items():
        metrics.add_metric(name=name, unit=MetricUnit.NoUnit, value=figure)
    metrics.flush_metrics()
