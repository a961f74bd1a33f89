"""Descriptions that are good, and a way to change one in a place."""

import json
from collections.abc import Mapping
from typing import Any

GOOD: dict[str, Any] = {
    "documentation": "https://keys.example.org/docs",
    "base": "{secret.issuer_url}",
    "fields": {"key": "api_key", "id": "key_id"},
    "auth": {"bearer": "{key}"},
    "admin": {
        "secret": "{secret.admin_secret_arn}",
        "auth": {"bearer": "{admin.api_key}"},
    },
    "issue": {
        "request": "POST /users/{secret.owner}/tokens",
        "body": {"note": "{label}", "scopes": "{kept.scopes}", "expires_in": "{kept.lifetime}"},
        "read": {"id": "id", "key": "token"},
    },
    "list": {
        "request": "GET /users/{secret.owner}/tokens",
        "read": {
            "keys": "api_tokens",
            "id": "id",
            "label": "note",
            "created": "created",
            "expires": "expires_at",
            "scopes": "scopes",
        },
    },
    "revoke": {"request": "DELETE /users/{secret.owner}/tokens/{id}"},
    "probe": {
        "request": "GET /user",
        "expect": {"name": "{secret.owner}"},
        "rejected": [401],
        "authenticated": ["scope == 'none'"],
    },
}
CHOSEN: dict[str, Any] = {
    "base": "https://keys.example.org",
    "fields": {"key": "password"},
    "auth": {"bearer": "{key}"},
    "admin": "self",
    "set": {"request": "PUT /me", "body": {"password": "{key}"}},
    "probe": {"request": "GET /me", "rejected": [401], "authenticated": [403]},
}
TURNS: dict[str, Any] = {
    **{name: value for name, value in CHOSEN.items() if name != "set"},
    "fields": {"key": "k", "slot": "s"},
    "slots": ["a", "b"],
    "replace": {"request": "POST /roll", "read": {"key": {"a": "a", "b": "b"}}},
    "list": {"request": "GET /keys", "read": {"key": {"a": "a", "b": "b"}}},
}


def changed(document: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """The document with this value there; without it where that is `...`."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    *way, last = path.split("/")
    inside = copy
    for name in way:
        inside = inside.setdefault(name, {})
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return copy
