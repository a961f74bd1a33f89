"""What a diagnosis has seen, link by link, in words and never a value."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from shared.errors import RotationError


class Link(StrEnum):
    """What a rotation depends on, in the order in which one needs the other."""

    FUNCTION = "function"  # its variables
    VALUE = "value"  # the JSON of a version
    ENDPOINT = "endpoint"  # name, route, port: whether anything answers
    TLS = "tls"  # whether it proves who it is
    LOGIN = "login"  # whether a stored credential is accepted
    ADMIN = "admin"  # the admin's secret and its login
    RIGHTS = "rights"  # what the credential, or the admin, may do there
    STRATEGY = "strategy"  # what this way of rotating needs beside


class State(StrEnum):
    """What is known of a link."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "unknown"  # not looked at, or it could not be seen


@dataclass(frozen=True, slots=True)
class Finding:
    """One link: what was seen, and what to do next where that is anything.

    of: the version it is about, by a label or its id; empty for the target as a whole.
    code, field, retryable: of the RotationError that it was.
    """

    link: Link
    state: State
    what: str
    do: str = ""
    of: str = ""
    code: str = ""
    field: str | None = None
    retryable: bool = False

    def as_json(self) -> dict[str, object]:
        """As the function answers it; the keys stay."""
        return {
            "link": self.link.value,
            "state": self.state.value,
            "what": self.what,
            "do": self.do,
            "of": self.of,
            "code": self.code,
            "field": self.field,
            "retryable": self.retryable,
        }


# Which link an error is about, where that is another than what was being looked at.
_BY_CODE: Mapping[str, Link] = {"Unreachable": Link.ENDPOINT, "Untrusted": Link.TLS}


@dataclass(slots=True)
class Findings:
    """Those of one diagnosis, in the order in which they were made."""

    made: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """One more."""
        self.made.append(finding)

    def broken(self, link: Link, error: RotationError, of: str = "") -> None:
        """What an error tells; its own kind may be about another link than this."""
        link = _BY_CODE.get(error.code, link)
        self.add(
            Finding(
                *(link, State.BROKEN, error.what, error.do, of, error.code, error.field),
                retryable=error.retryable,
            )
        )

    @contextmanager
    def looking(self, link: Link, ok: str, of: str = "") -> Iterator[None]:
        """The block looks at a link: `ok` says it, unless a RotationError says otherwise."""
        try:
            yield
        except RotationError as error:
            self.broken(link, error, of)
        else:
            self.add(Finding(link, State.OK, ok, of=of))
