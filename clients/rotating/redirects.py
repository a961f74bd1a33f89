"""Of httpx: a header that would follow a redirect to elsewhere.

httpx keeps back Authorization alone. Its own way to look at what is about to be sent is the request
extension `trace` (httpx documentation, "Extensions").
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from httpx import Request, RequestError

Trace = Callable[[str, Mapping[str, Any]], Any]
_KEPT_BACK_BY_HTTPX = {"authorization"}


class Watch:
    """Fails a request that takes one of the headers to another host, or from TLS to plain HTTP."""

    def __init__(self, request: Request, headers: Collection[str]) -> None:
        self._request = request
        self._headers = {each.lower().encode() for each in headers}
        self._host = request.headers["Host"].encode()
        self._next: Trace | None = request.extensions.get("trace")

    def look(self, event: str, told: Mapping[str, Any]) -> None:
        """Called by httpcore, with what it is about to do."""
        self._check(told)
        if self._next is not None:
            self._next(event, told)

    async def look_async(self, event: str, told: Mapping[str, Any]) -> None:
        """The same for tasks."""
        self._check(told)
        if self._next is not None:
            await self._next(event, told)

    def _check(self, told: Mapping[str, Any]) -> None:
        sent = told.get("request")
        if sent is None:
            return
        headers = {name.lower(): value for name, value in sent.headers}
        taken = self._headers & headers.keys()
        is_plain = self._request.url.scheme == "https" and sent.url.scheme == b"http"
        if taken and (is_plain or headers.get(b"host") != self._host):
            raise RequestError(
                f"not sent: a redirect from {self._host.decode()} to "
                f"{headers.get(b'host', b'').decode()} would take {taken.pop().decode()} along",
                request=self._request,
            )


def is_to_watch(headers: Collection[str]) -> bool:
    """Whether there is one among them that httpx does not keep back itself."""
    return not {each.lower() for each in headers} <= _KEPT_BACK_BY_HTTPX
