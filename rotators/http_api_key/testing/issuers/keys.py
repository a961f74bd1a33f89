"""The keys that the demo issuer has issued, and what its API answers about them.

The statuses are JupyterHub 6's, down to those that do not tell an unknown owner from a missing
right: 403 to POST, 404 to the others.
"""

import hashlib
import hmac
import itertools
import json
import re
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote

from rotators.http_api_key.testing.issuers.faults import IssuerAnswer

ADMIN = "rotation"
TOKENS = re.compile(r"/users/(?P<owner>[^/]+)/tokens(/(?P<key_id>[^/]+))?")


@dataclass(frozen=True, slots=True)
class _Key:
    """An accepted key; its value is not kept."""

    key_id: str
    owner: str
    note: str
    digest: bytes = field(repr=False)

    def listed(self) -> dict[str, object]:
        return {"id": self.key_id, "kind": "api_token", "user": self.owner, "note": self.note}


class Keys:
    """Issues, checks and revokes; keeps SHA-256 digests only, in memory; safe in threads."""

    def __init__(self, owners: Collection[str], admin: str) -> None:
        self._owners = frozenset(owners)
        self._admin = _digest(admin)
        self._lock = threading.Lock()
        self._keys: dict[str, _Key] = {}
        self._numbers = itertools.count(1)

    def answer(self, method: str, path: str, key: str | None, body: bytes) -> IssuerAnswer:
        """Do what is asked for at `path`, below the API's base, by the holder of `key`."""
        asker = None if key is None else self._holder(key)
        if asker is None:
            return _refusal(HTTPStatus.FORBIDDEN)
        if (method, path) == ("GET", "/user"):
            kind = "service" if asker == ADMIN else "user"
            return _json(HTTPStatus.OK, {"name": asker, "kind": kind})
        asked = TOKENS.fullmatch(path)
        if asked is None:
            return _refusal(HTTPStatus.NOT_FOUND)
        owner, key_id = unquote(asked["owner"]), unquote(asked["key_id"] or "")
        if owner not in self._owners or asker not in (ADMIN, owner):
            return _refusal(HTTPStatus.FORBIDDEN if method == "POST" else HTTPStatus.NOT_FOUND)
        return self._manage(method, owner, key_id, body)

    def _manage(self, method: str, owner: str, key_id: str, body: bytes) -> IssuerAnswer:
        """Issue, list or revoke."""
        match method, bool(key_id):
            case "POST", False:
                return self._issue(owner, body)
            case "GET", False:
                return self._list(owner)
            case "DELETE", True:
                return self._revoke(owner, key_id)
        return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)

    def _holder(self, key: str) -> str | None:
        """Whose key this is."""
        digest = _digest(key)
        with self._lock:
            known = [(ADMIN, self._admin), *((k.owner, k.digest) for k in self._keys.values())]
        for holder, kept in known:
            if hmac.compare_digest(kept, digest):
                return holder
        return None

    def _issue(self, owner: str, body: bytes) -> IssuerAnswer:
        try:
            wish = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            wish = None
        if not isinstance(wish, dict):
            return _refusal(HTTPStatus.BAD_REQUEST)
        value = secrets.token_hex(16)
        note = str(wish.get("note") or "Requested via api")
        with self._lock:
            key = _Key(f"a{next(self._numbers)}", owner, note, _digest(value))
            self._keys[key.key_id] = key
        return _json(HTTPStatus.CREATED, {**key.listed(), "token": value})

    def _list(self, owner: str) -> IssuerAnswer:
        with self._lock:
            listed = [key.listed() for key in self._keys.values() if key.owner == owner]
        return _json(HTTPStatus.OK, {"api_tokens": listed})

    def _revoke(self, owner: str, key_id: str) -> IssuerAnswer:
        with self._lock:
            key = self._keys.get(key_id)
            if key is None or key.owner != owner:
                return _refusal(HTTPStatus.NOT_FOUND)
            del self._keys[key_id]
        return IssuerAnswer(HTTPStatus.NO_CONTENT, headers={})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _json(status: HTTPStatus, document: object) -> IssuerAnswer:
    return IssuerAnswer(status, json.dumps(document).encode())


def _refusal(status: HTTPStatus) -> IssuerAnswer:
    return _json(status, {"status": status.value, "message": status.phrase})
