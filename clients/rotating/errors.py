"""What can go wrong with a secret itself; what a target says is raised as its driver raises it."""


class RotatingError(Exception):
    """Any of the errors below; the message names the secret, and never holds a value of it."""


class Unavailable(RotatingError):
    """Secrets Manager could not be asked now: no network, throttled, or in trouble itself."""


class Denied(RotatingError):
    """Reading this is not allowed."""


class Misconfigured(RotatingError):
    """Nobody can be asked from here: no region, no credentials, or a name that is none."""


class Absent(RotatingError):
    """There is no such secret, it is being deleted, or no version of it has the label."""


class MalformedSecret(RotatingError):
    """The value is not what is asked of it; `field` names what is missing or wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
