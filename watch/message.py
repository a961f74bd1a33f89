"""One event in plain words: a subject, and a text that is read at three in the morning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Self

from rotctl.aws.functions import Function, Sight
from rotctl.aws.logs import StepLine
from rotctl.aws.trail import TRIAL, TrailEvent
from rotctl.output.times import short
from rotctl.state.attempt import REFUSED
from watch import attempt
from watch.credential import after_failure

# SNS takes less than 100 characters of a subject (API reference, Publish).
_SUBJECT = 99


class Message(NamedTuple):
    """What SNS publishes: the subject is one line of ASCII."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of an event: nothing of the secret but its ARN where `unseen` says why.

    lines: of the attempt that ended; unread: why the function's log could not be read.
    """

    ended: TrailEvent
    function: Function | None = None
    next_rotation: datetime | None = None
    unseen: str = ""
    lines: Sequence[StepLine] = ()
    unread: str = ""

    @property
    def name(self) -> str:
        """The secret's, from its ARN, whose last seven characters are the service's own."""
        return self.ended.secret.partition(":secret:")[2][: -len("-AbCdEf")]

    @property
    def what(self) -> str:
        """A rotation or a test."""
        return "test" if self.ended.name.startswith(TRIAL) else "rotation"

    @property
    def failed(self) -> StepLine | None:
        """The line of the step that failed."""
        return attempt.reason(self.lines, self.ended)

    @property
    def old_credential(self) -> str:
        """When the one before ends, as finishSecret says it; empty where it says nothing."""
        last = attempt.finished(self.lines)
        return last.old_credential if last else ""

    def with_lines(self, lines: Sequence[StepLine]) -> Self:
        """The same, with the function's own lines."""
        return replace(self, lines=lines)

    def without_log(self, unread: str) -> Self:
        """The same, where the log could not be read."""
        return replace(self, unread=unread)


def composed(told: Told) -> Message:
    """The message for it."""
    if told.ended.name.endswith(attempt.SUCCEEDED):
        how, lines = "has succeeded", _of_success(told)
    elif told.ended.name.endswith(attempt.ABANDONED):
        how, lines = "was abandoned", _of_abandonment(told)
    else:
        step = told.failed.step if told.failed else told.ended.step
        how, lines = f"failed{f' at {step}' if step else ''}", _of_failure(told)
    subject = shortened(f"{told.what.capitalize()} {how}: {told.name}")
    text = "\n".join((f"The {told.what} of {told.name} {how}.", "", *lines, *_places(told)))
    return Message(subject, f"{text}\n")


def shortened(subject: str) -> str:
    """As SNS takes it."""
    if len(subject) > _SUBJECT:
        subject = f"{subject[: _SUBJECT - 3]}..."
    return subject.encode("ascii", "replace").decode()


def _of_failure(told: Told) -> Iterator[str]:
    failed = told.failed
    if failed is None:
        yield f"What happened: {_without_line(told)}"
        yield f"What to do: {_where_to_look(told)}"
    else:
        what, _, do = failed.message.removeprefix(f"{failed.step}: ").partition("; ")
        yield f"What happened: {what} ({failed.code})"
        yield f"What to do: {do or _where_to_look(told)}"
    if told.what == "test":
        yield (
            "The credential in use: a test logs in with it and changes nothing. "
            "If it was refused, clients are refused too"
        )
        yield "Another attempt: none. A test is not attempted again by itself"
    else:
        yield f"The credential in use: {after_failure(failed)}"
        yield f"Another attempt: {_attempted_again(failed)}"
    yield f"More: rotctl diagnose {told.name}"


def _of_abandonment(told: Told) -> Iterator[str]:
    yield (
        "What happened: in the middle of it somebody stored a new current value, "
        "or began another rotation"
    )
    yield (
        "What to do: nothing, if that was on purpose and clients log in with it. "
        f"Else see what happened: rotctl history {told.name}"
    )
    yield "The credential in use: the current value; whether it works was not tried"
    yield f"Another attempt: none, but the next rotation; to test the value: rotctl try {told.name}"


def _of_success(told: Told) -> Iterator[str]:
    if told.old_credential:
        yield f"The old credential: {told.old_credential}"


def _without_line(told: Told) -> str:
    """Why nothing more is known."""
    if told.unseen:
        return f"not known, as the secret cannot be seen: {told.unseen}"
    if told.unread:
        return f"not known, as the function's log cannot be read: {told.unread}"
    if told.function is not None and told.function.sight is Sight.GONE:
        return f"the function {told.function.name} is gone"
    if told.function is not None and not told.function.log_group:
        return "not known: another service of AWS rotates this secret"
    return "the step left no line: it was killed, timed out or could not start"


def _where_to_look(told: Told) -> str:
    if told.function is not None and told.function.log_group:
        return f"look at the log group {told.function.log_group} at {short(told.ended.time)} UTC"
    return f"look at the secret: aws secretsmanager describe-secret --secret-id {told.ended.secret}"


def _attempted_again(failed: StepLine | None) -> str:
    if failed is not None and failed.code in REFUSED:
        return "none that helps: the function has given this version up, so rotate again yourself"
    return "Secrets Manager attempts a failed rotation again by itself; that is told here too"


def _places(told: Told) -> Iterator[str]:
    if told.next_rotation is not None:
        yield f"The next rotation: by {short(told.next_rotation)} UTC"
    yield ""
    yield f"Secret: {told.ended.secret}"
    if told.ended.version:
        yield f"Version: {told.ended.version}"
    if told.function is not None and told.function.name:
        yield f"Function: {told.function.name}"
    yield f"Time: {short(told.ended.time)} UTC"
