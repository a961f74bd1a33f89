"""A version of a secret, as it was read: a user and its password are of one read, always."""

import hashlib
import json
from collections.abc import Mapping
from typing import NoReturn, final

from rotating.errors import MalformedSecret


@final
class Hidden(str):
    """A string for drivers, whose repr does not show it: in a traceback's locals, or in a dict."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@final
class HiddenBytes(bytes):
    """Bytes, likewise."""

    def __repr__(self) -> str:
        return "b'***'"


@final
class Fields(dict[str, object]):
    """An object in JSON, whose repr has the names of its fields only."""

    def __repr__(self) -> str:
        return f"<Fields {', '.join(self)}>"


@final
class Version:
    """What one staging label was on: JSON fields, a plain string or bytes.

    Its repr, str and formatting give the id only. It is not pickled.
    """

    __slots__ = ("_binary", "_fields", "_name", "_text", "fingerprint", "id")

    def __init__(
        self,
        name: str,
        id: str,  # noqa: A002 - the field has the name that it has for AWS
        *,
        text: str | None = None,
        binary: bytes = b"",
    ) -> None:
        self.id = id
        self._name = name
        self._text = text
        self._binary = binary
        self._fields: Mapping[str, object] | None = None
        # In this process only: two versions may have one value, as the test of a rotation does.
        value = binary if text is None else text.encode(errors="surrogatepass")
        self.fingerprint = hashlib.sha256(value).digest()

    @property
    def secret(self) -> str:
        """The name of the secret, for messages."""
        return self._name

    @property
    def text(self) -> str:
        """The whole string; raises MalformedSecret where the secret is binary."""
        if self._text is None:
            raise MalformedSecret(f"the secret '{self._name}' is binary, and no string")
        return Hidden(self._text)

    @property
    def binary(self) -> bytes:
        """The bytes of a binary secret; empty where it is a string."""
        return HiddenBytes(self._binary)

    @property
    def fields(self) -> Mapping[str, object]:
        """The JSON object in it, its strings hidden; raises MalformedSecret where it is none."""
        if self._fields is None:
            self._fields = self._parsed()
        return self._fields

    def __getitem__(self, field: str) -> str:
        """A field as a string, a number as its digits; raises MalformedSecret naming the field."""
        value = self.fields.get(field)
        if isinstance(value, str):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Hidden(value)
        problem = "has no field" if value is None else "has no string or number in field"
        raise MalformedSecret(f"the secret '{self._name}' {problem} '{field}'", field)

    def get(self, field: str, default: str = "") -> str:
        """The same; the default where the field is missing, null or empty."""
        return default if self.fields.get(field) in (None, "") else self[field]

    def _parsed(self) -> Mapping[str, object]:
        try:
            fields = json.loads(self.text)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):  # not in the handler: its error would hold the document
            raise MalformedSecret(f"the secret '{self._name}' is no JSON object")
        return Fields({key: _hidden(each) for key, each in fields.items()})

    def __repr__(self) -> str:
        return f"<Version {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Version is not pickled: it would be written in clear")


def _hidden(value: object) -> object:
    if isinstance(value, str):
        return Hidden(value)
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    if isinstance(value, dict):
        return Fields({key: _hidden(each) for key, each in value.items()})
    return value
