"""Where calls may go, and how: HTTPS to allowed hosts at public addresses, bounded throughout."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import urllib3

from rotators.http_api_key.http.addresses import PrivatePool, PublicPool
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.urls import is_proxy, joined, origin
from shared.deadline import time_left
from shared.errors import Misconfigured
from shared.settings import Settings
from shared.tls import verifying_context

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
MAX_ANSWER_BYTES = 1 << 20
MAX_REDIRECTS = 3
# Longer than this, the service's next attempt is the better time.
MAX_WAIT_SECONDS = 5
_REDIRECTS = (301, 302, 307, 308)
_LATER = (429, 503)


class AnswerError(urllib3.exceptions.HTTPError):
    """What came is more than an answer may be, or leads elsewhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the headers by their names in small letters, and a body of bounded size."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which hosts are called: those of ISSUER_HOSTS, or any that the admin's secret names.

    private: whether they may be at addresses of a private network or of this machine.
    """

    hosts: tuple[str, ...]
    private: bool
    proxy: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Rules":
        """Raises Misconfigured naming the variable."""
        settings = Settings(environment)
        hosts = settings.text("ISSUER_HOSTS", default="").replace(",", " ").lower().split()
        proxy = settings.text("ISSUER_PROXY", default="").strip()
        if proxy and not is_proxy(proxy):
            raise Misconfigured(
                "environment variable ISSUER_PROXY must be the URL of a proxy",
                do="correct the function's configuration",
                field="ISSUER_PROXY",
            )
        private = settings.flag("ALLOW_PRIVATE_ISSUERS", default=False)
        return cls(tuple(hosts), private, proxy)

    def check(self, url: str) -> None:
        """Raises Misconfigured where ISSUER_HOSTS is set and has no such host."""
        place = origin(url)
        if place is None:
            raise AnswerError("a URL of no clear host")
        host, port = place
        names = (host, f"{host}:{port}")
        if self.hosts and not any(
            fnmatchcase(name, pattern) for name in names for pattern in self.hosts
        ):
            raise Misconfigured(
                f"{host} is not one of the function's ISSUER_HOSTS",
                do="add it to ISSUER_HOSTS if the function is to call it, or correct the secret",
                field="ISSUER_HOSTS",
            )


class Network:
    """Sends calls; follows a redirect within the same origin only."""

    def __init__(self, ca: Path, rules: Rules) -> None:
        self.rules = rules
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        context = verifying_context(ca)
        if rules.proxy:  # which looks names up itself
            self._http: urllib3.PoolManager = urllib3.ProxyManager(
                rules.proxy,
                ssl_context=context,
                proxy_ssl_context=context,
                timeout=timeout,
                retries=False,
            )
            return
        self._http = urllib3.PoolManager(ssl_context=context, timeout=timeout, retries=False)
        self._http.pool_classes_by_scheme = {"https": PrivatePool if rules.private else PublicPool}

    def send(self, call: Call) -> Answer:
        """The answer, to a second try where the issuer asks for one after a few seconds.

        Raises urllib3's HTTPError where there is none, or none to read.
        """
        answer = self._follow(call)
        delay = _retry_after(answer)
        if delay is not None:
            time.sleep(delay)
            answer = self._follow(call)
        return answer

    def _follow(self, call: Call) -> Answer:
        url = call.url
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._once(call, url)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            keeps_method = answer.status in (307, 308) or call.method == "GET"
            target = joined(url, answer.headers["location"])
            if not keeps_method or origin(target) != origin(url):
                break
            url = target
        raise AnswerError("a redirect that is not followed")

    def _once(self, call: Call, url: str) -> Answer:
        self.rules.check(url)
        answer = self._http.request(
            call.method,
            url,
            body=call.body,
            # A connection kept while Lambda sleeps may be dead when it wakes.
            headers={**call.headers, "Accept-Encoding": "gzip", "Connection": "close"},
            redirect=False,
            preload_content=False,
        )
        try:
            content = answer.read(MAX_ANSWER_BYTES + 1, decode_content=True)
        finally:
            answer.close()
            # Not every issuer says that it closes the connection too, which would then be used
            # again, just as it ends.
            self._http.clear()
        if len(content) > MAX_ANSWER_BYTES:
            raise AnswerError("more than an answer may be")
        headers = {name.lower(): answer.headers[name] for name in answer.headers}
        return Answer(answer.status, headers, content)


def _retry_after(answer: Answer) -> int | None:
    """The seconds that the issuer asks to wait; None where it asks for none, or for too many."""
    text = answer.headers.get("retry-after", "")
    if answer.status not in _LATER or not re.fullmatch(r"[0-9]{1,2}", text):
        return None
    seconds = int(text)
    return seconds if seconds <= min(MAX_WAIT_SECONDS, time_left()) else None
