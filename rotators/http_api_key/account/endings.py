"""Ending keys at an issuer, and whether they have ended."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from rotators.http_api_key.account.asker import Asker
from rotators.http_api_key.account.listing import ListedKey
from rotators.http_api_key.http.client import GONE
from shared.deadline import time_left
from shared.errors import Rejected, RotationError
from shared.keys.api_key import ApiKey
from shared.patience import tries

LOG = logging.getLogger(f"rotation.{__name__}")

MAX_PROOF_SECONDS = 20  # and half of what the step has left: there is more to do in it


class Endings:
    """The revocations of one step; `listed` gives the accepted keys as they are now."""

    def __init__(self, asker: Asker, listed: Callable[[], Sequence[ListedKey]]) -> None:
        self._asker = asker
        self._described = asker.described
        self._listed = listed
        self._proved: set[str] = set()

    def revoke(self, managed: ApiKey, key_id: str, stored: ApiKey | None) -> None:
        """End the key of the managed one's account; see KeyManager.revoke.

        Raises Forbidden where it is not there to be ended and is listed still: some issuers
        answer 404 also to an admin without the right.
        """
        values = self._asker.values(replace(managed, key_id=key_id))
        for request in self._described.revoke:
            reply = self._asker.ask(request, values, gone=GONE)
            if reply.outcome != "gone":
                continue
            # Where an issuer takes a while, its list may still show a key that is gone.
            if not self._described.propagation and self._is_listed(key_id):
                raise reply.because(reply.errors.not_revoked(reply.code))
            break
        if stored is not None and self._described.is_revocation_proved:
            self._prove(key_id, stored)

    def check(self, key_ids: Collection[str]) -> None:
        """Warn of those that the list shows still, though they were revoked."""
        unproved = set(key_ids) - self._proved
        if not unproved or self._described.list is None:
            return
        try:
            listed = {key.key_id for key in self._listed()}
        except RotationError:  # all that was to be done is done
            LOG.warning("whether revoked keys are listed still is not known: the list failed")
            return
        seconds = self._described.propagation
        may_be = f", which the issuer may take {seconds} s for" if seconds else ""
        for key_id in sorted(unproved & listed):
            LOG.warning("key %s was revoked, and is listed still%s", self._name(key_id), may_be)

    def _prove(self, key_id: str, stored: ApiKey) -> None:
        """Use the revoked key until it is refused; warn where it is not."""
        self._proved.add(key_id)
        verdict = "is still accepted"
        within = min(self._described.propagation, MAX_PROOF_SECONDS, time_left() / 2)
        for _ in tries(within):
            try:
                self._asker.client.probe(stored)
            except Rejected:
                return
            except RotationError:
                verdict = "may still be accepted: the issuer does not tell"
            else:
                verdict = "is still accepted"
        LOG.warning("key %s was revoked, and %s", self._name(key_id), verdict)

    def _is_listed(self, key_id: str) -> bool:
        return key_id in {key.key_id for key in self._listed()}

    def _name(self, key_id: str) -> str:
        return self._asker.client.key_name(key_id)
