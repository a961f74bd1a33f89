"""The secrets of one account and region, found by name, ARN or partial ARN."""

from collections.abc import Callable

from local.secrets_manager import errors
from local.secrets_manager.arn import NAME, SECRET
from local.secrets_manager.secret import Secret


class Store:
    """Secrets by name; one whose recovery window has ended is gone (DeleteSecret).

    now: the clock, in Unix seconds.
    """

    def __init__(self, account: str, region: str, now: Callable[[], float]) -> None:
        self._account, self._region = account, region
        self._now = now
        self._secrets: dict[str, Secret] = {}

    def all(self) -> list[Secret]:
        """Every secret in the order they were made, those scheduled for deletion included."""
        return [secret for name in list(self._secrets) if (secret := self.named(name))]

    def named(self, name: str) -> Secret | None:
        """The secret with exactly this name."""
        secret = self._secrets.get(name)
        if secret is not None and secret.is_gone(self._now()):
            self.remove(secret)
            return None
        return secret

    def find(self, secret_id: str) -> Secret | None:
        """The secret with this name, ARN, or partial ARN: one without its last seven characters.

        What ends as a full ARN does is no partial one, as recorded on AWS (LocalStack's
        test_create_and_update_secret[Invalid/_+=.@-Name-a1b2c3]). Raises as name_in does, and
        AccessDeniedException for another account's, as no policy of here lets anybody in there.
        """
        secret = self.named(name_in(secret_id))
        arn = SECRET.fullmatch(secret_id)
        if arn is None or (secret is not None and secret.arn == secret_id):
            return secret
        if arn["account"] != self._account:
            raise errors.not_authorized(secret_id)
        is_partial = not arn["suffix"] and arn["region"] == self._region
        return secret if is_partial else None

    def add(self, secret: Secret) -> None:
        """Keep the secret under its name."""
        self._secrets[secret.name] = secret

    def remove(self, secret: Secret) -> None:
        """Forget the secret and its versions; its name is free."""
        self._secrets.pop(secret.name, None)


def name_in(secret_id: str) -> str:
    """The name a SecretId is about, be it a name, an ARN or a partial ARN.

    Raises ValidationException for any other form (LocalStack's test_invalid_secret_name).
    """
    if NAME.fullmatch(secret_id):
        return secret_id
    arn = SECRET.fullmatch(secret_id)
    if arn is None:
        raise errors.invalid_name()
    return arn["name"]
