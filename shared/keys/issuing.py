"""One createSecret at an issuer that makes keys: what ends before, and what is made or kept."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.errors import Busy, Misconfigured, TargetMismatch, Unreachable
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyManager, OwnedKey
from shared.keys.holding import Held
from shared.keys.leftovers import Ending
from shared.keys.spared import Spared
from shared.protocol.contract import Ticket

LOG = logging.getLogger(f"rotation.{__name__}")


@dataclass(frozen=True, slots=True)
class Issuing:
    """One createSecret; kept: what the key that is in use passes on to the next.

    listed: the account's keys as the step began. spared: those of this secret that do not end yet.
    """

    manager: KeyManager
    ticket: Ticket[ApiKey]
    held: Held
    kept: Mapping[str, object]
    listed: Sequence[OwnedKey]
    spared: Callable[[], Mapping[str, Spared]]

    def resume(self, issued_before: Sequence[OwnedKey]) -> ApiKey:
        """Keep the stored one of the keys that this version has already, or issue one more."""
        pending = pending_or_none_after_wait(self.ticket)
        if pending is not None:
            self._revoke_all_but(pending, issued_before)
            return pending
        if self.manager.idempotent:  # the issuer gives one of them once more
            created = self._issue()
            self._revoke_all_but(created, issued_before)
            return created
        revoke(self.manager, [Ending(key.key_id) for key in issued_before])
        return self._issue()

    def retire_then_issue(self, ending: Sequence[Ending]) -> ApiKey:
        """Revoke these keys, and have one issued for this version."""
        remaining = self.require_room(ending)
        revoke(self.manager, ending, self.ticket)
        try:
            return self._issue()
        except Misconfigured as refusal:
            others = self._others(remaining)
            if self.manager.can_label or not others:
                raise
            # A key that was lost with its answer may be in the way, and no label tells.
            raise refusal.then(
                f"beside the current key the issuer lists {', '.join(others)}: "
                "end there what no version of the secret holds"
            ) from None

    def _issue(self) -> ApiKey:
        """Raises Unreachable saying so where that may leave a key that no rotation will find."""
        self.ticket.ensure_still_this_rotation()
        try:
            return self.manager.issue(self.held.key, self.kept)
        except Unreachable as lost:
            if self.manager.can_label or self.manager.idempotent:
                raise
            raise lost.then(
                "if the issuer made a key all the same, its list does not tell for whom: "
                "revoke there what no version of the secret holds"
            ) from None

    def _revoke_all_but(self, survivor: ApiKey, keys: Sequence[OwnedKey]) -> None:
        if survivor.key_id is None:  # which of them it is cannot be told
            return
        ending = [Ending(key.key_id) for key in keys if key.key_id != survivor.key_id]
        revoke(self.manager, ending)

    def require_room(self, ending: Sequence[Ending]) -> Sequence[OwnedKey]:
        """The keys that remain once these have ended.

        Raises TargetMismatch naming the keys in the way, where the account may have no more.
        """
        ended = {each.key_id for each in ending}
        keys = [key for key in self.listed if key.key_id not in ended]
        if self.manager.max_keys is None or len(keys) < self.manager.max_keys:
            return keys
        current, spared = self.held.key, self.spared()
        others = [key.key_id for key in keys if key.key_id != current.key_id]
        told = [
            f"{self.manager.key_name(each)}, {spared[each].why}"
            if each in spared
            else self.manager.key_name(each)
            for each in others
        ]
        advice = [spared[each].do for each in others if each in spared]
        if len(advice) < len(others):
            advice.append("delete one that nobody uses at the issuer")
        raise TargetMismatch(
            f"the issuer allows {self.manager.max_keys} keys, and this rotation may not end those "
            f"that {current.account.owner!r} has: {', '.join(told) or 'the current one'}",
            do=f"{', or '.join(dict.fromkeys(advice))}, and rotate again",
            field=current.fields.get("id"),
        )

    def _others(self, keys: Sequence[OwnedKey]) -> list[str]:
        """What messages call these keys, without the current one."""
        current = self.held.key.key_id
        return [self.manager.key_name(key.key_id) for key in keys if key.key_id != current]


def pending_or_none_after_wait(ticket: Ticket[ApiKey]) -> ApiKey | None:
    """The key stored for this version; waits a short while for a copy that is about to store."""
    try:
        return ticket.pending()
    except Busy:
        return None


def revoke(
    manager: KeyManager,
    ending: Sequence[Ending],
    ticket: Ticket[ApiKey] | None = None,
    *,
    again: bool = False,
) -> None:
    """End these keys, and warn of those that are accepted all the same.

    ticket: of the rotation that they may end in only, and not in a later one; again: look for one,
    however short ago the last look was.
    """
    for each in ending:
        name = manager.key_name(each.key_id)
        if not manager.can_revoke:
            LOG.warning("key %s is not revoked: such keys only expire", name)
            continue
        if ticket is not None:
            ticket.ensure_still_this_rotation(again=again)
        manager.revoke(each.key_id, each.stored)
        LOG.info("revoked key %s", name)
    if ending and manager.can_revoke:
        manager.check_ended([each.key_id for each in ending])
