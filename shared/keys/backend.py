"""The Backend of API keys: each secret says in which way its next key comes about."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from shared.asked.grants import Grants, check_wishes
from shared.asked.passwords import PASSWORD_RULES
from shared.asked.wishes import Asked, Kind, unknown_first
from shared.errors import MalformedSecret, Misconfigured
from shared.keys.api_key import ApiKey, Way
from shared.keys.chosen import ChosenKey
from shared.keys.contract import KeyIssuer
from shared.keys.diagnosis import AskedOnce, KeyDiagnosis
from shared.keys.ends import VARIABLE, Ends
from shared.keys.issued import IssuedKey
from shared.keys.leaks import end_leaked
from shared.keys.propagation import probe
from shared.keys.replaced import ReplacedKey
from shared.protocol.contract import StoredVersion, Ticket
from shared.protocol.findings import Findings, Link
from shared.protocol.readers import Hold
from shared.protocol.receipt import Receipt
from shared.protocol.reset import Reset

_SHORT_GAP = "SHORT_GAP"
_VARIABLES: Mapping[str, Kind] = MappingProxyType({VARIABLE: "text", _SHORT_GAP: "flag"})
_ON_FINISH = "the old key ends on finish"
_EXPIRY = "when the old key ends"


class KeyStrategy(Protocol):
    """What a Backend does differently for each Way; raises RotationError only.

    As with a Backend, each method may be called twice, at once, and again after a crash.
    """

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """The key to be stored as the pending one."""
        ...

    def check(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Raise what `create` and `install` would, before they change anything."""
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

    def expiry(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> str | None:
        """When the key before `pending` ends, where finishSecret does not end it; see expiry.py.

        Reads nothing; None where this process has not seen enough to tell.
        """
        ...

    def end_old_credential(self, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> str | None:
        """End the key that was in use before `promoted`, which is now; gives what came of it."""
        ...

    def end_leaked(self, leaked: ApiKey, promoted: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """End a key that is accepted still, though `promoted` is in use.

        Raises what keeps it from ending: it is not shown to be this secret's, it only expires, or a
        version with a custom staging label holds it.
        """
        ...


class ApiKeyBackend:
    """Rotates keys that are issued, replaced or chosen; see Backend."""

    def __init__(self, issuer: KeyIssuer, environment: Mapping[str, str]) -> None:
        self._issuer = issuer
        self.name = issuer.name
        self._hold = Hold.from_environment(environment)
        self._strategies = Grants(environment, _VARIABLES, self._strategies_as)

    def _strategies_as(self, asked: Asked) -> "_Strategies":
        ends = Ends.granted(asked)
        asked.keep_off(_SHORT_GAP)
        short_gap = asked.flag(_SHORT_GAP, default=False)
        by_way = _strategies(self._issuer, ends, self._hold, short_gap=short_gap)
        return _Strategies(ends, by_way)

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """Raises MalformedSecret naming the field, or the place in the description."""
        with unknown_first(document, {*self._strategies.variables, *PASSWORD_RULES}):
            return self._issuer.parse(document)

    def render(self, credential: ApiKey, /) -> dict[str, object]:
        """The secret's JSON object with this key in it."""
        return credential.render()

    def create(self, current: ApiKey, ticket: Ticket[ApiKey], /) -> ApiKey:
        """Choose the next key, or have the issuer make it.

        Raises Misconfigured, and MalformedSecret where the secret asks for more than it may.
        """
        self.check_wishes(current)
        return self._strategy_of(current).create(current, ticket)

    def discard(self, created: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Undo `create`, as far as that can be."""
        self._strategy_of(created).discard(created, ticket)

    def install(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Have the issuer accept the key, where it does not yet."""
        self._note(pending, ticket)
        self._strategy_of(pending).install(pending, ticket)

    def verify(self, pending: ApiKey, ticket: Ticket[ApiKey], /) -> None:
        """Use the key as its owner would; raises Rejected, TargetMismatch.

        And MalformedSecret where a secret that is only tested asks for more than it may.
        """
        self._note(pending, ticket)
        try:
            self.check_wishes(pending)
        except MalformedSecret:
            if ticket.only_tests():
                raise
        except Misconfigured:  # what the function itself says is createSecret's to tell
            pass
        probe(self._issuer, pending, age=self._strategy_of(pending).age(ticket))

    def end_old_credential(self, ticket: Ticket[ApiKey], /) -> str | None:
        """End the old key, where it is to end now and not as the next rotation begins."""
        if ticket.notes.get(_ON_FINISH) is not False:
            promoted = ticket.pending()
            if self._granted(promoted).ends.on_finish:
                return self._strategy_of(promoted).end_old_credential(promoted, ticket)
            self._note(promoted, ticket)
        expiry = ticket.notes.get(_EXPIRY)
        return None if expiry is None else str(expiry)

    def reset_of(self, credential: ApiKey, /) -> Reset | None:
        """By the admin; a key that is its own admin has nobody else."""
        return credential.reset

    def diagnose(
        self,
        versions: Sequence[StoredVersion[ApiKey]],
        ticket: Ticket[ApiKey],
        findings: Findings,
        /,
    ) -> None:
        """Use what is stored, each key once, and look at what the next one needs."""
        issuer = AskedOnce(self._issuer)
        key = versions[0].credential
        if versions[0].is_current:
            with findings.looking(Link.VALUE, of=versions[0].of):
                self.check_wishes(key)
        strategy = _strategies(issuer, self._granted(key).ends, self._hold)[key.way]
        KeyDiagnosis(issuer, strategy, versions, ticket, findings).run()

    def end_leaked(self, leaked: ApiKey, ticket: Ticket[ApiKey], receipt: Receipt, /) -> None:
        """End the leaked key where it is accepted still, and use it until it is refused."""
        end = self._strategy_of(ticket.pending()).end_leaked
        end_leaked(self._issuer, leaked, ticket, receipt, end)

    def check_wishes(self, current: ApiKey) -> None:
        """Raises MalformedSecret where the secret asks for more than it may, and Misconfigured.

        Not in `parse`: see DatabaseBackend.check_wishes.
        """
        policies = self._issuer.policies(current)
        grants = (self._strategies,) if policies is None else (self._strategies, policies)
        has_gap = current.way is not Way.ISSUED and current.slot is None
        check_wishes(current.document, grants, but=() if has_gap else (_SHORT_GAP,))
        if current.way is not Way.ISSUED:
            self._strategies.granted(current.document).ends.refuse_after()

    def _note(self, pending: ApiKey, ticket: Ticket[ApiKey]) -> None:
        """What finishSecret would have to read the version for."""
        ticket.notes[_ON_FINISH] = self._granted(pending).ends.on_finish
        ticket.notes[_EXPIRY] = self._strategy_of(pending).expiry(pending, ticket)

    def _granted(self, stored: ApiKey) -> "_Strategies":
        return self._strategies.granted_or_unasked(stored.document)

    def _strategy_of(self, stored: ApiKey) -> KeyStrategy:
        return self._granted(stored).by_way[stored.way]


class _Strategies(NamedTuple):
    """What a secret gets of what it asks for."""

    ends: Ends
    by_way: Mapping[Way, KeyStrategy]


def _strategies(
    issuer: KeyIssuer, ends: Ends, hold: Hold, *, short_gap: bool = False
) -> Mapping[Way, KeyStrategy]:
    return {
        Way.ISSUED: IssuedKey(issuer, ends, hold),
        Way.REPLACED: ReplacedKey(issuer, short_gap=short_gap),
        Way.CHOSEN: ChosenKey(issuer, short_gap=short_gap),
    }
