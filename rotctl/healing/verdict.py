"""What is wrong, as one of a few cases: a pure function of what was seen.

A failed attempt tells of the past, and the function's answer of now: where that shows nothing in
the way any more, another attempt is the way on.
"""

from collections.abc import Callable

from rotctl.aws.functions import Sight
from rotctl.healing.case import Case, Verdict
from rotctl.healing.credentials import is_given_up, live_versions, login, logins
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.state import labels
from rotctl.state.standing import State

# What the functions say of a version that no attempt repairs.
_GIVE_UP = "give this rotation up"
_REJECTED = "Rejected"
# Of the target and the function as a whole, and of the version in use or being made.
_WAY = (
    *(Link.SETTINGS, Link.ROLE, Link.KEY, Link.VALUE, Link.ENDPOINT, Link.TLS, Link.LOGIN),
    *(Link.ADMIN, Link.RIGHTS, Link.STRATEGY),
)


def judge(chain: Chain) -> Verdict:
    """The first case that fits; each is only looked at where none before it does."""
    return next(found for rule in _RULES if (found := rule(chain)) is not None)


def _heal(chain: Chain) -> str:
    return f"run `rotctl heal {chain.secret.name}`"


def _by_check(case: Case, check: Check, chain: Chain, *why: str) -> Verdict:
    """What one link says is all that is to be said."""
    of = f" ({check.of})" if check.of else ""
    words = f"{check.link} is broken: {check.what}{of}"
    return Verdict(case, words, check.do, chain.standing.since, why=why)


def _gone_secret(chain: Chain) -> Verdict | None:
    broken = chain.broken(Link.SECRET)
    if broken is None:
        return None
    case = Case.DELETED if chain.secret.deleted else Case.UNATTACHED
    return _by_check(case, broken, chain, "DescribeSecret says so")


def _others(chain: Chain) -> Verdict | None:
    if chain.secret.function:
        return None
    return Verdict(Case.FINE, chain.checks[0].what, why=("DescribeSecret names the owner",))


def _no_function(chain: Chain) -> Verdict | None:
    broken = chain.broken(Link.FUNCTION)
    if broken is None:
        return None
    gone = chain.function.sight is Sight.GONE
    return _by_check(Case.GONE if gone else Case.BLOCKED, broken, chain, "Lambda says so")


def _not_invocable(chain: Chain) -> Verdict | None:
    broken = chain.broken(Link.POLICY)
    why = "the function's resource policy has no such statement"
    return _by_check(Case.UNINVOCABLE, broken, chain, why) if broken else None


def _rotating(chain: Chain) -> Verdict | None:
    if chain.standing.state is not State.ROTATING:
        return None
    why = "the last step ended less than the function's timeout and two minutes ago"
    do = f"wait, or watch `rotctl status --prefix {chain.secret.name} --watch`"
    return Verdict(Case.ROTATING, chain.standing.words(), do, chain.standing.since, why=(why,))


def _hidden(chain: Chain) -> Verdict | None:
    missing = chain.answer.missing
    if chain.standing.state is State.HIDDEN:
        missing = missing or chain.standing.missing
    if not missing:
        return None
    do = f"ask for the right {missing}; see docs/rotctl.md"
    return Verdict(Case.HIDDEN, f"you lack the right {missing}", do)


def _poisoned(chain: Chain) -> Verdict | None:
    """A version never changes, so what is wrong with its value no attempt repairs."""
    version = labels.pending(chain.secret.labels)
    if version is None:
        return None
    value = chain.answer.of_version(Link.VALUE, labels.PENDING)
    progress, since = chain.standing.progress, chain.standing.since
    if value is not None and value.health is Health.BROKEN:
        words, why = value.what, f"the function cannot use the value of {labels.PENDING}"
    elif _GIVE_UP in progress.message and progress.attempts > 1:
        words = progress.message.partition("; ")[0]
        why = f"{progress.attempts} attempts failed so, and nothing else is in the way"
    else:
        return None
    words = f"the version of {labels.PENDING} is at fault: {words}"
    return Verdict(Case.POISONED, words, _heal(chain), since, version, (why,))


