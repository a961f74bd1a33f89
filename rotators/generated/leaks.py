"""A version that somebody has read: nothing that it lets them sign is accepted any more."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rotators.generated.credential import Generated
from rotators.generated.forms.form import Moment
from rotators.generated.proof import require_proof
from shared.errors import Rejected, TargetMismatch
from shared.protocol.contract import Ticket
from shared.protocol.receipt import Receipt

_READERS = "clients that have read the secret before and not since, which accept what they read"
_READ_AGAIN = "have each client read the secret again, or restart it"


def end_leaked(leaked: Generated, ticket: Ticket[Generated], receipt: Receipt) -> None:
    """See Backend.end_leaked: a keyring goes on without the leaked keys, in a version of its own.

    Of a keyring with `next` the leaked version holds two keys, of which a rotation retires one.
    """
    promoted = ticket.pending()
    require_proof(promoted, lambda: False)
    moment = Moment(datetime.now(UTC), ticket.last_rotation)
    cleared = promoted
    for each in promoted.held():
        was = leaked.document.get(each.name)
        if each.form.remains(was, each.value):
            value = each.form.without(was, each.value, moment)
            if value is None:
                raise TargetMismatch(
                    f"'{each.name}' is the same in the leaked version as in the one in use, so "
                    "nothing has replaced it",
                    do="rotate, then ask again",
                    field="LeakedVersionId",
                )
            cleared = cleared.with_values({each.name: value})
    ended = _remaining(leaked, promoted)
    if ended:
        require_proof(cleared, lambda: False)
        ticket.replace_current(cleared.document)
    for what in ended:
        receipt.note_ended(what)
    _prove_refused(leaked, cleared, receipt, by_rotation=not ended)


def _prove_refused(
    leaked: Generated, cleared: Generated, receipt: Receipt, *, by_rotation: bool
) -> None:
    """Sign with the leaked version, and verify by the one that is in use now."""
    if by_rotation:
        receipt.note_ended("what was in the leaked version", by_rotation=True)
    if not _remaining(leaked, cleared):
        receipt.note_refusal(
            Rejected("the version in use accepts nothing of the leaked one", do="nothing")
        )
    receipt.note_unseen(_READERS, _READ_AGAIN)


def _remaining(leaked: Generated, held: Generated) -> Sequence[str]:
    """What somebody who has read the one could sign with, and the other accepts."""
    return [
        what
        for each in held.held()
        for what in each.form.remains(leaked.document.get(each.name), each.value)
    ]
