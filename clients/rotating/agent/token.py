"""The token that the Agent asks for, so that a forged request is of no use."""

import os
from pathlib import Path

from rotating.errors import Denied
from rotating.version import Hidden

_FILE = "file://"
# Where the Agent's installation writes it, and what Lambda gives a function: README.md of
# aws/aws-secretsmanager-agent.
_USUAL_FILE = Path("/var/run/awssmatoken")
_OWN_VARIABLE = "AWS_TOKEN"
_LAMBDAS_VARIABLES = ("AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")


class Token:
    """Where it is; the Agent makes another whenever it starts, so it is looked up each time.

    given: the token, or its file as `file:///path`. Without it that of AWS_TOKEN, which may say
    the same; then that of the Agent's usual file; then Lambda's variables. Its repr has no value.
    """

    def __init__(self, given: str = "") -> None:
        self._given = given

    def __str__(self) -> str:
        """The place, for a message."""
        return self._place()[0]

    def found(self) -> str:
        """The value; raises Denied where there is none, or its file cannot be read."""
        place, value = self._place()
        if not value:
            raise Denied("no token for the agent is here: set AWS_TOKEN, or to file:///its/path")
        if not value.startswith(_FILE):
            return Hidden(value.strip())
        problem = ""
        try:
            return Hidden(Path(value.removeprefix(_FILE)).read_text().strip())
        except (OSError, ValueError) as error:
            problem = type(error).__name__
        raise Denied(
            f"the agent's token cannot be read: {problem} for {place}; "
            "the application's user must be in that file's group"
        )

    def _place(self) -> tuple[str, str]:
        """How to call it in a message, and what is there."""
        own = {"what was given": self._given, _OWN_VARIABLE: os.environ.get(_OWN_VARIABLE, "")}
        usual = {str(_USUAL_FILE): f"{_FILE}{_USUAL_FILE}" if _USUAL_FILE.exists() else ""}
        lambdas = {each: os.environ.get(each, "") for each in _LAMBDAS_VARIABLES}
        for place, value in {**own, **usual, **lambdas}.items():
            if value:
                return (value if value.startswith(_FILE) else place), value
        return "", ""