def _blocked(chain: Chain) -> Verdict | None:
    obstacle = _obstacle(chain)
    if obstacle is None:
        return None
    why = f"it is the first link that is {obstacle.health}, and a rotation needs it"
    return _by_check(Case.BLOCKED, obstacle, chain, why)


def _obstacle(chain: Chain) -> Check | None:
    """What is broken but for the credentials themselves."""
    pending = chain.answer.of_version(Link.VALUE, labels.PENDING)
    poisoned = pending is not None and _is_broken(pending)
    in_use = {"", labels.CURRENT} if poisoned else {"", labels.CURRENT, labels.PENDING}
    for each in chain.answer.broken(*_WAY):
        refused = each.link == Link.LOGIN and each.code == _REJECTED
        unusable = each.link == Link.VALUE and each.of
        if each.of in in_use and not refused and not unusable:
            return each
    return None


def _not_accepted(chain: Chain) -> Verdict | None:
    """AWSCURRENT is refused, or is no credential: what the target accepts decides."""
    value = chain.answer.of_version(Link.VALUE, labels.CURRENT)
    seen = login(chain, labels.CURRENT)
    refusal = next((each for each in (value, seen) if each and _is_broken(each)), None)
    if refusal is None:
        return None
    why = [f"{labels.CURRENT}: {refusal.what}"]
    live, pending = live_versions(chain), labels.pending(chain.secret.labels)
    if refusal is value and not live:
        return _by_check(Case.BLOCKED, value, chain, "no other version is known to be accepted")
    case, words, version = Case.LOCKED_OUT, "no stored credential is accepted", ""
    if pending in live:
        case, version = Case.PENDING_LIVE, str(pending)
        words = f"the target has the credential of {labels.PENDING}, not of {labels.CURRENT}"
    elif live:
        version = live[0]
        found = is_given_up(chain, version) and refusal is not value
        case = Case.GIVEN_UP_LIVE if found else Case.OLDER_LIVE
        words = f"the target has the credential of version {version}, not of {labels.CURRENT}"
    why += [f"{each.of}: {each.what}" for each in logins(chain) if each is not refusal]
    do = _heal(chain) if live else _way_in(chain, refusal)
    return Verdict(case, words, do, chain.standing.since, version, why)


def _is_broken(check: Check) -> bool:
    return check.health is Health.BROKEN


def _way_in(chain: Chain, refusal: Check) -> str:
    """Where nothing stored is accepted, a person has to say what is; the function sums it up."""
    name = chain.secret.name
    if chain.answer.reset:
        whom = chain.answer.reset.subject
        return f"run `rotctl heal {name} --reset`: the admin lets {whom} in again, once"
    summary = login(chain)
    do = summary.do if summary else refusal.do
    previous = chain.secret.labels.get(labels.PREVIOUS)
    seen = login(chain, labels.PREVIOUS)
    if previous is None or seen is None or seen.health is not Health.UNKNOWN:
        return do
    return (
        f"{do}; {labels.PREVIOUS} was not tried, and this moves {labels.CURRENT} back to it:"
        f" `aws secretsmanager update-secret-version-stage --secret-id {name}"
        f" --version-stage {labels.CURRENT} --move-to-version-id {previous}"
        f" --remove-from-version-id {chain.secret.labels[labels.CURRENT]}`"
    )


def _unproven(chain: Chain) -> Verdict | None:
    seen = login(chain, labels.CURRENT)
    if seen is not None and seen.health is Health.OK:
        return None
    what = seen.what if seen else "the function does not say whether it is accepted"
    do = f"run this again; `rotctl try {chain.secret.name}` has the function test it"
    return Verdict(Case.UNPROVEN, f"{labels.CURRENT}: {what}", do, why=("it was not seen",))


def _unfinished(chain: Chain) -> Verdict | None:
    version = labels.pending(chain.secret.labels)
    if version is None:
        return None
    standing, do = chain.standing, _heal(chain)
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
        return Verdict(Case.OVERDUE, words, _heal(chain), chain.standing.since, why=why)
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
    _not_accepted,
    _unproven,
    _unfinished,
    _refused,
    _not_rotated,
    _fine,
)
