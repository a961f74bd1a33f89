"""The keys that the demo issuer has issued, and what its API answers about them.

The answers are JupyterHub 6's, down to those that do not tell an unknown owner from a missing
right: 403 to POST, 404 to the others.
"""

import hashlib
import hmac
import itertools
import json
import re
import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
    digest: bytes = field(repr=False)
    note: str
    scopes: tuple[str, ...]
    created: datetime
    ends: datetime | None

    @classmethod
    def of(cls, key_id: str, owner: str, value: str, wish: Mapping[str, object]) -> "_Key":
        """One as a request for it has asked, without a check of what that asks."""
        now, lifetime = datetime.now(UTC), wish.get("expires_in")
        asked = wish.get("scopes")
        scopes = asked if isinstance(asked, list) else ["inherit"]
        return cls(
            key_id=key_id,
            owner=owner,
            digest=_digest(value),
            note=str(wish.get("note") or "Requested via api"),
            scopes=tuple(scopes_of(owner) if "inherit" in scopes else map(str, scopes)),
            created=now,
            ends=now + timedelta(seconds=lifetime) if isinstance(lifetime, int) else None,
        )

    @property
    def is_accepted(self) -> bool:
        return self.ends is None or self.ends > datetime.now(UTC)

    def listed(self) -> dict[str, object]:
        return {
            "id": self.key_id,
            "kind": "api_token",
            "user": self.owner,
            "note": self.note,
            "scopes": self.scopes,
            "created": self.created.isoformat(),
            "expires_at": self.ends.isoformat() if self.ends else None,
            "session_id": None,
            "oauth_client": "JupyterHub",
        }


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
        asker, key_id = (None, None) if key is None else self._holder(key)
        if asker is None:
            says_nothing = method == "POST" or path == "/user"
            words = None if says_nothing else "Missing or invalid credentials."
            return _json(HTTPStatus.FORBIDDEN, {"status": 403, "message": words})
        if (method, path) == ("GET", "/user"):
            kind = "service" if asker == ADMIN else "user"
            return _json(HTTPStatus.OK, {"name": asker, "kind": kind, "token_id": key_id})
        asked = TOKENS.fullmatch(path)
        if asked is None:
            return _refusal(HTTPStatus.NOT_FOUND)
        owner, of_key = unquote(asked["owner"]), unquote(asked["key_id"] or "")
        if owner not in self._owners or asker not in (ADMIN, owner):
            return _not_allowed() if method == "POST" else _refusal(HTTPStatus.NOT_FOUND)
        return self._manage(method, owner, of_key, body)

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

    def _holder(self, key: str) -> tuple[str | None, str | None]:
        """Whose key this is, and its id."""
        digest = _digest(key)
        if hmac.compare_digest(self._admin, digest):
            return ADMIN, None
        with self._lock:
            known = [each for each in self._keys.values() if each.is_accepted]
        for each in known:
            if hmac.compare_digest(each.digest, digest):
                return each.owner, each.key_id
        return None, None

    def _issue(self, owner: str, body: bytes) -> IssuerAnswer:
        try:
            wish = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            wish = None
        if not isinstance(wish, dict):
            return _refusal(HTTPStatus.BAD_REQUEST)
        value = secrets.token_hex(16)
        with self._lock:
            key = _Key.of(f"a{next(self._numbers)}", owner, value, wish)
            self._keys[key.key_id] = key
        return _json(HTTPStatus.CREATED, {**key.listed(), "token": value})

    def _list(self, owner: str) -> IssuerAnswer:
        with self._lock:
            keys = [key for key in self._keys.values() if key.owner == owner and key.is_accepted]
        listed = [key.listed() for key in keys]
        return _json(HTTPStatus.OK, {"api_tokens": listed})

    def _revoke(self, owner: str, key_id: str) -> IssuerAnswer:
        with self._lock:
            key = self._keys.get(key_id)
            if key is None or key.owner != owner:
                return _refusal(HTTPStatus.NOT_FOUND)
            del self._keys[key_id]
        return IssuerAnswer(HTTPStatus.NO_CONTENT, headers={})


def scopes_of(owner: str) -> list[str]:
    """What an owner may do, and a key that inherits it."""
    names = ("read:users:groups", "read:users:name", "read:tokens", "tokens")
    return [f"{name}!user={owner}" for name in names]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _json(status: HTTPStatus, document: object) -> IssuerAnswer:
    return IssuerAnswer(status, json.dumps(document).encode())


def _not_allowed() -> IssuerAnswer:
    words = "Action is not authorized with current scopes; requires any of [tokens]"
    return _json(HTTPStatus.FORBIDDEN, {"status": 403, "message": words})


def _refusal(status: HTTPStatus) -> IssuerAnswer:
    return _json(status, {"status": status.value, "message": status.phrase})
