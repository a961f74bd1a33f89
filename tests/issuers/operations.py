"""Documented operations: the requests that an example shows, and its answers to them.

`means` names what stands for something else on another day: a label, an id, a key, a time. All
other values are what the documentation shows, and what is sent must be equal to them. `members`
names members whose example is like others, such as null, false or an empty list.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.issuers.stub_keys import written

# What every client says of the connection and of itself.
OWN_HEADERS = {"host", "connection", "content-length", "accept-encoding", "user-agent"}
# What may stand inside a URL or a header; other names are whole values of a body.
IN_TEXT = {"id", "key", "token", "asker"}
USUAL_HEADERS = {"accept": "application/json", "content-type": "application/json"}


class Mismatch(Exception):
    """How a request differs from a documented one."""


@dataclass(frozen=True)
class Sent:
    """A request as it came."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Operation:
    """One documented request and answer."""

    name: str
    document: Mapping[str, Any]

    @property
    def means(self) -> dict[str, Any]:
        return dict(self.document.get("means", {}))

    @property
    def members(self) -> dict[str, str]:
        return dict(self.document.get("members", {}))

    def match(self, sent: Sent) -> dict[str, Any]:
        """What the names stand for in this request; raises Mismatch."""
        example = self.document["request"]
        found: dict[str, Any] = {}
        if sent.method != example["method"]:
            raise Mismatch(f"method {sent.method}")
        wanted, got = urlsplit(example["url"]), urlsplit(sent.url)
        self._text("the URL", wanted.netloc + wanted.path, got.netloc + unquote(got.path), found)
        self._tree("query", example.get("query", {}), dict(parse_qsl(got.query)), found)
        self._headers(example, {k.lower(): v for k, v in sent.headers.items()}, found)
        if "form" in example:
            body: object = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
        else:
            body = json.loads(sent.body) if sent.body else None
        self._tree("body", example.get("form", example.get("body")), body, found)
        return found

    def answer(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """The documented answer's body with these values for the names."""
        return self.filled(self.document["answer"].get("body"), values)

    def filled(self, example: object, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        """The example with the values of the names that have one, in the example's own types."""
        name = meant(example, self.means)
        if name is not None and name in values:
            return _typed(values[name], example)
        if isinstance(example, dict):
            return {key: self._member(key, value, values) for key, value in example.items()}
        if isinstance(example, list):
            return [self.filled(value, values) for value in example]
        return example

    def _member(self, key: str, example: object, values: Mapping[str, Any]) -> Any:  # noqa: ANN401
        name = self.members.get(key, "")
        return _typed(values[name], example) if name in values else self.filled(example, values)

    def _headers(
        self, example: Mapping[str, Any], sent: Mapping[str, str], found: dict[str, Any]
    ) -> None:
        wanted = {k.lower(): v for k, v in example.get("headers", {}).items()}
        if "user" in example:
            kind, _, proof = sent.get("authorization", "").partition(" ")
            if kind != "Basic":
                raise Mismatch("no basic authentication")
            pair = base64.b64decode(proof).decode().split(":", 1)
            self._tree("user", example["user"], pair, found)
        elif "authorization" in sent and "authorization" not in wanted:
            raise Mismatch("a header Authorization that is not documented")
        for name, value in wanted.items():
            self._text(f"header {name}", value, sent.get(name, ""), found)
        if "form" in example:
            usual = {**USUAL_HEADERS, "content-type": "application/x-www-form-urlencoded"}
        else:
            usual = USUAL_HEADERS
        for name, value in sent.items():
            known = name in OWN_HEADERS | wanted.keys() | {"authorization"}
            if not known and usual.get(name) != value:
                raise Mismatch(f"a header {name} that is not documented")

    def _text(self, where: str, example: str, sent: str, found: dict[str, Any]) -> None:
        """Text in which a name stands as a word of its own."""
        pattern = re.escape(example)
        for name, value in self.means.items():
            if name in IN_TEXT:
                word = rf"(?<!\w){re.escape(re.escape(str(value)))}(?!\w)"
                pattern = re.sub(word, f"(?P<{name}>.+?)", pattern)
        match = re.fullmatch(pattern, sent)
        if match is None:
            raise Mismatch(f"{where} is not like {example}")
        for name, value in match.groupdict().items():
            self._bind(name, value, found)

    def _tree(self, where: str, example: object, sent: object, found: dict[str, Any]) -> None:
        name = meant(example, self.means)
        if name is not None:
            self._same_type(where, example, sent)
            self._bind(name, sent, found)
        elif isinstance(example, dict) and isinstance(sent, dict):
            optional = set(self.document.get("optional", ()))
            if missing := example.keys() - sent.keys() - optional:
                raise Mismatch(f"{where} lacks {sorted(missing)}")
            if more := sent.keys() - example.keys():
                raise Mismatch(f"{where} has {sorted(more)}, which are not documented")
            for key, value in sent.items():
                if key in self.members:
                    self._same_type(f"{where}.{key}", example[key], value)
                    self._bind(self.members[key], value, found)
                else:
                    self._tree(f"{where}.{key}", example[key], value, found)
        elif isinstance(example, list) and isinstance(sent, list) and len(example) == len(sent):
            for i, (one, other) in enumerate(zip(example, sent, strict=True)):
                self._tree(f"{where}[{i}]", one, other, found)
        elif example != sent:
            raise Mismatch(f"{where} is not as documented")

    @staticmethod
    def _same_type(where: str, example: object, sent: object) -> None:
        if type(sent) is not type(example):
            raise Mismatch(f"{where} is not a {type(example).__name__}")

    @staticmethod
    def _bind(name: str, value: object, found: dict[str, Any]) -> None:
        if str(found.setdefault(name, value)) != str(value):
            raise Mismatch(f"two different values for the {name}")


def meant(example: object, means: Mapping[str, object]) -> str | None:
    """The name that this value of an example stands for."""
    for name, value in means.items():
        if value == example and type(value) is type(example):
            return name
    return None


def _typed(value: Any, example: object) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, datetime):
        return written(value, example)
    is_number = isinstance(example, int) and not isinstance(example, bool)
    return int(str(value)) if is_number and value is not None else value
