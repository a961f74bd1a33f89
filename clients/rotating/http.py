"""What requests and httpx share: which headers carry a secret, and what an answer says of it."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

from rotating.errors import MalformedSecret
from rotating.version import Hidden, Version

Headers = Callable[[Version], Mapping[str, str]]
# As the rotation function names the only field of a secret that is one plain string.
_WHOLE = "SecretString"
# Said before, or without, looking at the credential.
_SILENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}


def bearer(field: str = "api_key") -> Headers:
    """`Authorization: Bearer <key>`, by RFC 6750; the field `SecretString` is the whole secret."""
    return header("Authorization", field, "Bearer ")


def header(name: str, field: str = "api_key", prefix: str = "") -> Headers:
    """A header of that name, such as `X-Api-Key`, with the prefix and the key."""
    return lambda version: {name: Hidden(prefix + _value(version, field))}


def basic(user: str = "username", password: str = "password") -> Headers:  # noqa: S107 - a field's name
    """`Authorization: Basic`, by RFC 7617, of two fields of one version."""

    def headers(version: Version) -> Mapping[str, str]:
        if ":" in version[user]:
            raise MalformedSecret(f"the user in field '{user}' of a secret has a colon", user)
        pair = Hidden(f"{version[user]}:{version[password]}")
        return {"Authorization": Hidden("Basic " + b64encode(_encoded(pair)).decode())}

    return headers


def checked(headers: Headers, version: Version, name: str) -> Mapping[str, str]:
    """What the version puts into the request; raises MalformedSecret where HTTP forbids it.

    Before a library does, since its error would show the value.
    """
    values = {key: Hidden(value) for key, value in headers(version).items()}
    for key, value in values.items():
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            raise MalformedSecret(
                f"what the secret '{name}' has for the header '{key}' has a line break, a space at "
                "an end, or a character that is not ASCII"
            )
    return values


def is_unauthorized(status: int) -> bool:
    """401 says that the credential is wrong; 403, that it is right and lacks a right."""
    return status == HTTPStatus.UNAUTHORIZED


def is_silent(status: int, *, in_doubt: bool) -> bool:
    """Whether an answer with this status says nothing of the credential.

    in_doubt: whether another one was rejected, so that this may be refused for its own sake.
    """
    least = HTTPStatus.BAD_REQUEST if in_doubt else HTTPStatus.INTERNAL_SERVER_ERROR
    return status in _SILENT or status >= least


def origin(url: str) -> str:
    """Where a request goes: what one host says of a credential, another need not."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _value(version: Version, field: str) -> str:
    return version.text if field == _WHOLE else version[field]


def _encoded(pair: str) -> bytes:
    return pair.encode(errors="replace")
