"""What an issuer lists of accepted keys: ids, labels, times, and where the next page is."""

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from rotators.http_api_key.description.expressions import Found
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.client import Reply
from rotators.http_api_key.http.urls import joined
from shared.fields import encodable
from shared.secret import Secret

_OWN = ("keys", "id", "label", "created", "expires")
_NEXT = re.compile(r"<([^<>]*)>\s*;[^,<]*\brel=\"?next\b")
_MILLISECONDS = 1e11  # Unix times above are not in seconds


@dataclass(frozen=True, slots=True)
class ListedKey:
    """See OwnedKey; `lifetime` in `kept` is None where the key ends and nobody can tell when."""

    key_id: str
    label: str
    created: datetime | None = None
    kept: Mapping[str, object] = field(default_factory=dict)
    ends: datetime | None = None

    def shows(self, _key: Secret, /) -> bool | None:
        """Nothing yet."""
        return None


def read_key(listed: object, found: Mapping[str, Found]) -> ListedKey | None:
    """One key of a list, in which `found` finds its parts; None for what has no id."""
    values = {name: part.search(listed) for name, part in found.items() if name != "keys"}
    key_id = id_of(values.get("id")) if "id" in found else ""
    if key_id is None:
        return None
    created = _time(values.get("created"))
    kept = {name: value for name, value in values.items() if name not in _OWN and value is not None}
    if values.get("expires") is not None:
        ends = _time(values["expires"])
        kept["lifetime"] = round((ends - created).total_seconds()) if ends and created else None
    label = values.get("label")
    return ListedKey(key_id, label if isinstance(label, str) else "", created, kept)


def id_of(value: object) -> str | None:
    """An id as it stands in a path, from a string or a whole number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return text if encodable(text := str(value)) else None


def next_page(call: Call, request: Request, reply: Reply, keys: Sized) -> Call | None:
    """The same request for the page after this one, which had these keys; None after the last."""
    pages = request.pages
    if pages is None:
        return None
    if pages.size:
        number = dict(parse_qsl(urlsplit(call.url).query)).get(pages.query, str(pages.first))
        following: object = int(number) + 1 if len(keys) >= pages.size else None
    elif pages.value is None:
        match = _NEXT.search(reply.answer.headers.get("link", ""))
        following = match[1] if match else None
    else:
        following = pages.value.search(reply.document)
    if isinstance(following, bool) or not isinstance(following, str | int) or following == "":
        return None
    url = ""  # which is nowhere
    if not pages.query:
        url = joined(call.url, str(following))
    elif encodable(str(following)):
        url = _with_parameter(call.url, pages.query, str(following))
    return replace(call, url=url) if url != call.url else None


def _with_parameter(url: str, parameter: str, value: str) -> str:
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != parameter]
    query.append((parameter, value))
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="")))


def _time(value: object) -> datetime | None:
    """A time that an issuer wrote: ISO 8601, or seconds or milliseconds since 1970; else None."""
    try:
        if isinstance(value, str) and not value.isdecimal():
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, str | int | float):
            seconds = float(value)
            return datetime.fromtimestamp(
                seconds / 1000 if seconds > _MILLISECONDS else seconds, UTC
            )
    except (ValueError, OverflowError, OSError):
        pass
    return None
