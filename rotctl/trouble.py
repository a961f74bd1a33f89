"""Why a command cannot go on: what happened and where, and what to do next."""


class Trouble(Exception):
    """Ends a command with one plain line and exit code 2.

    what: what happened, and where; do: the next thing for the operator to do.
    code: AWS's own code for it, where AWS refused something.
    """

    def __init__(self, what: str, *, do: str, code: str = "") -> None:
        super().__init__(f"{what}; {do}")
        self.what = what
        self.do = do
        self.code = code


class Denied(Trouble):
    """The caller has no right to this call."""


class Passing(Trouble):
    """It may be gone in a minute, with nothing done about it."""


class Missing(Trouble):
    """What was asked for is not there."""


class Refused(Trouble):
    """The request does not fit the secret's state."""


class Failed(Trouble):
    """The rotation function failed at what it was asked for."""
