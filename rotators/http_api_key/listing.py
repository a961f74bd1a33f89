"""What an issuer lists of live keys: ids, labels, times, and where the next page is."""

import re
from collections.abc import Mapping, Sized
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from rotators.http_api_key.description.places import Expression
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.client import Reply
from rotators.http_api_key.http.urls import joined
from shared.fields import encodable

_OWN = ("keys", "id", "label", "created", "expires")
_NEXT = re.compile(r"<([^<>]*)>\s*;[^,<]*\brel=\"?next\b")
_MILLISECONDS = 1e11  # Unix times above are not in seconds


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A live key as the issuer lists it; `lifetime` in `kept` is None if it cannot be read."""

    key_id: str
    label: str
    created: datetime | None = None
    kept: Mapping[str, object] = field(default_factory=dict)


def read_key(listed: object, found: Mapping[str, Expression]) -> ListedKey | None:
    """One key of a list; None for what is none."""
    said = {name: each.search(listed) for name, each in found.items() if name != "keys"}
    key_id = id_of(said.get("id")) if "id" in found else ""
    if key_id is None:
        return None
    created = _time(said.get("created"))
    kept = {name: value for name, value in said.items() if name not in _OWN and value is not None}
    if said.get("expires") is not None:
        ends = _time(said["expires"])
        kept["lifetime"] = round((ends - created).total_seconds()) if ends and created else None
    label = said.get("label")
    return ListedKey(key_id, label if isinstance(label, str) else "", created, kept)


def id_of(value: object) -> str | None:
    """An id as it stands in a path; issuers have strings or whole numbers."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return text if encodable(text := str(value)) else None


def next_page(call: Call, request: Request, reply: Reply, keys: Sized) -> Call | None:
    """The same request for the page after this one, of these keys; None where this is the last."""
    pages = request.pages
    if pages is None:
        return None
    if pages.size:
        number = dict(parse_qsl(urlsplit(call.url).query)).get(pages.query, str(pages.first))
        said: object = int(number) + 1 if len(keys) >= pages.size else None
    elif pages.value is None:
        match = _NEXT.search(reply.answer.headers.get("link", ""))
        said = match[1] if match else None
    else:
        said = pages.value.search(reply.document)
    if isinstance(said, bool) or not isinstance(said, str | int) or said == "":
        return None
    url = ""  # which is nowhere
    if not pages.query:
        url = joined(call.url, str(said))
    elif encodable(str(said)):
        url = _with(call.url, pages.query, str(said))
    return replace(call, url=url) if url != call.url else None


def _with(url: str, parameter: str, value: str) -> str:
    parts = urlsplit(url)
    query = [each for each in parse_qsl(parts.query) if each[0] != parameter]
    query.append((parameter, value))
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="")))


def _time(value: object) -> datetime | None:
    """A time that an issuer wrote: ISO 8601, or seconds or milliseconds since 1970."""
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
