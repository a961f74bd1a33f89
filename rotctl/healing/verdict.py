"""What is wrong, as one of a few cases: a pure function of what was seen.

A failed attempt tells of the past, and the function's answer of now: where that shows nothing in
the way any more, another attempt is the way on.
"""

from collections.abc import Callable

from rotctl.aws.functions import Sight
from rotctl.healing.case import Case, Verdict, by_check, heal_it
from rotctl.healing.credentials import is_hopeless
from rotctl.healing.refusal import not_accepted, unproven
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.state import labels
from rotctl.state.standing import State

_REJECTED = "Rejected"
# Of the target and the function as a whole, and of the version in use or being made.
_WAY = (
    *(Link.SETTINGS, Link.ROLE, Link.KEY, Link.VALUE, Link.ENDPOINT, Link.TLS, Link.LOGIN),
    *(Link.ADMIN, Link.RIGHTS, Link.STRATEGY),
)


def judge(chain: Chain) -> Verdict:
    """The first case that fits; each is only looked at where none before it does."""
    return next(found for rule in _RULES if (found := rule(chain)) is not None)


def _gone_secret(chain: Chain) -> Verdict | None:
    broken = chain.broken(Link.SECRET)
    if broken is None:
        return None
    case = Case.DELETED if chain.secret.deleted else Case.UNATTACHED
    return by_check(case, broken, chain, "DescribeSecret says so")


def _others(chain: Chain) -> Verdict | None:
    if chain.secret.function:
        return None
    return Verdict(Case.FINE, chain.checks[0].what, why=("DescribeSecret says so",))


def _no_function(chain: Chain) -> Verdict | None:
    broken = chain.broken(Link.FUNCTION)
    if broken is None:
        return None
    gone = chain.function.sight is Sight.GONE
    return by_check(Case.GONE if gone else Case.BLOCKED, broken, chain, "Lambda says so")


def _not_invocable(chain: Chain) -> Verdict | None:
    broken = chain.broken(Link.POLICY)
    why = "the function's resource policy has no such statement"
    return by_check(Case.UNINVOCABLE, broken, chain, why) if broken else None


def _rotating(chain: Chain) -> Verdict | None:
    if chain.standing.state is not State.ROTATING:
        return None
    why = "the last step ended less than the function's timeout and two minutes ago"
    do = f"wait, or watch `rotctl status --prefix {chain.secret.name} --watch`"
    return Verdict(Case.ROTATING, chain.standing.words(), do, chain.standing.since, why=(why,))


def _hidden(chain: Chain) -> Verdict | None:
    if chain.standing.state is State.UNSEEN:
        # It may be rotating now.
        return Verdict(Case.UNPROVEN, chain.standing.words(), "run this again in a minute")
    missing = chain.answer.missing
    if chain.standing.state is State.HIDDEN:
        missing = missing or chain.standing.missing
    if not missing:
        return None
    do = f"ask for the right {missing}; see docs/rotctl.md"
    return Verdict(Case.HIDDEN, f"you lack the right {missing}", do)


def _poisoned(chain: Chain) -> Verdict | None:
    """A version never changes, so what is wrong with its value no attempt repairs."""
    value = chain.answer.of_version(Link.VALUE, labels.PENDING)
    if value is None or value.health is not Health.BROKEN:
        return None
    why = f"the function cannot use the value of {labels.PENDING}"
    return _at_fault(chain, value.what, why)


def _given_up_on(chain: Chain) -> Verdict | None:
    """The lines are of the past: what the target accepts now is no reason to give it up."""
    if not is_hopeless(chain):
        return None
    if chain.again:
        why = f"another attempt would put an old credential back, and {labels.CURRENT} is accepted"
        return _at_fault(chain, "it was in use before", why)
    progress = chain.standing.progress
    why = f"{progress.attempts} attempts failed so, and nothing else is in the way"
    return _at_fault(chain, progress.message.partition("; ")[0], why)


def _at_fault(chain: Chain, what: str, why: str) -> Verdict | None:
    version = labels.pending(chain.secret.labels)
    if version is None:
        return None
    words = f"the version of {labels.PENDING} is at fault: {what}"
    since = chain.standing.since
    return Verdict(Case.POISONED, words, heal_it(chain), since, version, (why,))


def _blocked(chain: Chain) -> Verdict | None:
    obstacle = _obstacle(chain)
    if obstacle is None:
        return None
    why = f"it is the first link that is {obstacle.health}, and a rotation needs it"
    return by_check(Case.BLOCKED, obstacle, chain, why)


def _obstacle(chain: Chain) -> Check | None:
    """What is broken but for the credentials themselves."""
    pending = chain.answer.of_version(Link.VALUE, labels.PENDING)
    poisoned = pending is not None and pending.health is Health.BROKEN
    in_use = {"", labels.CURRENT} if poisoned else {"", labels.CURRENT, labels.PENDING}
    for each in chain.answer.broken(*_WAY):
        refused = each.link == Link.LOGIN and each.code == _REJECTED
        unusable = each.link == Link.VALUE and each.of
        if each.of in in_use and not refused and not unusable:
            return each
    return None


def _unfinished(chain: Chain) -> Verdict | None:
    version = labels.pending(chain.secret.labels)
    if version is None:
        return None
    standing, do = chain.standing, heal_it(chain)
    accepted = f"{labels.CURRENT} is accepted, and nothing is in the way"
    if not chain.secret.enabled:
        words = f"rotation was switched off before it ended: {standing.words()}"
        why = (accepted, f"rotation is off, and {labels.PENDING} is on {version}")
        return Verdict(Case.CANCELLED, words, do, standing.since, version, why)
    why = (accepted, f"the last attempt ended so: {standing.progress.message or 'without a line'}")
    words = f"nothing is in the way any more: {standing.words()}"
    return Verdict(Case.INTERRUPTED, words, do, standing.since, version, why)


def _refused(chain: Chain) -> Verdict | None:
    if chain.standing.state is not State.REFUSED:
        return None
    what, _, do = chain.standing.progress.message.partition("; ")
    why = (f"{labels.CURRENT} is accepted", "the function took the refused version back")
    return Verdict(Case.REFUSED, what, do, chain.standing.since, why=why)


def _not_rotated(chain: Chain) -> Verdict | None:
    if chain.standing.state is State.OVERDUE:
        why = (f"{labels.CURRENT} is accepted, and nothing is in the way",)
        words = chain.standing.words()
        return Verdict(Case.OVERDUE, words, heal_it(chain), chain.standing.since, why=why)
    if not chain.secret.enabled:
        do = "let `rotctl heal` switch it on, if it is not off on purpose"
        return Verdict(Case.OFF, "rotation is switched off", do)
    return None


def _fine(chain: Chain) -> Verdict:
    why = (f"{labels.CURRENT} is accepted, no rotation hangs, and nothing is broken",)
    return Verdict(Case.FINE, chain.standing.words(), why=why)


_RULES: tuple[Callable[[Chain], Verdict | None], ...] = (
    _gone_secret,
    _others,
    _no_function,
    _not_invocable,
    _rotating,
    _hidden,
    _blocked,
    _poisoned,
    not_accepted,
    unproven,
    _given_up_on,
    _unfinished,
    _refused,
    _not_rotated,
    _fine,
)
