"""An account's accepted keys, as its issuer lists them on all pages, or in two slots."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from rotators.http_api_key.account.asker import Asker
from rotators.http_api_key.account.listing import ListedKey, read_key, read_list, told_apart
from rotators.http_api_key.account.shown import is_of
from rotators.http_api_key.description.pages import Pages
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.http.answers import Reply
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.urls import joined, origin
from shared.document.encoding import encodable
from shared.keys.api_key import ApiKey

MAX_PAGES = 20
_NEXT = re.compile(r"<([^<>]*)>\s*;[^,<]*\brel=\"?next\b")


class Lists:
    """What the description's list tells of the account of a key, which is asked for as needed."""

    def __init__(self, asker: Asker, key: ApiKey) -> None:
        self._asker = asker
        self._described = asker.described
        self._key = key

    def keys(self) -> Sequence[ListedKey]:
        """The account's accepted keys; of one with slots, what both have in common.

        Raises Misconfigured.
        """
        if self._described.slot_list is not None:
            reply = self._slots(self._described.slot_list)
            common = read_key(self._described.slot_list.found, reply.find, reply.document)
            return [common] if common else []
        return told_apart(self._pages(self._described.list)) if self._described.list else []

    def slot_of(self, key: ApiKey) -> str | None:
        """The slot whose value, or the part of it that is shown, is of the key; else None."""
        if self._described.slot_list is None:
            return None
        reply = self._slots(self._described.slot_list)
        shown = {slot: reply.find(found) for slot, found in self._described.slot_keys.items()}
        if not any(isinstance(value, str) and value for value in shown.values()):
            raise reply.finds_nothing(next(iter(self._described.slot_keys.values())))
        holders = [slot for slot, value in shown.items() if is_of(value, key.key)]
        return holders[0] if len(holders) == 1 else None

    def _slots(self, request: Request) -> Reply:
        return self._asker.ask(request, self._asker.values(self._key))

    def _pages(self, request: Request) -> Sequence[ListedKey]:
        values = self._asker.values(self._key)
        call = self._asker.call(request, values)
        keys: list[ListedKey] = []
        for _ in range(MAX_PAGES):
            reply = self._asker.ask(request, values, call=call)
            keys += read_list(reply)
            if request.pages is None:
                return keys
            items = reply.find(request.found["keys"])
            count = len(items) if isinstance(items, list) else 0
            following = next_page(call, request.pages, reply.json, reply.answer.headers, count)
            if following is None:
                return keys
            if origin(following.url) != origin(call.url):  # it gets the same credentials
                raise reply.errors.invalid_answer(reply.code)
            call = following
        raise reply.errors.invalid_answer(f"more than {MAX_PAGES} pages")


def next_page(
    call: Call, pages: Pages, document: object, headers: Mapping[str, str], items: int
) -> Call | None:
    """The same request for the page after this one, of so many items; None after the last."""
    if pages.size:
        number = dict(parse_qsl(urlsplit(call.url).query)).get(pages.query, str(pages.first))
        following: object = int(number) + 1 if items >= pages.size else None
    elif pages.value is None:
        match = _NEXT.search(headers.get("link", ""))
        following = match[1] if match else None
    else:
        following = pages.value.search(document)
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
