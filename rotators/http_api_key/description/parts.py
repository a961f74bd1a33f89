"""What the members of a description say, one by one; model.py has what follows from them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rotators.http_api_key.description.auth import Auth
from rotators.http_api_key.description.expressions import Found
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Template
from shared.keys.api_key import Way
from shared.passwords import PasswordPolicy


@dataclass(frozen=True, slots=True)
class Admin:
    """Whose key issues and revokes: the ARN of its secret, how it asks, and how it logs in."""

    secret: Template
    auth: Auth
    login: Request | None


@dataclass(frozen=True)  # without slots, for what is computed once
class Parts:
    """An issuer: where it is, what a secret's fields hold, and its requests.

    base: what every URL begins with.
    way: how an account gets its next key; renew: the request for it.
    fields: which field of the secret a name of the description is.
    values, defaults: what stands before and after the secret's own.
    label: what the issuer is to note beside a key.
    auth: how a key's owner asks; admin: None where the current key is its own admin.
    keys: what finds the new key in the answer to `renew`, for each slot, or for "" without slots;
    empty where the key is not in it.
    idempotent: whether `renew` gives the same key again for the same version.
    list: the request for the accepted keys; None with slots.
    slot_list, slot_keys: the request that tells which key is in which slot, and what finds each
    slot's in the whole answer; what else it finds there is kept.
    inspect: the requests about the current key, whose parts go before those of `list`.
    revoke: the requests that end a key, in turn; revoke_expires: whether keys only end by
    themselves; is_revocation_proved: whether a revoked key is to be used until it is refused.
    carries: what a key begins with, made of its {id}; None where a key does not show its id.
    is_id_confidential: whether the id is as secret as the key.
    patterns: what a field must match, by the name of the description; see `unfit`.
    choose: what keys are like that are chosen here, None for the function's password settings.
    propagation: seconds in which a new key may not work yet, and an old one still.
    """

    base: Template
    way: Way
    fields: Mapping[str, str]
    values: Mapping[str, object]
    defaults: Mapping[str, object]
    label: Template
    auth: Auth
    admin: Admin | None
    renew: Request
    keys: Mapping[str, Found]
    idempotent: bool
    list: Request | None
    slot_list: Request | None
    slot_keys: Mapping[str, Found]
    inspect: tuple[Request, ...]
    revoke: tuple[Request, ...]
    revoke_expires: bool
    is_revocation_proved: bool
    probe: Request
    slots: tuple[str, ...]
    choose: PasswordPolicy | None
    propagation: int
    carries: Template | None
    is_id_confidential: bool
    patterns: Mapping[str, re.Pattern[str]]
