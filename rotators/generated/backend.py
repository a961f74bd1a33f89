"""The Backend of values that no target knows: the secret itself is what both sides read.

So there is nothing to install, and AWSCURRENT is what is accepted.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from rotators.generated.credential import Generated
from rotators.generated.forms.form import Moment
from rotators.generated.leaks import end_leaked
from rotators.generated.proof import prove, require_proof
from rotators.generated.rules.making import Rules
from shared.errors import MalformedSecret
from shared.protocol.contract import StoredVersion, Ticket
from shared.protocol.expiry import AT_LATER_FINISH, AT_NEXT_FINISH, REPLACED_AT_FINISH
from shared.protocol.findings import Findings, Link
from shared.protocol.receipt import Receipt

_PROVED = "what is in its fields is as the rules say, and each pair and keyring matches"
_EXPIRY = "when what was replaced ends"


class GeneratedValues:
    """Makes the fields anew that the secret, or the function, names; see Backend."""

    name: ClassVar[str] = "generated"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._rules = Rules(environment)

    def parse(self, document: Mapping[str, object], /) -> Generated:
        """Raises MalformedSecret; what is in a field is not looked at yet."""
        return Generated(self._rules.forms(document), document)

    def render(self, credential: Generated, /) -> dict[str, object]:
        """The secret's value."""
        return credential.with_values({}).document  # type: ignore[return-value]

    def create(self, current: Generated, ticket: Ticket[Generated], /) -> Generated:
        """A new value for each field; raises before any is made where one cannot be."""
        self.check(current)
        moment = Moment(datetime.now(UTC), ticket.last_rotation)
        return current.with_values({
            each.name: each.form.renew(each.value, moment) for each in current.held()
        })  # fmt: skip

    def check(self, current: Generated) -> None:
        """Raises what `create` would."""
        self._rules.check_wishes(current.document)
        for each in current.held():
            each.form.check(each.value)

    def discard(self, created: Generated, ticket: Ticket[Generated], /) -> None:
        """Nobody has seen it."""

    def install(self, pending: Generated, ticket: Ticket[Generated], /) -> None:
        """Clients read the secret, and nobody else has to know."""

    def verify(self, pending: Generated, ticket: Ticket[Generated], /) -> None:
        """Sign and verify as the clients do; raises Rejected.

        Where nothing else runs, a value is only warned of that its next rotation replaces anyhow.
        """
        ticket.notes[_EXPIRY] = _last_end(pending)
        try:
            self._rules.check_wishes(pending.document)
        except MalformedSecret:
            if ticket.only_tests():
                raise
        require_proof(pending, ticket.only_tests)

    def end_old_credential(self, ticket: Ticket[Generated], /) -> str | None:
        """Nothing: what is accepted is in the version that is current now."""
        expiry = ticket.notes.get(_EXPIRY)
        return None if expiry is None else str(expiry)

    def reset_of(self, _credential: Generated, /) -> None:
        """Nobody is locked out: who may write the secret may store another value."""

    def diagnose(
        self,
        versions: Sequence[StoredVersion[Generated]],
        _ticket: Ticket[Generated],
        findings: Findings,
        /,
    ) -> None:
        """Prove what is current and what is pending; no other version is used by anybody."""
        for version in versions:
            if version.is_current:
                with findings.looking(Link.VALUE, of=version.of):
                    self.check(version.credential)
            if version.is_current or version.is_pending:
                prove(version, findings, _PROVED)

    def end_leaked(self, leaked: Generated, ticket: Ticket[Generated], receipt: Receipt, /) -> None:
        """Take a keyring's leaked keys out at once; all else has ended as it was replaced."""
        end_leaked(leaked, ticket, receipt)


def _last_end(credential: Generated) -> str:
    """When the last of them ends."""
    order = (REPLACED_AT_FINISH, AT_NEXT_FINISH, AT_LATER_FINISH)
    return max((each.form.expiry() for each in credential.held()), key=order.index)
