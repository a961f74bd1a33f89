"""What an issuer's answer tells of the key that it has made."""

from collections.abc import Mapping
from dataclasses import dataclass

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.listing import id_of
from shared.fields import encodable
from shared.secret import Secret


@dataclass(frozen=True, slots=True)
class IssuedParts:
    """The parts that the description finds; None for those that it does not look for.

    more: values of other fields of the secret, by the field's name.
    """

    key: Secret | None
    key_id: str | None
    more: Mapping[str, Secret]


def read_issued(document: object, description: Description, slot: str | None) -> IssuedParts | None:
    """The parts in the JSON of an answer to `renew`; None where one is missing or is no text.

    slot: whose key it is, where there are slots.
    """
    key, key_id, more = None, None, {}
    if description.keys:
        key = _text(description.keys[slot or ""].search(document))
        if not key or "\0" in key:
            return None
    for name, expression in description.renew.found.items():
        found = expression.search(document)
        if name == "id":
            key_id = id_of(found)
            if key_id is None:
                return None
        else:
            text = _text(found)
            if text is None:
                return None
            more[description.field(name)] = Secret(text)
    return IssuedParts(Secret(key) if key else None, key_id, more)


def _text(found: object) -> str | None:
    return found if isinstance(found, str) and encodable(found) else None
