"""A key that has leaked: it is proved to be accepted, ended, and proved to be refused."""

from collections.abc import Callable

from shared.errors import Misconfigured, Rejected, RotationError, TargetMismatch
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.keys.propagation import LONGEST_WAIT, probe
from shared.patience import tries
from shared.protocol.contract import Ticket
from shared.protocol.receipt import Receipt

_BY_HAND = "revoke it at the issuer, and ask again: that shows whether it is refused"

End = Callable[[ApiKey, ApiKey, Ticket[ApiKey]], None]


def end_leaked(
    issuer: KeyIssuer, leaked: ApiKey, ticket: Ticket[ApiKey], receipt: Receipt, end: End
) -> None:
    """See Backend.end_leaked; end: the strategy's own. A key that is refused has ended already."""
    promoted = ticket.pending()
    if leaked.account != promoted.account:
        raise TargetMismatch(
            f"the leaked version has a key of {leaked.account.owner!r}, and the one in use of "
            f"{promoted.account.owner!r}, or at another issuer",
            do=_BY_HAND,
            field="LeakedVersionId",
        )
    if leaked.key == promoted.key:
        raise TargetMismatch(
            "the leaked version has the key of the one in use, so nothing has replaced it",
            do="rotate, then ask again",
            field="LeakedVersionId",
        )
    probe(issuer, promoted)
    what = f"the key of {leaked.account.owner!r} in the leaked version"
    if _is_refused(issuer, leaked, receipt):
        receipt.note_ended(what, by_rotation=True)
        return
    problem: RotationError | None = None
    try:
        end(leaked, promoted, ticket)
    except RotationError as error:
        problem = error
    # A rotation that began meanwhile may have had its new key ended, in the leaked one's place.
    ticket.ensure_still_this_rotation(again=True)
    within = 0.0 if problem else min(issuer.propagation(leaked), LONGEST_WAIT)
    is_refused = _is_refused(issuer, leaked, receipt, within=within)
    _require_in_use(issuer, promoted, ticket)
    if is_refused:  # whatever the problem was: another copy of this task was first
        receipt.note_ended(what)
    elif problem is not None:
        raise problem


def _require_in_use(issuer: KeyIssuer, promoted: ApiKey, ticket: Ticket[ApiKey]) -> None:
    """Raises Rejected where the key in use has ended with the leaked one."""
    try:
        probe(issuer, promoted)
    except Rejected:
        ticket.ensure_still_this_rotation(again=True)  # else a rotation has replaced it
        raise


def _is_refused(
    issuer: KeyIssuer, leaked: ApiKey, receipt: Receipt, *, within: float = 0.0
) -> bool:
    for _ in tries(within):
        try:
            issuer.probe(leaked)
        except Rejected as refusal:
            receipt.note_refusal(refusal)
            return True
        except RotationError as error:
            if isinstance(error, TargetMismatch):  # another owner's
                raise
            receipt.note_no_refusal(error)
        else:
            seconds = issuer.propagation(leaked)
            takes = f" (which may take {seconds:.0f} s to know)" if seconds else ""
            receipt.note_accepted(f"the issuer accepts the key still{takes}", _BY_HAND)
    return False


def not_shown(leaked: ApiKey) -> TargetMismatch:
    """The error of a key that is accepted, and that nothing shows to be this secret's."""
    return TargetMismatch(
        f"the leaked key of {leaked.account.owner!r} is accepted, and nothing shows it to be this "
        "secret's, or one that its rotations end",
        do=_BY_HAND,
        field=leaked.fields.get("id", leaked.fields["key"]),
    )


def only_expires(leaked: ApiKey, ends: str) -> Misconfigured:
    """The error of a key that no request can end; ends: when it does by itself."""
    return Misconfigured(
        f"the leaked key of {leaked.account.owner!r} cannot be ended by a request: it ends by "
        f"itself, {ends}",
        do="end it at the issuer by another way, such as with its owner's account, or wait",
        field=leaked.fields["key"],
    )


def custom_labelled(leaked: ApiKey) -> Misconfigured:
    """The error of a key that a version with a custom staging label holds."""
    return Misconfigured(
        "a version with a custom staging label holds the leaked key, so it is not ended",
        do="take that label off the version, and ask again",
        field=leaked.fields["key"],
    )
