"""Keys of our own choice: stored first, then set at the issuer, like a database's passwords."""

import logging
import time
from itertools import islice

from shared.errors import (
    GIVE_UP,
    NEXT_ATTEMPT,
    Misconfigured,
    Rejected,
    RejectedByPolicy,
    RotationError,
    Unreachable,
)
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.keys.inherited import inherited
from shared.keys.proof import MAX_PROBES, accepted_key, is_proved, key_candidates
from shared.keys.propagation import probe
from shared.keys.slots import accepted_in_slot, check_other_slot, leaked_in_other, may_end_other
from shared.protocol.contract import Ticket
from shared.protocol.expiry import AT_NEXT_SET, ENDED, REPLACED_AT_SET

LOG = logging.getLogger(f"rotation.{__name__}")
_SET_AT = "set at"


class ChosenKey:
    """The KeyStrategy of Way.CHOSEN.

    The pending version is stored before the issuer is told, so an attempt after a crash finds the
    key there and sets that one.
    """

    def __init__(self, issuer: KeyIssuer, *, short_gap: bool) -> None:
        self._issuer = issuer
        self._short_gap = short_gap

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """A new key, which is nowhere at the issuer yet; raises Rejected where none is accepted."""
        accepted = self._accepted(current, ticket) or current
        check_other_slot(self._issuer, accepted, ticket)
        return self._issuer.choose(accepted)

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Nothing: a key that was never set leaves no trace."""

    def check(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Look for the accepted key, and at what its successor takes over and would end."""
        accepted = self._accepted(current, ticket) or current
        check_other_slot(self._issuer, accepted, ticket)
        inherited(self._issuer.manage(accepted, ticket), accepted)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Set the key, with the admin's or with whichever stored key the issuer accepts."""
        if pending.admin is None:
            self._set_with_an_accepted_key(pending, ticket)
        else:
            self._set_by_admin(pending, ticket)
        ticket.notes[_SET_AT] = time.monotonic()
        if self._short_gap and pending.slot is None:
            probe(self._issuer, pending)
            ticket.promote()

    def age(self, ticket: Ticket[ApiKey], /) -> float:
        """The seconds for which the issuer has had the pending key, as far as is known."""
        set_at = ticket.notes.get(_SET_AT)
        if isinstance(set_at, float):
            return time.monotonic() - set_at
        return ticket.pending_age()

    def expiry(self, pending: ApiKey, _ticket: Ticket[ApiKey], /) -> str:
        """Without slots the new key took its place."""
        return REPLACED_AT_SET if pending.slot is None else AT_NEXT_SET

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> str | None:
        """End the key in the other slot, by setting one that nobody gets to know."""
        if promoted.slot is None:
            return self.expiry(promoted, ticket)
        if not may_end_other(self._issuer, promoted, ticket):
            return None
        self._set(self._issuer.choose(promoted), promoted, ticket)
        return ENDED

    def end_leaked(self, leaked: ApiKey, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the key in the other slot, where that is the leaked one."""
        held = leaked_in_other(self._issuer, leaked, promoted, ticket)
        self._set(self._issuer.choose(held), held, ticket, again=True)

    def _accepted(self, sought: ApiKey, ticket: Ticket[ApiKey]) -> ApiKey | None:
        """See accepted_key."""
        manager = self._issuer.manage(sought, ticket)
        return accepted_key(
            sought, ticket, manager, accepted_in_slot(self._issuer, manager, ticket)
        )

    def _set_by_admin(self, pending: ApiKey, ticket: Ticket[ApiKey]) -> None:
        """Who may write the secret and invoke this step alone has to hold a stored key, too."""
        try:
            accepted = None if is_proved(ticket, pending) else self._accepted(pending, ticket)
        except Rejected:
            if self._is_set_already(pending, ticket):
                return
            raise
        if accepted is not None and accepted.key == pending.key:  # an earlier attempt has set it
            return
        self._set(pending, accepted or ticket.current(), ticket)

    def _set(
        self, chosen: ApiKey, accepted: ApiKey, ticket: Ticket[ApiKey], *, again: bool = False
    ) -> None:
        manager = self._issuer.manage(accepted, ticket)
        kept = inherited(manager, accepted)
        ticket.ensure_still_this_rotation(again=again)
        try:
            manager.set_key(chosen, accepted=accepted, kept=kept)
        except (RejectedByPolicy, Misconfigured) as refusal:
            problem: RejectedByPolicy | Misconfigured = refusal
        else:
            return
        self._require_set(chosen, problem)

    def _require_set(self, chosen: ApiKey, problem: RejectedByPolicy | Misconfigured) -> None:
        """Raises the problem, unless an earlier attempt had set the key that is refused now.

        Some issuers take no key twice. Raises Unreachable where it may have, and a version would
        be given up whose key is the one in use.
        """
        try:
            if isinstance(problem, RejectedByPolicy):
                probe(self._issuer, chosen)
            else:
                self._issuer.probe(chosen)
        except Rejected:
            raise problem from None
        except RotationError as unknown:
            if isinstance(problem, Misconfigured):
                raise problem from None
            if not isinstance(unknown, Unreachable):
                raise
            raise Unreachable(
                f"{problem.what}; whether an earlier attempt had set it is not known yet",
                do=f"{NEXT_ATTEMPT}; {GIVE_UP}, and {problem.do}",
                field=problem.field,
            ) from None

    def _set_with_an_accepted_key(self, pending: ApiKey, ticket: Ticket[ApiKey]) -> None:
        """Raises Rejected where no stored key is accepted, with what the first one was told.

        Falls from one stored key to the next only on Rejected.
        """
        refusal: Rejected | None = None
        for key, version, _ in islice(key_candidates(pending.account, ticket), MAX_PROBES):
            if refusal:
                LOG.warning("stored keys are rejected: trying that of %s", version)
            try:
                if key.key == pending.key:
                    self._issuer.probe(pending)  # an earlier attempt may have set it
                else:
                    self._set(pending, key, ticket)
            except Rejected as rejected:
                refusal = refusal or rejected
            else:
                return
        if self._is_set_already(pending, ticket):
            return
        if refusal is not None:
            raise refusal
        raise Rejected(
            f"no stored key of {pending.account.owner!r} is accepted",
            do="store a valid one with PutSecretValue and rotate again",
            field=pending.fields["key"],
        )

    def _is_set_already(self, pending: ApiKey, ticket: Ticket[ApiKey]) -> bool:
        """Whether an earlier attempt has set a key that the issuer did not know a moment ago.

        Raises Unreachable while that cannot be told.
        """
        if not self._issuer.propagation(pending):
            return False
        try:
            probe(self._issuer, pending, age=self.age(ticket))
        except Rejected:
            return False
        return True
