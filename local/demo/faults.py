"""A failure to show that nobody is locked out by one."""

from collections.abc import Mapping

from local.functions.home import FunctionError, Home
from shared.protocol.event import Step


class LostAnswer:
    """A home whose functions run, but of each one's first run of `step` the answer is lost.

    The worst place for a crash: what the step did is done, and nobody knows.
    """

    def __init__(self, home: Home, step: Step) -> None:
        self._home = home
        self._step = step
        self._lost: set[str] = set()

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        """Run the function; then fail, once."""
        answer = self._home.invoke(function, event)
        if event["Step"] == self._step.value and function not in self._lost:
            self._lost.add(function)
            raise FunctionError("Sandbox.Timedout", "the answer was lost")
        return answer
