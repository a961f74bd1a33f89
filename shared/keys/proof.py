"""The proof that a stored key is accepted, before anything is made or set in its place.

Whoever may write a secret could name any owner in it, and have the admin replace that one's key.
And where the probe cannot succeed at all, no later step could: that is found out while the old
key still works.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from shared.aws.names import secret_name
from shared.errors import Rejected
from shared.keys.api_key import Account, ApiKey
from shared.keys.contract import KeyManager
from shared.protocol.candidates import Candidate, stored_candidates
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")

# Each may be a failed login that the issuer counts.
MAX_PROBES = 5
_PROVED = "proved account"


def note_proof(ticket: Ticket[ApiKey], proved: ApiKey) -> None:
    """Remember for later steps in this process that a key of the account was accepted."""
    ticket.notes[_PROVED] = proved.account


def is_proved(ticket: Ticket[ApiKey], key: ApiKey) -> bool:
    """Whether an earlier step of this rotation in this process has had a key of it accepted."""
    return ticket.notes.get(_PROVED) == key.account


def key_candidates(account: Account, ticket: Ticket[ApiKey]) -> Iterator[Candidate[ApiKey]]:
    """The stored keys of this account, the current one first; see stored_candidates."""

    def first() -> Iterator[ApiKey | None]:
        yield ticket.current()
        yield ticket.pending_if_visible()

    return stored_candidates(
        ticket,
        first(),
        belongs=lambda key: key.account == account,
        identity=lambda key: key.key,
    )


def accepted_key(
    sought: ApiKey,
    ticket: Ticket[ApiKey],
    manager: KeyManager,
    use: Callable[[ApiKey], ApiKey | None],
) -> ApiKey | None:
    """The first stored key of the account that is accepted: `sought` with its value, id and slot.

    sought: the current key in createSecret, the pending one in setSecret.
    use: gives the key as it is accepted, None where it is not; raises Rejected for that too, and
    for anything that is no proof another RotationError, which ends the step.
    None where no stored key is, and the admin's keeper has allowed that; else raises Rejected.
    """
    refusal: Rejected | None = None
    for key, version, _ in islice(key_candidates(sought.account, ticket), MAX_PROBES):
        try:
            accepted = use(key)
        except Rejected as rejected:
            refusal, accepted = refusal or rejected, None
        if accepted is not None:
            if key.key != ticket.current().key:
                LOG.warning("AWSCURRENT is not accepted: going on from the key of %s", version)
            note_proof(ticket, sought)
            return replace(sought, key=accepted.key, key_id=accepted.key_id, slot=accepted.slot)
    problem = _nothing_accepted(sought, ticket, refusal)
    reset = sought.reset
    if manager.may_reset or (reset is not None and reset.is_allowed(ticket.may_reset, problem)):
        LOG.warning("no stored key is accepted: going on, as the admin's secret allows a reset")
        return None
    raise problem


def _nothing_accepted(sought: ApiKey, ticket: Ticket[ApiKey], refusal: Rejected | None) -> Rejected:
    """The error for an account of which the secret holds no accepted key."""
    what = refusal.what if refusal else f"no stored key of {sought.account.owner!r} is in a slot"
    do = "store the accepted key with PutSecretValue, and rotate again"
    if sought.admin is not None:
        do += f"; {reset_advice(ticket)}"
    return Rejected(what, do=do, field=sought.fields["key"])


def reset_advice(ticket: Ticket[ApiKey]) -> str:
    """What to do where nobody has the accepted key any more."""
    name = secret_name(ticket.secret_arn)
    return (
        f'if nobody has it any more, add "reset": ["{name}"] to the admin\'s secret, rotate again,'
        " and take it out afterwards"
    )
