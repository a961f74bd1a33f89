"""What a function found broken when it was asked, in the form that the other messages have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from rotctl.aws.secrets import Secret
from rotctl.links.check import Health, Link
from rotctl.output.times import short
from rotctl.state import labels
from rotctl.trouble import Failed
from watch.message import Message, shortened

# Of an older version, which nobody uses, nothing is told.
_TOLD_OF = ("", labels.CURRENT)
_KEYS = {"link", "state", "what", "do", "of", "code"}
_IN_USE = {
    Health.OK: "the target accepted it",
    Health.BROKEN: "the function could not log in with it; see whether clients can",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A function's, to `diagnose`; docs/rotctl.md has its keys."""

    findings: Sequence[Mapping[str, Any]]
    complete: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Raises Failed where it is no such answer: of an older function, or of another."""
        findings = told.get("findings")
        if not isinstance(findings, list) or not all(set(each) >= _KEYS for each in findings):
            raise Failed("the function does not answer what it is asked", do="deploy it again")
        return cls(findings, bool(told.get("complete")))

    @property
    def broken(self) -> list[Mapping[str, Any]]:
        """What a rotation, or a client, would meet."""
        return [
            each
            for each in self.findings
            if each["state"] == Health.BROKEN and each["of"] in _TOLD_OF
        ]

    @property
    def unfinished(self) -> str:
        """At which link the time was over."""
        unknown = [each for each in self.findings if each["state"] == Health.UNKNOWN]
        return str(unknown[-1]["what"]) if unknown else "it was not looked at to the end"

    @property
    def in_use(self) -> str:
        """Whether the credential in use works, as far as it was tried."""
        tried = {
            each["state"]: each["what"]
            for each in self.findings
            if (each["link"], each["of"]) == (Link.LOGIN, labels.CURRENT)
        }
        known = next((words for state, words in _IN_USE.items() if state in tried), "")
        return known or "not known: it could not be tried"


def composed(secret: Secret, function: str, answer: Answer, now: datetime) -> Message:
    """The one message for all that is broken."""
    subject = shortened(f"Check failed at {answer.broken[0]['link']}: {secret.name}")
    return Message(subject, "".join(f"{line}\n" for line in _lines(secret, function, answer, now)))


def _lines(secret: Secret, function: str, answer: Answer, now: datetime) -> Iterator[str]:
    yield f"The daily check of {secret.name} found what is broken. It has changed nothing."
    yield ""
    for each in answer.broken:
        of = f" of {each['of']}" if each["of"] else ""
        code = f" ({each['code']})" if each["code"] else ""
        yield f"What is broken: {each['link']}{of}: {each['what']}{code}"
        if each["do"]:
            yield f"What to do: {each['do']}"
    yield f"The credential in use: {answer.in_use}"
    yield "Another check: once a day; this is told again until it is mended"
    yield f"More: rotctl diagnose {secret.name}"
    if secret.next is not None:
        yield f"The next rotation: by {short(secret.next)} UTC"
    yield ""
    yield f"Secret: {secret.arn}"
    yield f"Function: {function}"
    yield f"Time: {short(now)} UTC"
