"""The least that mends a case: a pure function of the verdict, and of what was seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from rotctl.healing.case import Case, Verdict
from rotctl.healing.credentials import is_hopeless
from rotctl.healing.refusal import first_looked_at
from rotctl.links.answer import Reset
from rotctl.links.chain import Chain
from rotctl.state import labels


class Act(Enum):
    """What heal can do; nothing of it touches the target, but the function that it has run."""

    GIVE_UP = auto()
    MOVE_BACK = auto()
    ROTATE = auto()
    SWITCH_ON = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """One act, told with the call that it makes; version: the one that loses or gets a label."""

    act: Act
    words: str
    version: str = ""
    reset: Reset | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in their order; none where nothing is to be done, or a person has to do it.

    first: what a person has to have done before, which nothing shows.
    """

    steps: tuple[Step, ...] = ()
    first: str = ""


def planned(chain: Chain, verdict: Verdict, *, reset: bool) -> Plan:
    """What mends it; reset: whether a person lets the admin set the password."""
    if verdict.case is Case.REFUSED:
        return Plan((_rotate(chain),), first=verdict.do)
    if verdict.case is Case.LOCKED_OUT:
        steps = _reset(chain) if reset else ()
        return Plan(steps, first=first_looked_at(chain) if steps else "")
    make = _PLANS.get(verdict.case)
    return Plan(make(chain, verdict) if make else ())


def _attempt(chain: Chain, _verdict: Verdict) -> tuple[Step, ...]:
    return _anew(chain, _verdict) if _is_to_give_up(chain) else (_rotate(chain),)


def _is_to_give_up(chain: Chain) -> bool:
    """Of a rotation that was switched off no attempt can be had, and of some none is wanted."""
    pending = labels.pending(chain.secret.labels)
    return pending is not None and (not chain.secret.enabled or is_hopeless(chain))


def _anew(chain: Chain, _verdict: Verdict) -> tuple[Step, ...]:
    """A rotation to another version: RotateSecret alone is refused while AWSPENDING is there."""
    return (*_given_up(chain), _rotate(chain, begun=False))


def _given_up(chain: Chain) -> tuple[Step, ...]:
    version = labels.pending(chain.secret.labels)
    if version is None:
        return ()
    words = f"take {labels.PENDING} off version {version} (UpdateSecretVersionStage)"
    return (Step(Act.GIVE_UP, words, version),)


def _rotate(chain: Chain, *, begun: bool = True) -> Step:
    on = "" if chain.secret.enabled else ", which switches rotation on with its rules as they were"
    if begun and labels.pending(chain.secret.labels):
        return Step(Act.ROTATE, f"have the rotation attempted again (RotateSecret){on}")
    return Step(Act.ROTATE, f"rotate (RotateSecret){on}")


def _moved_back(chain: Chain, verdict: Verdict) -> tuple[Step, ...]:
    current = chain.secret.labels[labels.CURRENT]
    is_pending = verdict.version == labels.pending(chain.secret.labels)
    words = (
        f"move {labels.CURRENT} from version {current} to {verdict.version}, which the target"
        f" accepts (UpdateSecretVersionStage){', which ends the rotation to it' * is_pending}"
    )
    return (Step(Act.MOVE_BACK, words, verdict.version),)


def _switched_on(_chain: Chain, _verdict: Verdict) -> tuple[Step, ...]:
    words = (
        "switch rotation on with its rules as they were, by a test that rotates nothing"
        " (RotateSecret with RotateImmediately=false)"
    )
    return (Step(Act.SWITCH_ON, words),)


def _reset(chain: Chain) -> tuple[Step, ...]:
    reset = chain.answer.reset
    if reset is None:
        return ()
    words = (
        f"let one rotation give {reset.subject} a new credential though no stored one is accepted:"
        f" tag {reset.admin} (TagResource), rotate (RotateSecret), take the tag off (UntagResource)"
    )
    before = _given_up(chain) if _is_to_give_up(chain) else ()
    return (*before, Step(Act.RESET, words, reset=reset))


_PLANS: Mapping[Case, Callable[[Chain, Verdict], tuple[Step, ...]]] = {
    Case.PENDING_LIVE: _attempt,
    Case.GIVEN_UP_LIVE: _attempt,
    Case.OLDER_LIVE: _moved_back,
    Case.POISONED: _anew,
    Case.CANCELLED: _anew,
    Case.INTERRUPTED: _attempt,
    Case.OVERDUE: _attempt,
    Case.OFF: _switched_on,
}
