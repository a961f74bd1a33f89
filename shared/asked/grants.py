"""What each secret gets of what it asks for, worked out once for all that ask for the same."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

from shared.asked.wishes import Asked, Kind, Wishes, read_wishes, refuse_unknown
from shared.errors import MalformedSecret, Misconfigured
from shared.settings import Settings

T = TypeVar("T")
_KEPT = 32  # few of a function's secrets ask for something that no other does


class Grants(Generic[T]):
    """What is made of some of the function's settings, with what a secret asks for in them.

    variables: those that a secret may ask for, each with the type that it has in JSON.
    make: raises Misconfigured, and MalformedSecret for what goes beyond the function's settings.
    unasked: what a secret gets that asks for nothing.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        variables: Mapping[str, Kind],
        make: Callable[[Asked], T],
    ) -> None:
        self.variables = variables
        self._own = Settings(environment)
        self._make = make
        self._granted = lru_cache(maxsize=_KEPT)(self._work_out)
        self.unasked = self._work_out(())

    def granted(self, document: Mapping[str, object]) -> T:
        """What this secret gets; raises MalformedSecret naming the place."""
        wishes = read_wishes(document, self.variables)
        return self._granted(wishes) if wishes else self.unasked

    def granted_or_unasked(self, document: Mapping[str, object]) -> T:
        """The same; of a secret that asks for too much, as if it asked for nothing.

        For a version that createSecret has made: it asked for no more than it might, but the
        function's settings may have changed since, and a rotation that has begun goes on.
        """
        try:
            return self.granted(document)
        except MalformedSecret:
            return self.unasked

    def _work_out(self, wishes: Wishes) -> T:
        asked = Asked.of(self._own, wishes)
        try:
            return self._make(asked)
        except Misconfigured as problem:
            error = asked.at_fault(problem)
        raise error


def check_wishes(
    document: Mapping[str, object], grants: Collection[Grants[Any]], *, but: Collection[str] = ()
) -> None:
    """Raise MalformedSecret where the secret asks for what none of these grants, or for too much.

    but: variables that are nothing to ask for all the same.
    """
    refuse_unknown(document, {each for one in grants for each in one.variables}.difference(but))
    for each in grants:
        each.granted(document)
