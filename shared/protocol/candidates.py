"""The credentials that a secret's versions hold, in the order in which a target is asked."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NamedTuple

from shared.aws.store import CURRENT, PENDING
from shared.protocol.contract import C, Ticket


class Candidate(NamedTuple, Generic[C]):
    """A stored credential that the target may accept.

    version: what a message calls its version.
    is_likely: whether labels and times speak for it. Any other was replaced in a rotation that
    ended well.
    """

    credential: C
    version: str
    is_likely: bool


def stored_candidates(
    ticket: Ticket[C],
    first: Iterable[C | None],
    *,
    belongs: Callable[[C], bool],
    identity: Callable[[C], object],
) -> Iterator[Candidate[C]]:
    """Each credential that `belongs`, no `identity` twice: the first ones, then all others.

    first: the current and the pending one, as far as each is known.
    To be consumed lazily, as `first` is: every later one costs calls to AWS.
    """
    given: list[object] = []  # a Secret cannot be hashed
    for candidate in _all(ticket, first):
        if belongs(candidate.credential) and identity(candidate.credential) not in given:
            given.append(identity(candidate.credential))
            yield candidate


def _all(ticket: Ticket[C], first: Iterable[C | None]) -> Iterator[Candidate[C]]:
    for label, credential in zip((CURRENT, PENDING), first, strict=True):
        if credential is not None:
            yield Candidate(credential, label, is_likely=True)
    for credential, is_likely in ticket.others():
        version = "a version that was given up" if is_likely else "an older version"
        yield Candidate(credential, version, is_likely=is_likely)
