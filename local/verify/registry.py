"""The checks by the number of their fact, and the facts that no check can ask."""

from collections.abc import Callable
from dataclasses import dataclass

from local.verify.probe import Probe

# What stands on the board without a check, and why.
CANNOT_BE_ASKED = {
    13: "a read that misses a write cannot be made to happen",
    18: "a rate is the fleet's, and trying it out would disturb others in the account",
    20: "a concurrency is Lambda's; the template's is held by a test",
    21: "rights are IAM's; the template's are held by a test",
    22: "who may invoke is in the function's policy; the template's is held by a test",
    23: "a network is the account's",
    24: "the events are in CloudTrail, minutes later",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a fact.

    says: what must hold, in a sentence; assumed: no source says so, or not all of it.
    """

    number: int
    name: str
    says: str
    assumed: bool
    ask: Callable[[Probe], None]


_checks: list[Check] = []


def rule(
    number: int, *, assumed: bool = False
) -> Callable[[Callable[[Probe], None]], Callable[[Probe], None]]:
    """Keep the function as a check of the fact; the first line of its docstring is what it says.

    It returns if that holds. It raises Broken if not, or whatever the call was refused with,
    and CannotBeAsked where the endpoint lacks what the question needs.
    """

    def keep(ask: Callable[[Probe], None]) -> Callable[[Probe], None]:
        says = (ask.__doc__ or "").partition("\n")[0].removesuffix(".")
        _checks.append(Check(number, ask.__name__, says, assumed, ask))
        return ask

    return keep


def kept() -> list[Check]:
    """Every check that was kept so far, by number."""
    return sorted(_checks, key=lambda each: each.number)
