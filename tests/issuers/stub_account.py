"""An account at a stub: the keys that it has, as they are made, listed and replaced."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.issuers.examples import Documentation
from tests.issuers.operations import Operation
from tests.issuers.stub_keys import LIFETIMES, cut_ends, has_ended, made, rights_of, shown

FIRST_LIFETIME = timedelta(days=30)


@dataclass
class StubAccount:
    """keys: the accepted ones and those that have expired, newest last.

    confidential: every key and token that was ever given out.
    lists_expired: whether the list has keys that have expired, as some issuers' do.
    """

    documentation: Documentation
    keys: list[dict[str, Any]] = field(default_factory=list)
    confidential: set[str] = field(default_factory=set)
    lists_expired: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        listing = self.documentation.operation("list")
        self.lists_expired = bool(listing and listing.document.get("lists_expired"))

    def first_key(
        self, label: str = "made by hand", *, lifetime: timedelta | None = None, **rights: object
    ) -> dict[str, Any]:
        """A key that somebody made by hand; what it may do is what the examples show, or `rights`.

        lifetime: None for what the examples show, which is for ever, or FIRST_LIFETIME.
        """
        for slot in reversed(self.slots):
            self.make({"slot": slot})
        if self.slots:
            return self.keys[-1]
        shown_rights, ends = self._shown_rights()
        if lifetime is None and ends:
            lifetime = FIRST_LIFETIME
        seconds = {} if lifetime is None else {"lifetime": int(lifetime.total_seconds())}
        return self.make({**shown_rights, **rights, **seconds, "label": label})

    def _shown_rights(self) -> tuple[dict[str, Any], bool]:
        """The rights of the documented key, and whether it has an end."""
        meanings: dict[str, Any] = {}
        for name in ("list", "inspect", "probe"):
            operation = self.documentation.operation(name)
            if name == "probe" and meanings:
                break
            meanings |= operation.means if operation else {}
        return rights_of(meanings), "expires" in meanings

    @property
    def slots(self) -> dict[str, str]:
        """The members of the answer that have the keys, by the slots they are in."""
        replace = self.documentation.operation("replace")
        return dict(replace.document.get("slots", {})) if replace else {}

    def accepts(self, key: str) -> bool:
        return any(each["key"] == key and not has_ended(each) for each in self.keys)

    def replaced(self, operation: Operation, values: Mapping[str, Any]) -> dict[str, Any]:
        old = self.keys[-1] if operation.document.get("keeps_old") else self.keys.pop()
        kept = {name: value for name, value in old.items() if name not in LIFETIMES}
        if "new_id" not in operation.means:
            return self.make({**kept, **values})
        new = self.make({**kept, **values, "id": None})
        return {**new, "id": old["id"], "new_id": new["id"]}

    def by_key(self, key: str) -> dict[str, Any]:
        """The key with this value."""
        return next(each for each in self.keys if each["key"] == key)

    def by_id(self, key_id: object) -> dict[str, Any]:
        """The key with the id; nothing of one that there is not."""
        return next((each for each in self.keys if str(each["id"]) == str(key_id)), {})

    def make(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A key in the shape that the documentation shows."""
        operation = self.documentation.operation("issue") or self.documentation.operation("replace")
        assert operation is not None
        stays = operation.name == "replace" and "new_id" not in operation.means
        known = {"id": operation.means.get("id", "")} if stays else {}
        document = operation.document
        more = {**dict.fromkeys(self._shown_rights()[0]), **document.get("unasked", {}), **known}
        shape = {**operation.means, "id": operation.means.get("new_id", operation.means.get("id"))}
        key = made(shape, {**more, **values})
        for name, added in document.get("adds", {}).items():
            key[name] = [*(key[name] or []), *(each for each in added if each not in key[name])]
        for name in ("list", "issue"):
            example = self.documentation.operation(name)
            if example is not None and "shown" in example.means:
                key["shown"] = shown(key["key"], example.means["shown"])
        if "cuts_others_to" in document:
            cut_ends(self.keys, document["cuts_others_to"])
        self.keys.append(key)
        self.confidential.add(key["key"])
        return key

    def both(self) -> dict[str, str]:
        """The keys of both slots, as answers show them."""
        return {self.slots[each["slot"]]: each["key"] for each in self.keys}

    def listed(self, operation: Operation) -> object:
        """The documented list with the accepted keys in the place of the one that it shows."""
        if self.slots:
            return self.both()
        answer = json.loads(json.dumps(operation.document["answer"]["body"]))
        each = operation.document["each"]
        (pattern,) = answer[each] if each else answer
        items = [
            operation.filled(
                pattern, {**key, "is_expired": has_ended(key), "is_active": not has_ended(key)}
            )
            for key in self.keys
            if self.lists_expired or not has_ended(key)
        ]
        return {**answer, each: items} if each else items
