"""Every way a rotation can fail, and what the operator does about each.

A message says what, where and what to do next, in words of ours: drivers quote SQL, validators
print input and JSONDecodeError keeps the document, so none of their text is ever passed on.
Raise with `from None`.
"""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Self

from shared.document.names import renamed

# What an operator does about more than one error.
NEXT_ATTEMPT = "wait for the service's next attempt"
GIVE_UP = (
    "if every attempt ends so, give this rotation up (CancelRotateSecret, take AWSPENDING off)"
    " and rotate again"
)


class RotationError(Exception):
    """Base of all; only its kinds are raised. `str()` is safe to log.

    what: what happened and where, with a SQLSTATE, errno or HTTP status where there is one.
    do: the next thing for the operator to do.
    field: the key of the event, the secret or the environment that is at fault, if one is.
    """

    code: ClassVar[str]
    retryable: ClassVar[bool]

    def __init_subclass__(cls) -> None:
        # Alarms match on the code: a narrower kind defined elsewhere keeps the one it has here.
        if cls.__module__ == __name__:
            cls.code = cls.__name__

    def __init__(self, what: str, *, do: str, field: str | None = None) -> None:
        if not hasattr(type(self), "retryable"):
            raise TypeError(f"raise a kind of RotationError, not {type(self).__name__}")
        super().__init__(what)
        self.what = what
        self.do = do
        self.field = field
        self.step: str | None = None
        self.backend: str | None = None
        self.label: str | None = None
        self._is_renamed = False

    def at(self, step: str, backend: str) -> Self:
        """The same error, told where it happened."""
        self.step, self.backend = step, backend
        return self

    def of_version(self, label: str) -> Self:
        """The same error, told which version's credential it is about."""
        self.label = label
        return self

    def then(self, do: str) -> Self:
        """The same error, with one more thing to do."""
        self.do = f"{self.do}; {do}"
        return self

    def rename_fields(self, names: Mapping[str, str]) -> Self:
        """The same error, with a secret's fields by the names that they have in it.

        Only once: who knows best which secret it is about comes first.
        """
        if not self._is_renamed and names:
            self.what, self.do = renamed(self.what, self.do, names)
            self.field = names.get(self.field or "", self.field)
        self._is_renamed = True
        return self

    def __str__(self) -> str:
        where = f"{self.step}: " if self.step else ""
        which = f" ({self.label})" if self.label else ""
        return f"{where}{self.what}{which}; {self.do}"


class Retryable(RotationError):
    """Nothing is wrong with the request: the service's next attempt may succeed."""

    retryable = True


class Permanent(RotationError):
    """The next attempt fails as well, until somebody does what `do` says."""

    retryable = False


class Unreachable(Retryable):
    """No answer, or not from a state to judge a credential by; says nothing about the password."""


class Throttled(Retryable):
    """The other side asked to be called less often."""


class Busy(Retryable):
    """Another session or invocation holds what this one needs."""


class InvalidEvent(Permanent):
    """The Lambda event is not one of Secrets Manager's, or names a secret that is not there."""


class WrongStage(Permanent):
    """The token's version does not have the label the step needs."""


class MalformedSecret(Permanent):
    """The secret's value is not what this function rotates."""


class Misconfigured(Permanent):
    """A setting of the function, the secret or the target stands in the way."""


class Untrusted(Permanent):
    """The target did not prove who it is, or asked for the password itself; it got none."""


class Rejected(Permanent):
    """The target understood and refused the credential."""


class PendingUnusable(Permanent):
    """The pending credential will never be accepted: the machine takes AWSPENDING off it."""


class RejectedByPolicy(PendingUnusable):
    """The target's rules refuse the new credential, which it therefore never accepted."""


class Forbidden(Permanent):
    """The credential is good, but lacks a right that the step needs."""


class LockedOut(Forbidden):
    """The target locks or bans the login, whatever its password, for a time or for good."""


class TargetMismatch(Permanent):
    """The secret's versions do not describe the same target, or not this function's kind."""


class Unexpected(Permanent):
    """A defect of ours; the log has the place, never the text."""


class ErrorRow(NamedTuple):
    """A row of a driver's table of errors: what the target's own code or text means here.

    clause: what happened, as a whole clause that reads well after who and where it happened to;
    do: the next step, as a whole clause too.
    """

    kind: type[RotationError]
    clause: str
    do: str
    field: str | None = None

    def error(self, where: str, code: str = "") -> RotationError:
        """`{where}: {clause} ({code}); {do}`, with the target's own code for who looks it up."""
        what = f"{where}: {self.clause} ({code})" if code else f"{where}: {self.clause}"
        return self.kind(what, do=self.do, field=self.field)
