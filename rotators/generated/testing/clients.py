"""Who signs and who verifies: each reads the secret, and nothing else, as applications do."""

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from local.targets import Document, create
from rotators.generated.testing.secrets import document

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Token = tuple[str, bytes]  # the id of the key, and the signature of the claims
_CLAIMS = b'{"sub":"app"}'


class GeneratedTarget:
    """A field of a secret, and its verifier.

    The verifier goes by AWSCURRENT, and where that verifies nothing by AWSPENDING, as clients do
    that must not refuse what was signed in the last moment of a rotation.
    """

    function: ClassVar[str] = "GeneratedValue"
    installs: ClassVar[bool] = False
    _client: "SecretsManagerClient"  # once there is a secret
    _name: str  # a replay gives the secret the ARN of its events

    def __init__(self, field: str, rule: Mapping[str, object]) -> None:
        self.settings: Mapping[str, str] = {}
        self.field = field
        self.overlaps = "keyring" in rule
        self.title = f"{rule['kind']} {'keyring' if self.overlaps else 'value'}"
        self.document: Document = document(field, rule)

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret, which its clients read from then on."""
        self._client, self._name = client, name
        return create(client, name, self.document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Whether the verifier takes all that who has read this version may sign, now or next."""
        read = [each[self.field] for each in self._read()]
        tokens = sign(document[self.field])
        return all(any(verifies(held, token) for held in read) for token in tokens)

    def _read(self) -> Iterator[Document]:
        yield self._value("AWSCURRENT")
        # No rotation runs, or createSecret has not stored a value yet.
        with suppress(self._client.exceptions.ResourceNotFoundException):
            yield self._value("AWSPENDING")

    def _value(self, label: str) -> Document:
        answer = self._client.get_secret_value(SecretId=self._name, VersionStage=label)
        document: Document = json.loads(answer["SecretString"])
        return document


def sign(held: object) -> list[Token]:
    """The claims signed with each key that a signer has of this: the id of the key, and its work.

    A keyring's `next` last.
    """
    value: Any = held
    if not isinstance(value, Mapping):
        return [("", _hmac(str(value)))]
    keys = [value["active"], value.get("next")] if "active" in value else [value]
    return [(key["kid"], _signature(key)) for key in keys if key is not None]


def _signature(key: Mapping[str, Any]) -> bytes:
    if "private_key" not in key:
        return _hmac(key["key"])
    private: Any = serialization.load_pem_private_key(key["private_key"].encode(), None)
    signature: bytes = private.sign(_CLAIMS)
    return signature


def _hmac(key: str) -> bytes:
    return hmac.digest(key.encode(), _CLAIMS, "sha256")


def verifies(held: object, token: Token) -> bool:
    """Whether a verifier that has read this takes the token, by the key that it names."""
    value: Any = held
    kid, signature = token
    if not isinstance(value, Mapping):
        return hmac.compare_digest(signature, _hmac(str(value)))
    for key in value.get("accepted") or [value["jwk"]]:
        if key["kid"] != kid:
            continue
        if "x" not in key:
            return hmac.compare_digest(signature, _hmac(key["key"]))
        public = base64.urlsafe_b64decode(key["x"] + "=")
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, _CLAIMS)
        except InvalidSignature:
            return False
        return True
    return False
