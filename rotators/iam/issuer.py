"""A KeyIssuer for IAM: a user's access keys, made by the function's role, proved by STS."""

import re
from collections.abc import Mapping
from typing import ClassVar, Self

from rotators.iam.account.manager import Manager
from rotators.iam.aws.calls import Calls
from rotators.iam.stored import read_stored
from shared.asked.grants import Grants
from shared.errors import TargetMismatch
from shared.keys.api_key import ApiKey
from shared.passwords import PasswordPolicy
from shared.protocol.contract import Ticket
from shared.settings import Settings

# IAM User Guide, "Troubleshoot IAM": changes are seen everywhere after some time. It is seconds
# mostly; a minute is what a refused key is given.
PROPAGATION_SECONDS = 60.0
_USER = re.compile(r"arn:[a-z-]+:iam::(?P<account>[0-9]{12}):user/(?:.*/)?(?P<name>[^/]+)")


class IamIssuer:
    """IAM, as seen from one account; account: its number, empty where that is not known."""

    name: ClassVar[str] = "iam"

    def __init__(self, calls: Calls, account: str) -> None:
        self._calls = calls
        self._account = account

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """By AWS_ACCOUNT_ID, and trusting what TLS_CA_BUNDLE says; raises Misconfigured."""
        account = Settings(environment).text("AWS_ACCOUNT_ID", default="").strip()
        if account and not re.fullmatch(r"[0-9]{12}", account):
            raise Settings(environment).refusal("AWS_ACCOUNT_ID", "must be 12 digits")
        return cls(Calls(environment), account)

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        """The key in a secret; raises MalformedSecret."""
        return read_stored(document)

    def manage(self, key: ApiKey, ticket: Ticket[ApiKey]) -> Manager:
        """The user's keys, which the function's role makes and ends; asks nothing yet."""
        return Manager(self._calls, key, ticket)

    def policies(self, _key: ApiKey, /) -> Grants[PasswordPolicy] | None:
        """None: IAM makes keys."""
        return None

    def choose(self, current: ApiKey, /) -> ApiKey:
        """IAM makes keys."""
        raise NotImplementedError

    def probe(self, key: ApiKey, /) -> bool:
        """Ask STS whose the key is, which needs no right; a signature is by id and key together.

        Raises Rejected, and TargetMismatch for the key of another user or account.
        """
        found = _USER.fullmatch(self._calls.identity(key))
        owner, fields = key.account.owner, key.fields
        if found is None:
            raise TargetMismatch(
                f"the key is of no user, so not of {owner!r}: it is the account's own, or a role's",
                do="store an access key of the user that 'username' names",
                field=fields["id"],
            )
        if found["name"] != owner:
            raise TargetMismatch(
                f"the key is not of user {owner!r} but of {found['name']!r}",
                do="correct 'username' in the secret, or store a key of that user",
                field="username",
            )
        if self._account and found["account"] != self._account:
            raise TargetMismatch(
                f"the key is of user {owner!r} in account {found['account']}, and the function of "
                f"account {self._account}",
                do="rotate it with a function in its own account",
                field=fields["id"],
            )
        return True

    def propagation(self, _key: ApiKey, /) -> float:
        """The seconds in which a new key may not be known everywhere, nor an ended one refused."""
        return PROPAGATION_SECONDS
