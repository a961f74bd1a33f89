"""The Backend of API keys of every way: which it is, each secret says."""

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


class _Strategy(Protocol):
    """What differs from way to way; see Backend."""

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey: ...
    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None: ...
    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None: ...
    def end_old_credential(self, live: ApiKey, ticket: Ticket[ApiKey], /) -> None: ...


class Keys:
    """Keys that are issued, replaced or chosen."""

    def __init__(self, issuer: KeyIssuer, environment: Mapping[str, str]) -> None:
        self._issuer = issuer
        self.name = issuer.name
        self._ends = ends = Ends.from_environment(environment)
        short_gap = Settings(environment).flag("SHORT_GAP", default=False)
        self._strategies: Mapping[Way, _Strategy] = {
            Way.ISSUED: IssuedKey(issuer, ends),
            Way.REPLACED: ReplacedKey(issuer, short_gap=short_gap),
            Way.CHOSEN: ChosenKey(issuer, short_gap=short_gap),
        }

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """Raises MalformedSecret naming the field, or the place in the description."""
        return self._issuer.parse(document)

    def render(self, credential: ApiKey, /) -> dict[str, object]:
        """The secret with this key in it."""
        return credential.render()

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Make the next key, or have it made."""
        if current.way is not Way.ISSUED:
            self._ends.refuse_after()
        return self._strategies[current.way].create(current, ticket)

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Undo `create`, as far as that can be."""
        self._strategies[created.way].discard(created, ticket)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Have the issuer accept the key, where it does not yet."""
        self._strategies[pending.way].install(pending, ticket)

    def verify(self, pending: ApiKey, _ticket: Ticket[ApiKey], /) -> None:
        """Use the key as its owner would."""
        probe(self._issuer, pending)

    def end_old_credential(self, ticket: Ticket[ApiKey], /) -> None:
        """End the old key, where it is to end now and not as the next rotation begins."""
        if self._ends.on_finish:
            live = ticket.pending()
            self._strategies[live.way].end_old_credential(live, ticket)
