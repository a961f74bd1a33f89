"""Which KMS key a secret's versions say they are encrypted with; nothing is encrypted here."""

import re
from collections.abc import Iterable

# What ListSecretVersionIds calls aws/secretsmanager, as recorded on AWS (LocalStack's
# test_update_secret_version_stages_current_previous).
DEFAULT = "DefaultEncryptionKey"
DEFAULT_ALIAS = "alias/aws/secretsmanager"
_DEFAULT_ALIAS = re.compile(rf"(arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{{12}}:)?{DEFAULT_ALIAS}")


class Encryption:
    """The secret's key, None for aws/secretsmanager, which no answer names (API reference)."""

    def __init__(self, given: str | None) -> None:
        self.key = _own_key(given)
        self._earlier: dict[str, str] = {}

    def change(self, given: str, versions: Iterable[str], labelled: Iterable[str]) -> None:
        """UpdateSecret: a new key for versions to come and for those with one of AWS's labels.

        versions: every version there is; the others stay with the key they have.
        """
        kept = set(versions) - set(labelled)
        self._earlier = {version_id: self.key_of(version_id) for version_id in kept}
        self.key = _own_key(given)

    def key_of(self, version_id: str) -> str:
        """The key of one version, as KmsKeyIds has it."""
        return self._earlier.get(version_id, self.key or DEFAULT)


def _own_key(given: str | None) -> str | None:
    """The key given, if it is another than aws/secretsmanager."""
    return None if not given or _DEFAULT_ALIAS.fullmatch(given) else given
