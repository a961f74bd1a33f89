"""What a check compares, and how it says what it saw instead."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError


class Broken(Exception):
    """The rule does not hold; the message is what was seen."""


class CannotBeAsked(Exception):
    """The endpoint lacks what the question needs; the message says what."""


def equal(what: str, seen: object, expected: object) -> None:
    """Raise Broken unless both are the same."""
    if seen != expected:
        raise Broken(f"{what}: {seen!r} instead of {expected!r}")


def holds(what: str, holding: object) -> None:
    """Raise Broken, with what is wrong, unless it holds."""
    if not holding:
        raise Broken(what)


@contextmanager
def refused(code: str, text: str = "") -> Iterator[dict[str, Any]]:
    """The call inside is refused with this code and a message with this text.

    What is yielded gets the refusal's parts, as boto3 has them. Without a code, any will do.
    """
    answer: dict[str, Any] = {}
    try:
        yield answer
    except ClientError as error:
        answer |= error.response
    else:
        raise Broken(f"it was accepted, and not refused with {code or 'any error'}")
    said = answer["Error"]
    if code and said["Code"] != code:
        raise Broken(f"it was refused with {said['Code']} instead of {code}: {said['Message']}")
    if text not in said["Message"]:
        raise Broken(f"{said['Code']} said {said['Message']!r}, and not {text!r}")
