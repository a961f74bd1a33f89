"""What an issuer's answer tells of the key that it has made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rotators.http_api_key.account.listing import id_of, time_of
from rotators.http_api_key.account.rights import missing
from rotators.http_api_key.description.model import Description
from rotators.http_api_key.http.answers import Reply
from shared.document.encoding import encodable
from shared.secret import Secret


@dataclass(frozen=True, slots=True)
class IssuedParts:
    """The parts that the description finds; None for those that it does not look for.

    more: values of other fields of the secret, by the field's name; has: what the key has of what
    the list tells of keys too, by the description's names; ends: when it ends by itself.
    """

    key: Secret | None
    key_id: str | None = field(repr=False)
    more: Mapping[str, Secret]
    has: Mapping[str, object]
    ends: datetime | None


def read_issued(reply: Reply, description: Description, slot: str | None) -> IssuedParts:
    """The parts in the answer to `renew`; raises Misconfigured for one that is not there.

    slot: whose key it is, where there are slots.
    """
    key, key_id, ends = None, None, None
    more: dict[str, Secret] = {}
    has: dict[str, object] = {}
    if description.keys:
        found = description.keys[slot or ""]
        text = _text(reply.find(found))
        if not text or "\0" in text:
            raise reply.finds_nothing(found)
        key = Secret(text)
    for name, found in description.renew.found.items():
        value = reply.find(found)
        if name == "id":
            key_id = id_of(value)
        elif name == "expires":
            ends = time_of(value)
        elif name in description.compared_names:
            has[name] = value
        elif (text := _text(value)) is not None:
            more[description.field(name)] = Secret(text)
        if (name == "id" and key_id is None) or (name == "expires" and value and ends is None):
            raise reply.finds_nothing(found)
        if name not in ("id", "expires", *has) and description.field(name) not in more:
            raise reply.finds_nothing(found)
    return IssuedParts(key, key_id, more, has, ends)


def as_asked(
    parts: IssuedParts, description: Description, kept: Mapping[str, object]
) -> tuple[dict[str, object], str | None]:
    """What the secret is to remember of the new key, and what the key lacks of what was asked.

    What was asked for is remembered, not what it came to; the first is by the secret's fields.
    """
    remembered, lacks = {}, None
    for name, value in parts.has.items():
        wanted = kept.get(name)
        if wanted is not None:
            lost = missing(name, value, wanted)
            if lost is not None and lacks is None:
                lacks = f"lacks {lost}"
        elif value is not None:
            wanted = value
        if wanted is not None:
            remembered[description.field(name)] = wanted
    return remembered, lacks


def _text(found: object) -> str | None:
    return found if isinstance(found, str) and encodable(found) else None
