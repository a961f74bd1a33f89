"""The cases in which the target is not known to accept AWSCURRENT: what it does accept decides."""

from rotctl.healing.case import Case, Verdict, by_check, heal_it
from rotctl.healing.credentials import is_given_up, live_versions, login, logins
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.state import labels

# How a reset ends that cannot let the user in, with its own advice.
_OWN = ("TargetMismatch", "LockedOut")


def not_accepted(chain: Chain) -> Verdict | None:
    """AWSCURRENT is refused, or is no credential that a rotation can begin with."""
    value = chain.answer.of_version(Link.VALUE, labels.CURRENT)
    if value is not None and value.health is Health.BROKEN:
        return _not_usable(chain, value)
    refusal = login(chain, labels.CURRENT)
    if refusal is None or refusal.health is not Health.BROKEN:
        return None
    live, pending = live_versions(chain), labels.pending(chain.secret.labels)
    if not live:
        words, do = "no stored credential is accepted", _way_in(chain)
        return Verdict(Case.LOCKED_OUT, words, do, chain.standing.since, why=_seen(chain))
    if pending in live:
        return _pending_live(chain, str(pending))
    case = Case.GIVEN_UP_LIVE if is_given_up(chain, live[0]) else Case.OLDER_LIVE
    return _live(chain, case, live[0], f"version {live[0]}")


def _not_usable(chain: Chain, value: Check) -> Verdict:
    """Only another version that is accepted can take its place, if it is not accepted itself."""
    live = live_versions(chain)
    if not live or chain.secret.labels.get(labels.CURRENT) in live:
        return by_check(Case.BLOCKED, value, chain, "no other version is known to be accepted")
    # Not attempted again, though it may be that of AWSPENDING: each step reads AWSCURRENT first.
    return _live(chain, Case.OLDER_LIVE, live[0], f"version {live[0]}")


def _pending_live(chain: Chain, version: str) -> Verdict:
    """A version that was in use before is not one that a rotation ends with."""
    case = Case.OLDER_LIVE if chain.again else Case.PENDING_LIVE
    return _live(chain, case, version, labels.PENDING)


def _live(chain: Chain, case: Case, version: str, name: str) -> Verdict:
    words = f"the target has the credential of {name}, not of {labels.CURRENT}"
    since = chain.standing.since
    return Verdict(case, words, heal_it(chain), since, version, _seen(chain))


def _seen(chain: Chain) -> list[str]:
    return [f"{each.of or 'in all'}: {each.what}" for each in logins(chain)]


def first_looked_at(chain: Chain) -> str:
    """What a person looks at before an admin lets the user in again: nothing shows it."""
    if _has_own_advice(chain):
        return chain.standing.progress.action
    seen = login(chain) or login(chain, labels.CURRENT)
    return seen.do if seen else ""


def _has_own_advice(chain: Chain) -> bool:
    """A user who is not there, or is locked, is refused like a wrong password: a reset tells it."""
    progress = chain.standing.progress
    return progress.step == "setSecret" and progress.code in _OWN and progress.action != ""


def _way_in(chain: Chain) -> str:
    """Where nothing stored is accepted, a person has to say what is; the function sums it up."""
    name, do = chain.secret.name, first_looked_at(chain)
    if chain.answer.reset:
        whom = chain.answer.reset.subject
        then = "then" if _has_own_advice(chain) else "or"
        return (
            f"{do}; {then} run `rotctl heal {name} --reset`: the admin lets {whom} in again, once"
        )
    previous = chain.secret.labels.get(labels.PREVIOUS)
    seen = login(chain, labels.PREVIOUS)
    if previous is None or seen is None or seen.health is not Health.UNKNOWN:
        return do
    return (
        f"{do}; {labels.PREVIOUS} was {seen.what}; this moves {labels.CURRENT} back to it:"
        f" `aws secretsmanager update-secret-version-stage --secret-id {name}"
        f" --version-stage {labels.CURRENT} --move-to-version-id {previous}"
        f" --remove-from-version-id {chain.secret.labels[labels.CURRENT]}`"
    )


def unproven(chain: Chain) -> Verdict | None:
    """The function did not say whether it is accepted."""
    seen = login(chain, labels.CURRENT)
    if seen is not None and seen.health is Health.OK:
        return None
    settings = chain.answer.of_version(Link.SETTINGS, "")
    if seen is None and settings is not None and settings.health is Health.UNKNOWN:
        return Verdict(Case.UNPROVEN, settings.what, settings.do, why=("nothing was seen by it",))
    what = seen.what if seen else "the function does not say whether it is accepted"
    do = f"run this again; `rotctl try {chain.secret.name}` has the function test it"
    return Verdict(Case.UNPROVEN, f"{labels.CURRENT}: {what}", do, why=("it was not seen",))
