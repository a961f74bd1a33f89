"""How a renewal ended, in the form that the other messages have."""

import json
from collections.abc import Iterable, Iterator

from rotctl.output.times import short
from watch.message import Message, Told, shortened
from watch.renewal import readers
from watch.renewal.course import Course, Outcome

_OF_FUNCTIONS = (
    "$LATEST alone; a published version, and a value that stands in a variable, is as it was"
)


def composed(course: Course, told: Told, machine: str) -> Message:
    """told: of the rotation before it; machine: the state machine's ARN."""
    if course.outcome is Outcome.STOPPED:
        where = f" at {readers.label(course.at)}" if course.at else ""
        subject = f"Renewal stopped{where}: {told.name}"
        title, lines = f"stopped{where}", _of_stop(course, machine)
    else:
        subject, title, lines = f"Readers renewed: {told.name}", "has succeeded", _of_end(course)
    text = "\n".join(
        (f"The renewal of the readers of {told.name} {title}.", "", *lines, *_places(told))
    )
    return Message(shortened(subject), f"{text}\n")


def again(course: Course, machine: str) -> str:
    """The command that renews the readers that are not renewed."""
    given = {"secret": course.secret, "time": course.time, "request": course.request}
    words = json.dumps({key: value for key, value in given.items() if value})
    return f"aws stepfunctions start-execution --state-machine-arn {machine} --input '{words}'"


def _of_stop(course: Course, machine: str) -> Iterator[str]:
    yield f"What happened: {course.what}"
    yield f"What to do: {course.do}"
    yield f"Then the rest, without those that are renewed: {again(course, machine)}"
    if not course.waves:
        yield "Renewed: none; the readers were not looked for"
        return
    left = [arn for wave in course.waves for arn in wave if arn != course.at]
    yield f"Renewed: {_listed(course.renewed)}"
    yield f"Begun, and not waited for: {_listed(arn for arn in left if arn in course.begun)}"
    # A task that failed may have begun some of them, and then nothing is known of that.
    not_begun = "Not begun" if course.at else "Not known to be begun"
    yield f"{not_begun}: {_listed(arn for arn in left if arn not in course.begun)}"


def _of_end(course: Course) -> Iterator[str]:
    yield f"Renewed: {_listed(course.renewed)}"
    if any(readers.label(arn).startswith("function") for arn in course.renewed):
        yield f"Of functions: {_OF_FUNCTIONS}"


def _listed(arns: Iterable[str]) -> str:
    return "; ".join(map(readers.label, arns)) or "none"


def _places(told: Told) -> Iterator[str]:
    if told.old_credential:
        yield f"The old credential: {told.old_credential}"
    if told.next_rotation is not None:
        yield f"The next rotation: by {short(told.next_rotation)} UTC"
    yield ""
    yield f"Secret: {told.ended.secret}"
    if told.ended.version:
        yield f"Version: {told.ended.version}"
    yield f"Rotated: {short(told.ended.time)} UTC"
