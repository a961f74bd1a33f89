"""What became of each check, and of each fact by its checks."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import ClientError

from local.verify.expect import Broken, CannotBeAsked
from local.verify.facts import Fact, facts
from local.verify.place import Kind, Place
from local.verify.probe import Probe
from local.verify.registry import CANNOT_BE_ASKED, Check
from local.verify.stack import NO_ANSWER
from local.verify.transcript import Exchange

# What a check meets in an answer that lacks what it looks at, or has it otherwise.
OTHER_SHAPE = (LookupError, TypeError, ValueError, AttributeError)


class Outcome(StrEnum):
    """As it stands on the board; unknown: only an assumption says it, until AWS is asked."""

    HOLDS = "holds"
    BROKEN = "does not hold"
    CANNOT = "cannot be asked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """How a check ended; seen: what was seen instead, or what was missing to ask it."""

    check: Check
    outcome: Outcome
    seen: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """A fact, its checks' results, and how it stands where it was asked."""

    fact: Fact
    results: tuple[Result, ...]
    outcome: Outcome
    why: str = ""


def ask(place: Place, check: Check) -> Result:
    """Run one check and remove what it made."""
    probe = Probe(place)
    outcome, seen = Outcome.HOLDS, ""
    try:
        check.ask(probe)
    except CannotBeAsked as error:
        outcome, seen = Outcome.CANNOT, str(error)
    except (Broken, *NO_ANSWER, *OTHER_SHAPE) as error:
        outcome, seen = _failed(place.kind, check), _said(error)
    finally:
        probe.close()
    return Result(check, outcome, seen, tuple(probe.transcript.exchanges))


def _failed(kind: Kind, check: Check) -> Outcome:
    """What is only assumed is no fault of an emulator's; here it is, and AWS itself decides it."""
    return Outcome.UNKNOWN if check.assumed and kind == "emulator" else Outcome.BROKEN


def _said(error: Exception) -> str:
    if isinstance(error, OTHER_SHAPE):
        return f"the answer has another shape: {error!r}"
    if isinstance(error, ClientError):
        said = error.response["Error"]
        refusal = f"{error.operation_name} was refused with {said['Code']}"
        return f"{refusal}: {' '.join(said['Message'].split())}"
    return str(error)


def rulings(results: Sequence[Result], kind: Kind, only: Collection[int] = ()) -> Iterator[Ruling]:
    """Every fact of the page in order, or `only` some, asked or not."""
    for number, fact in facts().items():
        if not only or number in only:
            its = tuple(each for each in results if each.check.number == number)
            yield _ruling(fact, its, kind)


def _ruling(fact: Fact, results: tuple[Result, ...], kind: Kind) -> Ruling:
    if not results:
        return Ruling(fact, results, Outcome.CANNOT, CANNOT_BE_ASKED[fact.number])
    outcomes = {each.outcome for each in results}
    asked = [each for each in results if each.outcome is not Outcome.CANNOT]
    if Outcome.BROKEN in outcomes:
        return Ruling(fact, results, Outcome.BROKEN)
    if not asked:
        return Ruling(fact, results, Outcome.CANNOT, results[0].seen)
    if kind != "aws" and all(each.check.assumed for each in asked):
        return Ruling(fact, results, Outcome.UNKNOWN)
    return Ruling(fact, results, Outcome.HOLDS)
