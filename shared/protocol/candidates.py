"""The credentials that a secret's versions hold, in the order in which a target is asked."""

from collections.abc import Callable, Iterable, Iterator

from shared.protocol.contract import C, Ticket


def stored_candidates(
    ticket: Ticket[C],
    labelled: Iterable[tuple[C, str]],
    *,
    belongs: Callable[[C], bool],
    identity: Callable[[C], object],
) -> Iterator[tuple[C, str]]:
    """Each credential that `belongs`, with what a warning calls it; no `identity` twice.

    First the `labelled` ones, then the previous one, then those of versions without a label. To
    be consumed lazily: every later one costs calls to AWS.
    """
    given: list[object] = []  # a Secret cannot be hashed
    for credential, source in _all(ticket, labelled):
        if belongs(credential) and identity(credential) not in given:
            given.append(identity(credential))
            yield credential, source


def _all(ticket: Ticket[C], labelled: Iterable[tuple[C, str]]) -> Iterator[tuple[C, str]]:
    yield from labelled
    previous = ticket.previous()
    if previous is not None:
        yield previous, "the previous one"
    for unlabelled in ticket.unlabelled():
        yield unlabelled, "one of a version without a label"
