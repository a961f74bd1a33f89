"""Which stored credential the target accepts, by what the function saw of each."""

from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.state import labels

# What the functions say of a version that no attempt repairs.
_GIVE_UP = "give this rotation up"
_TWICE = 2


def login(chain: Chain, *names: str) -> Check | None:
    """What was seen of the login of the version with one of these names; without, of all."""
    return chain.answer.of_version(Link.LOGIN, *(filter(None, names) if names else ("",)))


def logins(chain: Chain) -> list[Check]:
    """Of all versions."""
    return [each for each in chain.answer.checks if each.link == Link.LOGIN]


def live_versions(chain: Chain) -> list[str]:
    """The ids of the versions whose credential the target was seen to accept, newest first."""
    by_label = {version: label for label, version in chain.secret.labels.items()}
    return [
        each.id
        for each in chain.versions
        if (seen := login(chain, each.id, by_label.get(each.id, ""), *each.labels))
        and seen.health is Health.OK
    ]


def is_given_up(chain: Chain, version: str) -> bool:
    """Whether setSecret tries it: stored after the version before, as docs/strategies.md says."""
    stored = {each.id: each.stored for each in chain.versions if each.stored}
    previous = stored.get(chain.secret.labels.get(labels.PREVIOUS, ""))
    current = stored.get(chain.secret.labels.get(labels.CURRENT, ""))
    mine = stored.get(version)
    if mine is None or current is None:
        return False
    if mine == previous:
        return mine > current
    return previous is None or mine > min(current, previous)


def is_hopeless(chain: Chain) -> bool:
    """Whether the rotation to the version of AWSPENDING is not to be attempted once more.

    That version was in use before; or attempts failed as all others would, and the target is not
    seen to accept it.
    """
    progress = chain.standing.progress
    if chain.again:
        return True
    if _GIVE_UP not in progress.message or progress.attempts < _TWICE:
        return False
    return labels.pending(chain.secret.labels) not in live_versions(chain)
