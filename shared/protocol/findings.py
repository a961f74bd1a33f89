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
_BY_LINK: Mapping[tuple[Link, str], Link] = {
    (Link.STRATEGY, "Forbidden"): Link.RIGHTS,
    (Link.RIGHTS, "Rejected"): Link.ADMIN,  # who was to look was not let in
}


@dataclass(slots=True)
class Look:
    """How one look ended; problem: what it failed with, once it has."""

    problem: RotationError | None = None


@dataclass(slots=True)
class Findings:
    """Those of one diagnosis, in the order in which they were made.

    names: what the secret calls its fields, where it has names of its own for them.
    at: what is being looked at, and of which version; None between two looks.
    """

    made: list[Finding] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)
    at: tuple[Link, str] | None = None

    def add(self, finding: Finding) -> None:
        """One more."""
        self.made.append(finding)

    def refused(
        self, link: Link, error: RotationError, of: str = "", state: State = State.BROKEN
    ) -> None:
        """What an error tells; its own kind may be about another link than this."""
        error.rename_fields(self.names)
        link = _BY_CODE.get(error.code) or _BY_LINK.get((link, error.code), link)
        self.add(
            Finding(
                *(link, state, error.what, error.do, of, error.code, error.field),
                retryable=error.retryable,
            )
        )

    @contextmanager
    def looking(
        self,
        link: Link,
        ok: str = "",
        of: str = "",
        *,
        field: str | None = None,
        otherwise: State = State.BROKEN,
    ) -> Iterator[Look]:
        """The block looks at a link: `ok` says it, unless a RotationError says otherwise.

        ok: empty where a good end tells nothing by itself. field: the one of the secret that it is
        about. otherwise: the state that an error is told as.
        """
        outside, self.at = self.at, (link, of)
        look = Look()
        try:
            yield look
        except RotationError as error:
            look.problem = error.with_traceback(None)
            error.__context__ = None  # a driver's error has sockets and passwords behind it
            self.refused(link, error, of, otherwise)
        else:
            if ok:
                self.add(Finding(link, State.OK, ok, of=of, field=field))
        # Not in a `finally`: where the time ends, this tells at which link that was.
        self.at = outside

    def warn(self, what: str) -> None:
        """What a step would log a warning of, about what is being looked at."""
        if self.at is not None:
            link, of = self.at
            self.add(Finding(link, State.WARNING, what, of=of))

    def time_is_over(self) -> None:
        """The time ended before all was looked at."""
        link, of = self.at or (Link.FUNCTION, "")
        self.add(
            Finding(
                link,
                State.UNKNOWN,
                "the function's time was over while it looked at this",
                "see what was slow, then ask again; raise the function's timeout if it was not a "
                "peer that hangs",
                of,
                "Unreachable",
                retryable=True,
            )
        )
