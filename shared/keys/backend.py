"""The Backend of API keys: each secret says in which way its next key comes about."""

from collections.abc import Mapping
from typing import Protocol

from shared.keys.api_key import ApiKey, Way
from shared.keys.chosen import ChosenKey
from shared.keys.contract import KeyIssuer
from shared.keys.ends import Ends
from shared.keys.issued import IssuedKey
from shared.keys.propagation import probe
from shared.keys.replaced import ReplacedKey
from shared.protocol.contract import Ticket
from shared.settings import Settings


class KeyStrategy(Protocol):
    """What a Backend does differently for each Way; raises RotationError only.

    As with a Backend, each method may be called twice, at once, and again after a crash.
    """

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """The key to be stored as the pending one."""
        ...

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Undo `create` for a key that was not stored and never will be."""
        ...

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Have the issuer accept the stored key, where it does not yet."""
        ...

    def age(self, ticket: Ticket[ApiKey], /) -> float:
        """The seconds for which the issuer has had the pending key at least."""
        ...

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End the key that was in use before `promoted`, which is now."""
        ...


class ApiKeyBackend:
    """Rotates keys that are issued, replaced or chosen; see Backend."""

    def __init__(self, issuer: KeyIssuer, environment: Mapping[str, str]) -> None:
        self._issuer = issuer
        self.name = issuer.name
        self._ends = Ends.from_environment(environment)
        short_gap = Settings(environment).flag("SHORT_GAP", default=False)
        self._strategies: Mapping[Way, KeyStrategy] = {
            Way.ISSUED: IssuedKey(issuer, self._ends),
            Way.REPLACED: ReplacedKey(issuer, short_gap=short_gap),
            Way.CHOSEN: ChosenKey(issuer, short_gap=short_gap),
        }

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """Raises MalformedSecret naming the field, or the place in the description."""
        return self._issuer.parse(document)

    def render(self, credential: ApiKey, /) -> dict[str, object]:
        """The secret's JSON object with this key in it."""
        return credential.render()

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Choose the next key, or have the issuer make it. Raises Misconfigured."""
        if current.way is not Way.ISSUED:
            self._ends.refuse_after()
        return self._strategies[current.way].create(current, ticket)

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Undo `create`, as far as that can be."""
        self._strategies[created.way].discard(created, ticket)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Have the issuer accept the key, where it does not yet."""
        self._strategies[pending.way].install(pending, ticket)

    def verify(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Use the key as its owner would; raises Rejected, TargetMismatch."""
        probe(self._issuer, pending, age=self._strategies[pending.way].age(ticket))

    def end_old_credential(self, ticket: Ticket[ApiKey], /) -> None:
        """End the old key, where it is to end now and not as the next rotation begins."""
        if self._ends.on_finish:
            promoted = ticket.pending()
            self._strategies[promoted.way].end_old_credential(promoted, ticket)
